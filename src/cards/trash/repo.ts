import type { Db } from '../../platform/db/index.ts'
import { isOwn } from '../owned.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    card_tombstones: { account_id: string; purged_at: number; card_id: string }
  }
}

export const trashRepo = (db: Db) => ({
  /**
   * Deletes cards in the trash for good, and leaves word of it for who follows the changes.
   *
   * @param at The moment of the change.
   * @returns Ids of their files, and how many cards there were.
   */
  async purge(accountId: string, ids: readonly string[], at: number): Promise<{ fileIds: string[]; purged: number }> {
    if (ids.length === 0) return { fileIds: [], purged: 0 }
    const rows = await db
      .deleteFrom('cards')
      .where(isOwn(accountId))
      .where('id', 'in', [...ids])
      .where('deleted_at', 'is not', null)
      .returning(['id', 'file_id'])
      .execute()
    if (rows.length > 0)
      await db
        .insertInto('card_tombstones')
        .values(rows.map(({ id }) => ({ account_id: accountId, purged_at: at, card_id: id })))
        .execute()
    return { fileIds: rows.flatMap(({ file_id }) => (file_id === null ? [] : [file_id])), purged: rows.length }
  },

  /** Cards of one account that came into the trash not after `until`. */
  async ids(accountId: string, until: number, limit: number): Promise<string[]> {
    const rows = await db
      .selectFrom('cards')
      .select('id')
      .where('account_id', '=', accountId)
      .where('deleted_at', '<=', until)
      .limit(limit)
      .execute()
    return rows.map(({ id }) => id)
  },

  /** Accounts with cards that came into the trash before this moment. */
  async accountsBefore(before: number, limit: number): Promise<string[]> {
    const rows = await db
      .selectFrom('cards')
      .select('account_id')
      .distinct()
      .where('deleted_at', '<', before)
      .limit(limit)
      .execute()
    return rows.map(({ account_id }) => account_id)
  },
})
