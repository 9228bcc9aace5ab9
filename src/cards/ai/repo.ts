import type { Db } from '../../platform/db/index.ts'
import { tagKey } from '../tags/repo.ts'
import type { AiResults } from './results.ts'

/** What there is to do for a card. */
export interface AiWork {
  readonly accountId: string
  readonly fingerprint: string
}

export const aiRepo = (db: Db) => {
  const forgetTags = (cardNumber: number) =>
    db.deleteFrom('card_ai_tags').where('card_number', '=', cardNumber).execute()

  return {
    find: (cardNumber: number) =>
      db
        .selectFrom('card_ai')
        .select(['fingerprint', 'state', 'granted_at', 'rounds'])
        .where('card_number', '=', cardNumber)
        .executeTakeFirst(),

    /** Notes that there is something to do, and forgets what was said before. */
    async want(
      cardNumber: number,
      { accountId, fingerprint }: AiWork,
      at: { readonly grantedAt: number; readonly now: number },
    ): Promise<void> {
      const row = {
        ...{ fingerprint, state: 'pending' as const, summary: null, transcript: null, rounds: 0 },
        ...{ granted_at: at.grantedAt, touched_at: at.now },
      }
      await db
        .insertInto('card_ai')
        .values({ card_number: cardNumber, account_id: accountId, ...row })
        .onConflict((oc) => oc.column('card_number').doUpdateSet(row))
        .execute()
      await forgetTags(cardNumber)
    },

    async forget(cardNumber: number): Promise<void> {
      await db.deleteFrom('card_ai').where('card_number', '=', cardNumber).execute()
      await forgetTags(cardNumber)
    },

    /** @param results Null for a failure. @returns false, with nothing written, if there is something else to do by now. */
    async settle(
      cardNumber: number,
      { accountId, fingerprint }: AiWork,
      results: AiResults | null,
      now: number,
    ): Promise<boolean> {
      const { tags = [], summary = null, transcript = null } = results ?? {}
      const settled = await db
        .updateTable('card_ai')
        .set({ state: results === null ? 'failed' : 'completed', summary, transcript, touched_at: now })
        .where('card_number', '=', cardNumber)
        .where('fingerprint', '=', fingerprint)
        .where('state', '=', 'pending')
        .returning('card_number')
        .executeTakeFirst()
      if (settled === undefined) return false
      await forgetTags(cardNumber)
      const rows = tags.map((name, position) => ({
        ...{ card_number: cardNumber, position, account_id: accountId },
        ...{ name, name_key: tagKey(name) },
      }))
      if (rows.length > 0) await db.insertInto('card_ai_tags').values(rows).execute()
      return true
    },

    /** Cards outside the trash whose work was lost or has failed, and of which nothing was heard for long. */
    quiet: (before: number, mostRounds: number, limit: number) =>
      db
        .selectFrom('card_ai')
        .innerJoin('cards', 'cards.number', 'card_ai.card_number')
        .select(['card_number', 'rounds'])
        .where('card_ai.state', 'in', ['pending', 'failed'])
        .where('card_ai.touched_at', '<', before)
        .where('card_ai.rounds', '<', mostRounds)
        .where('cards.deleted_at', 'is', null)
        .orderBy('card_ai.touched_at')
        .limit(limit)
        .execute(),

    async takeUp(cardNumber: number, rounds: number, now: number): Promise<void> {
      await db
        .updateTable('card_ai')
        .set({ state: 'pending', rounds, touched_at: now })
        .where('card_number', '=', cardNumber)
        .execute()
    },
  }
}
