import { sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import type { Position } from '../../platform/http/cursor.ts'

/** The last change of a card. */
export interface CardChange {
  readonly id: string
  readonly at: number
  readonly isDeleted: boolean
}

export const changesRepo = (db: Db) => ({
  /**
   * Cards by their last change, the first change first, also those that are deleted or gone.
   *
   * @param since The moment itself counts.
   * @param after Only what comes behind this one.
   */
  async list(accountId: string, since: number, after: Position | undefined, limit: number): Promise<CardChange[]> {
    const [at, id] = after === undefined ? [since, ''] : [after.createdAt, after.id]
    // Each part is a walk along its index that ends after `limit` rows.
    const { rows } = await sql<{ id: string; at: number; deleted: number }>`select id, at, deleted from (
        select * from (select id, updated_at as at, case when deleted_at is null then 0 else 1 end as deleted from cards
          where account_id = ${accountId} and (updated_at, id) > (${at}, ${id})
          order by updated_at, id limit ${sql.lit(limit)}) as kept
        union all
        select * from (select card_id as id, purged_at as at, 1 as deleted from card_tombstones
          where account_id = ${accountId} and (purged_at, card_id) > (${at}, ${id})
          order by purged_at, card_id limit ${sql.lit(limit)}) as gone
      ) as changes order by at, id limit ${sql.lit(limit)}`.execute(db)
    return rows.map(({ id, at, deleted }) => ({ id, at, isDeleted: deleted === 1 }))
  },
})
