import type { Db } from '../../platform/db/index.ts'
import { tokenless } from '../bots/tokenless.ts'

export const transferRepo = (db: Db) => ({
  /** Gives the bot itself to another account, without its token. */
  async moveBot(from: string, to: string, botId: string, settings: string, nowMs: number): Promise<void> {
    await db
      .updateTable('bots')
      .set({
        ...tokenless('transferred'),
        account_id: to,
        telegram_id: 0,
        simulated: 0,
        next_update_id: null,
        folder: null,
        settings,
        updated_at: nowMs,
      })
      .where('id', '=', botId)
      .where('account_id', '=', from)
      .execute()
  },
  /** Whoever gets the bot need not know by which key it was made. */
  async forgetAuthors(botId: string): Promise<void> {
    await db.updateTable('command_versions').set({ saved_by: 'transfer' }).where('bot_id', '=', botId).execute()
    await db.updateTable('bot_snapshots').set({ created_by: 'transfer' }).where('bot_id', '=', botId).execute()
  },
})
