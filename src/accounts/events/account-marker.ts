import type { Db } from '../../platform/db/index.ts'

/** @returns What is another text after anything was written into the account's log: what is not there did not change. */
export const accountMarker =
  (db: Db) =>
  async (accountId: string): Promise<string> => {
    const row = await db
      .selectFrom('audit_log')
      .select('seq')
      .where('account_id', '=', accountId)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst()
    return String(row?.seq ?? 0)
  }
