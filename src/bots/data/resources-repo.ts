import type { Db } from '../../platform/db/index.ts'
import { type Place, scopeOf } from './places.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    bot_resources: {
      scope: string
      owner: string
      name: string
      account_id: string
      bot_id: string | null
      amount: number
      updated_at: number
    }
  }
}

export interface Ranked {
  readonly owner: string
  readonly amount: number
}

export type ResourceRepo = ReturnType<typeof resourceRepo>

/** Numbers that many runs change at the same time: every change is one statement, and none gets lost. */
export const resourceRepo = (db: Db) => {
  const upsert = async (place: Place, name: string, amount: number, nowMs: number, adds: boolean): Promise<number> => {
    const row = await db
      .insertInto('bot_resources')
      .values({
        scope: scopeOf(place),
        owner: place.owner,
        name,
        account_id: place.accountId,
        bot_id: place.botId,
        amount,
        updated_at: nowMs,
      })
      .onConflict((oc) =>
        oc.columns(['scope', 'owner', 'name']).doUpdateSet((eb) => ({
          amount: adds ? eb('bot_resources.amount', '+', amount) : amount,
          updated_at: nowMs,
        })),
      )
      .returning('amount')
      .executeTakeFirstOrThrow()
    return row.amount
  }

  return {
    /** @returns The new amount. */
    add: (place: Place, name: string, amount: number, nowMs: number) => upsert(place, name, amount, nowMs, true),
    /** @returns The new amount. */
    set: (place: Place, name: string, amount: number, nowMs: number) => upsert(place, name, amount, nowMs, false),

    async value(place: Place, name: string): Promise<number> {
      const row = await db
        .selectFrom('bot_resources')
        .select('amount')
        .where('scope', '=', scopeOf(place))
        .where('account_id', '=', place.accountId)
        .where('owner', '=', place.owner)
        .where('name', '=', name)
        .executeTakeFirst()
      return row?.amount ?? 0
    },

    /** Who has most of it. The owner of the place does not matter. */
    top: (place: Place, name: string, limit: number): Promise<Ranked[]> =>
      db
        .selectFrom('bot_resources')
        .select(['owner', 'amount'])
        .where('scope', '=', scopeOf(place))
        .where('account_id', '=', place.accountId)
        .where('name', '=', name)
        .where('owner', place.owner === '' ? '=' : '!=', '')
        .orderBy('amount', 'desc')
        .orderBy('owner')
        .limit(limit)
        .execute(),

    /** @param name Null: every name. @param owner Null: every user. @returns How many there were. */
    async clear(place: Place, name: string | null, owner: string | null): Promise<number> {
      const deleted = await db
        .deleteFrom('bot_resources')
        .where('scope', '=', scopeOf(place))
        .where('account_id', '=', place.accountId)
        .$if(name !== null, (query) => query.where('name', '=', name ?? ''))
        .$if(owner !== null, (query) => query.where('owner', '=', owner ?? ''))
        .executeTakeFirst()
      return Number(deleted.numDeletedRows)
    },
  }
}
