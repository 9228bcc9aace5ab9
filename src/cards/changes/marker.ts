import type { Db } from '../../platform/db/index.ts'

// More than one, because a transaction that began earlier may end later, with an earlier moment.
const NEWEST = 20

/** @returns What is another text after any card of the account, or its list of tags, has changed. */
export const cardsMarker =
  (db: Db) =>
  async (accountId: string): Promise<string> => {
    const cards = await db
      .selectFrom('cards')
      .select(['id', 'updated_at'])
      .where('account_id', '=', accountId)
      .orderBy('updated_at', 'desc')
      .orderBy('id', 'desc')
      .limit(NEWEST)
      .execute()
    const gone = await db
      .selectFrom('card_tombstones')
      .select('card_id')
      .where('account_id', '=', accountId)
      .orderBy('purged_at', 'desc')
      .limit(NEWEST)
      .execute()
    return JSON.stringify([cards.map(({ id, updated_at }) => [id, updated_at]), gone.map(({ card_id }) => card_id)])
  }
