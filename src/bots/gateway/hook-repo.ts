import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    bot_webhooks: {
      bot_id: string
      account_id: string
      hook_id: string
      secret_sealed: Buffer
      created_at: number
    }
  }
}

/** The address to which Telegram posts the updates of a bot. */
export interface HookRow {
  readonly bot_id: string
  readonly account_id: string
  readonly hook_id: string
  readonly secret_sealed: Buffer
}

export type HookRepo = ReturnType<typeof hookRepo>

export const hookRepo = (db: Db) => ({
  find: (accountId: string, botId: string): Promise<HookRow | undefined> =>
    db
      .selectFrom('bot_webhooks')
      .select(COLUMNS)
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .executeTakeFirst(),
  /** Names no account: whoever knows the address and the secret is Telegram. Only of bots that work. */
  findByHookId: (hookId: string): Promise<HookRow | undefined> =>
    db
      .selectFrom('bot_webhooks')
      .innerJoin('bots', 'bots.id', 'bot_webhooks.bot_id')
      .select(['bot_webhooks.bot_id', 'bot_webhooks.account_id', 'bot_webhooks.hook_id', 'bot_webhooks.secret_sealed'])
      .where('bot_webhooks.hook_id', '=', hookId)
      .where('bots.status', '=', 'working')
      .where('bots.deleted_at', 'is', null)
      .executeTakeFirst(),
  async insert(row: HookRow, nowMs: number): Promise<void> {
    await db
      .insertInto('bot_webhooks')
      .values({ ...row, created_at: nowMs })
      .onConflict((oc) => oc.doNothing())
      .execute()
  },
  async remove(accountId: string, botId: string): Promise<void> {
    await db.deleteFrom('bot_webhooks').where('bot_id', '=', botId).where('account_id', '=', accountId).execute()
  },
})

const COLUMNS = ['bot_id', 'account_id', 'hook_id', 'secret_sealed'] as const
