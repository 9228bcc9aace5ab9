import { sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import { isOwn } from '../owned.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    card_tags: { card_number: number; account_id: string; position: number; name: string; name_key: string }
  }
}

export type TagRepo = ReturnType<typeof tagRepo>

export const tagRepo = (db: Db) => ({
  /** Gives a card these tags in this order and no others. */
  async replace(accountId: string, cardNumber: number, names: readonly string[]): Promise<void> {
    await db.deleteFrom('card_tags').where(isOwn(accountId)).where('card_number', '=', cardNumber).execute()
    if (names.length === 0) return
    const rows = names.map((name, position) => ({
      card_number: cardNumber,
      account_id: accountId,
      position,
      name,
      name_key: tagKey(name),
    }))
    await db.insertInto('card_tags').values(rows).execute()
  },

  /** @returns The tags of each card that has some, by card number. */
  async of(accountId: string, cardNumbers: readonly number[]): Promise<Map<number, string[]>> {
    const tags = new Map<number, string[]>()
    if (cardNumbers.length === 0) return tags
    const rows = await db
      .selectFrom('card_tags')
      .select(['card_number', 'name'])
      .where(isOwn(accountId))
      .where('card_number', 'in', [...cardNumbers])
      .orderBy('card_number')
      .orderBy('position')
      .execute()
    for (const { card_number, name } of rows) tags.set(card_number, [...(tags.get(card_number) ?? []), name])
    return tags
  },

  /** Ids of cards, also in the trash, that have any of these tags, exactly spelled so. */
  async cardsWith(accountId: string, names: readonly string[], limit: number): Promise<string[]> {
    const rows = await db
      .selectFrom('card_tags')
      .innerJoin('cards', 'cards.number', 'card_tags.card_number')
      .select('cards.id')
      .distinct()
      .where('card_tags.account_id', '=', accountId)
      .where('card_tags.name_key', 'in', [...new Set(names.map(tagKey))])
      .where('card_tags.name', 'in', [...names])
      .limit(limit)
      .execute()
    return rows.map(({ id }) => id)
  },

  /** The account's tags on cards outside the trash, the most used first. */
  count: (accountId: string): Promise<{ name: string; count: number }[]> =>
    db
      .selectFrom('card_tags')
      .innerJoin('cards', 'cards.number', 'card_tags.card_number')
      .select(['card_tags.name', sql<number>`count(*)`.as('count')])
      .where('card_tags.account_id', '=', accountId)
      .where('cards.deleted_at', 'is', null)
      .groupBy('card_tags.name')
      .orderBy('count', 'desc')
      .orderBy('card_tags.name')
      .execute(),
})

/** Under which tags compare; made here because SQLite's lower() folds ASCII only. */
export const tagKey = (name: string): string => name.trim().toLowerCase()
