import { sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    card_clocks: { account_id: string; changed_at: number }
  }
}

/**
 * The moment of a change of an account's cards: now, or one millisecond past the change before it. To be asked first
 * in every transaction that changes cards, and to be written as `updated_at` of whatever it changes.
 *
 * Changes of one account take turns from here to their commit, in all processes. So a change that others can see is
 * never followed by one with an earlier moment, and whoever reads in the order of `updated_at` misses none.
 *
 * @param nowMs Wall time; it may jump back, the moments do not.
 */
export const nextMoment = async (tx: Db, accountId: string, nowMs: number): Promise<number> => {
  const { changed_at } = await tx
    .insertInto('card_clocks')
    .values({ account_id: accountId, changed_at: nowMs })
    .onConflict((oc) =>
      oc.column('account_id').doUpdateSet({
        changed_at: sql<number>`case when card_clocks.changed_at >= excluded.changed_at
          then card_clocks.changed_at + 1 else excluded.changed_at end`,
      }),
    )
    .returning('changed_at')
    .executeTakeFirstOrThrow()
  return changed_at
}
