import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    command_webhooks: {
      id: string
      bot_id: string
      account_id: string
      fingerprint: string
      command: string
      user_id: number | null
      chat_id: number | null
      options: string
      created_at: number
      last_used_at: number | null
      revoked_at: number | null
    }
  }
}

export interface WebhookRow {
  readonly id: string
  readonly bot_id: string
  readonly account_id: string
  readonly fingerprint: string
  readonly command: string
  readonly user_id: number | null
  readonly chat_id: number | null
  /** JSON, see `Stored`. */
  readonly options: string
  readonly created_at: number
  readonly last_used_at: number | null
}

export type WebhookRepo = ReturnType<typeof webhookRepo>

export const webhookRepo = (db: Db) => ({
  /** @returns The row, or the one that is the same and was there. */
  async insert(row: WebhookRow): Promise<WebhookRow> {
    await db
      .insertInto('command_webhooks')
      .values({ ...row, revoked_at: null })
      .onConflict((oc) => oc.columns(['bot_id', 'fingerprint']).where('revoked_at', 'is', null).doNothing())
      .execute()
    const { bot_id, fingerprint } = row
    return (await webhookRepo(db).findSame(bot_id, fingerprint)) ?? row
  },
  findSame: (botId: string, fingerprint: string): Promise<WebhookRow | undefined> =>
    db
      .selectFrom('command_webhooks')
      .select(COLUMNS)
      .where('bot_id', '=', botId)
      .where('fingerprint', '=', fingerprint)
      .where('revoked_at', 'is', null)
      .executeTakeFirst(),
  /** Names no account: whoever shows the signed id was given it. */
  find: (id: string): Promise<WebhookRow | undefined> =>
    db
      .selectFrom('command_webhooks')
      .select(COLUMNS)
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirst(),
  list: (accountId: string, botId: string, limit: number, before: string | undefined): Promise<WebhookRow[]> =>
    db
      .selectFrom('command_webhooks')
      .select(COLUMNS)
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .where('revoked_at', 'is', null)
      .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute(),
  async count(botId: string): Promise<number> {
    const { count } = await db
      .selectFrom('command_webhooks')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('bot_id', '=', botId)
      .where('revoked_at', 'is', null)
      .executeTakeFirstOrThrow()
    return count
  },
  async revoke(accountId: string, botId: string, id: string, nowMs: number): Promise<boolean> {
    const row = await db
      .updateTable('command_webhooks')
      .set({ revoked_at: nowMs })
      .where('id', '=', id)
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .where('revoked_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  },
  async used(id: string, nowMs: number): Promise<void> {
    await db.updateTable('command_webhooks').set({ last_used_at: nowMs }).where('id', '=', id).execute()
  },
})

const COLUMNS = [
  'id',
  'bot_id',
  'account_id',
  'fingerprint',
  'command',
  'user_id',
  'chat_id',
  'options',
  'created_at',
  'last_used_at',
] as const
