import type { Db } from '../../platform/db/index.ts'
import { type Place, scopeOf } from './places.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    bot_values: {
      scope: string
      owner: string
      name: string
      account_id: string
      bot_id: string | null
      value: string
      size_bytes: number
      updated_at: number
    }
  }
}

export interface StoredValue {
  readonly name: string
  /** JSON. */
  readonly value: string
  readonly size_bytes: number
  readonly updated_at: number
}

export interface NewValue {
  readonly name: string
  readonly json: string
  readonly sizeBytes: number
  readonly nowMs: number
}

export type ValueRepo = ReturnType<typeof valueRepo>

const COLUMNS = ['name', 'value', 'size_bytes', 'updated_at'] as const

export const valueRepo = (db: Db) => {
  const rowsOf = (place: Place) =>
    db
      .selectFrom('bot_values')
      .where('scope', '=', scopeOf(place))
      .where('account_id', '=', place.accountId)
      .where('owner', '=', place.owner)

  const deleteOf = (place: Place) =>
    db
      .deleteFrom('bot_values')
      .where('scope', '=', scopeOf(place))
      .where('account_id', '=', place.accountId)
      .where('owner', '=', place.owner)

  return {
    find: (place: Place, name: string): Promise<StoredValue | undefined> =>
      rowsOf(place).select(COLUMNS).where('name', '=', name).executeTakeFirst(),

    /** Writes it, whether or not there is one of the name. */
    async put(place: Place, { name, json, sizeBytes, nowMs }: NewValue): Promise<void> {
      const fields = { value: json, size_bytes: sizeBytes, updated_at: nowMs }
      await db
        .insertInto('bot_values')
        .values({
          scope: scopeOf(place),
          owner: place.owner,
          name,
          account_id: place.accountId,
          bot_id: place.botId,
          ...fields,
        })
        .onConflict((oc) => oc.columns(['scope', 'owner', 'name']).doUpdateSet(fields))
        .execute()
    },

    /** @returns Whether there was one. */
    async delete(place: Place, name: string): Promise<boolean> {
      return (await deleteOf(place).where('name', '=', name).returning('name').executeTakeFirst()) !== undefined
    },

    /** @returns How many there were. */
    async deleteAll(place: Place, except: readonly string[]): Promise<number> {
      const deleted = await deleteOf(place)
        .$if(except.length > 0, (query) => query.where('name', 'not in', except))
        .executeTakeFirst()
      return Number(deleted.numDeletedRows)
    },

    /** In the order of names. @param prefix What the names begin with. @param after The last name of the page before. */
    list: (place: Place, prefix: string, after: string | undefined, limit: number): Promise<StoredValue[]> =>
      rowsOf(place)
        .select(COLUMNS)
        .$if(prefix !== '', (query) => query.where('name', '>=', prefix).where('name', '<', `${prefix}\u{10FFFF}`))
        .$if(after !== undefined, (query) => query.where('name', '>', after ?? ''))
        .orderBy('name')
        .limit(limit)
        .execute(),

    /** The users of a bot who have values, in the order of their ids as text. */
    async owners(accountId: string, botId: string, after: string, limit: number): Promise<string[]> {
      const rows = await db
        .selectFrom('bot_values')
        .select('owner')
        .distinct()
        .where('scope', '=', `bot:${botId}`)
        .where('account_id', '=', accountId)
        .where('owner', '>', after)
        .orderBy('owner')
        .limit(limit)
        .execute()
      return rows.map(({ owner }) => owner)
    },
  }
}
