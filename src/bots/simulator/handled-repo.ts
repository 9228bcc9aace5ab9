import type { Db } from '../../platform/db/index.ts'
import type { Run } from '../runs/contract.ts'
import { fromRow } from '../runs/record.ts'
import { runRepo } from '../runs/repo.ts'

/** What became of an update, whichever process took it. */
export const handledRepo = (db: Db) => ({
  /** A run that the server's end cut off is made again, and so does not count. */
  async findRun(accountId: string, botId: string, updateId: number): Promise<Run | undefined> {
    const found = await db
      .selectFrom('runs')
      .select('id')
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('update_id', '=', updateId)
      .where('outcome', '!=', 'closed')
      .limit(1)
      .executeTakeFirst()
    const row = found && (await runRepo(db).find(accountId, botId, found.id))
    return row && fromRow(row)
  },
  /** Taken, and still under way. */
  async isOpen(accountId: string, botId: string, updateId: number): Promise<boolean> {
    const row = await db
      .selectFrom('pending_updates')
      .select('update_id')
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('update_id', '=', updateId)
      .executeTakeFirst()
    return row !== undefined
  },
})
