import type { Insertable } from 'kysely'
import type { Db, Tables } from '../../platform/db/index.ts'

/** What was found out about a card elsewhere. */
export interface Findings {
  readonly number: number
  readonly accountId: string
  readonly fingerprint: string
  readonly state: 'completed' | 'failed'
  /** JSON, both. */
  readonly stages: string
  readonly found: string
}

export const savingRepo = (db: Db) => ({
  /** Whose cards these ids are, in all accounts: no two cards of a server have the same. */
  holders: (ids: readonly string[]): Promise<{ id: string; account_id: string }[]> =>
    db
      .selectFrom('cards')
      .select(['id', 'account_id'])
      .where('id', 'in', [...ids])
      .execute(),

  /** @returns Its number. It is in no index yet. */
  async insertCard(accountId: string, card: Omit<Insertable<Tables['cards']>, 'account_id'>): Promise<number> {
    const { number } = await db
      .insertInto('cards')
      .values({ ...card, account_id: accountId })
      .returning('number')
      .executeTakeFirstOrThrow()
    return number
  },

  async insertFindings({ number, accountId, ...found }: Findings, at: number): Promise<void> {
    await db
      .insertInto('card_processing')
      // Granted at no time: cards that people save do not wait for those that came.
      .values({ card_number: number, account_id: accountId, ...found, rounds: 0, granted_at: 0, touched_at: at })
      .execute()
  },

  /** Takes a card out of the pace of its account. @returns Whether there is anything to find out about it. */
  async postpone(number: number): Promise<boolean> {
    const row = await db
      .updateTable('card_processing')
      .set({ granted_at: 0 })
      .where('card_number', '=', number)
      .where('state', '=', 'pending')
      .returning('card_number')
      .executeTakeFirst()
    return row !== undefined
  },
})
