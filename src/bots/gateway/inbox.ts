import type { Db } from '../../platform/db/index.ts'
import { Update } from './update.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    pending_updates: { bot_id: string; update_id: number; account_id: string; body: string }
  }
}

export type Inbox = ReturnType<typeof inbox>

/**
 * Updates that take longer than the wait for the next ones: they are written down, so that Telegram can be told to
 * forget them and a restart finds them again.
 */
export const inbox = (db: Db) => ({
  async put(accountId: string, botId: string, updates: readonly Update[]): Promise<void> {
    if (updates.length === 0) return
    await db
      .insertInto('pending_updates')
      .values(
        updates.map((update) => ({
          bot_id: botId,
          update_id: update.update_id,
          account_id: accountId,
          body: JSON.stringify(update),
        })),
      )
      .onConflict((oc) => oc.doNothing())
      .execute()
  },
  async remove(accountId: string, botId: string, updateId: number): Promise<void> {
    await db
      .deleteFrom('pending_updates')
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('update_id', '=', updateId)
      .execute()
  },
  async list(accountId: string, botId: string): Promise<Update[]> {
    const rows = await db
      .selectFrom('pending_updates')
      .select('body')
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .orderBy('update_id')
      .execute()
    return rows.map(({ body }) => Update.parse(JSON.parse(body)))
  },
})
