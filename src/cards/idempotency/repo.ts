import { sql } from 'kysely'
import type { Db, SqlDialect } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    card_idempotency_keys: {
      account_id: string
      key: string
      fingerprint: string
      answer: string
      created_at: number
    }
  }
}

/** A request that was done, and what it was answered. */
export interface DoneRequest {
  readonly fingerprint: string
  /** JSON. */
  readonly answer: string
}

export const idempotencyRepo = (db: Db) => ({
  /** @param since Older ones are forgotten. */
  find: (accountId: string, key: string, since: number): Promise<DoneRequest | undefined> =>
    db
      .selectFrom('card_idempotency_keys')
      .select(['fingerprint', 'answer'])
      .where('account_id', '=', accountId)
      .where('key', '=', key)
      .where('created_at', '>', since)
      .executeTakeFirst(),

  async put(accountId: string, key: string, { fingerprint, answer }: DoneRequest, at: number): Promise<void> {
    const row = { fingerprint, answer, created_at: at }
    await db
      .insertInto('card_idempotency_keys')
      .values({ account_id: accountId, key, ...row })
      .onConflict((oc) => oc.columns(['account_id', 'key']).doUpdateSet(row))
      .execute()
  },

  /** @returns How many were forgotten. */
  async deleteUntil(until: number): Promise<number> {
    const { numDeletedRows } = await db
      .deleteFrom('card_idempotency_keys')
      .where('created_at', '<=', until)
      .executeTakeFirst()
    return Number(numDeletedRows)
  },
})

/**
 * Holds a key for the length of a transaction, in all processes.
 *
 * @returns false if somebody else holds it. On SQLite there is one process, which knows by itself.
 */
export const holdKey = async (tx: Db, dialect: SqlDialect, accountId: string, key: string): Promise<boolean> => {
  if (dialect !== 'postgres') return true
  const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_xact_lock(
    hashtextextended(${`card idempotency ${accountId} ${key}`}, 0)) as held`.execute(tx)
  return rows[0]?.held === true
}
