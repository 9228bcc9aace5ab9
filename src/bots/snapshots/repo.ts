import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    bot_snapshots: {
      id: string
      account_id: string
      bot_id: string
      name: string
      command_count: number
      packed: Buffer
      created_at: number
      created_by: string
    }
  }
}

export interface SnapshotRow {
  readonly id: string
  readonly name: string
  readonly command_count: number
  readonly created_at: number
  readonly created_by: string
}

export const snapshotRepo = (db: Db) => ({
  /** Newest first. */
  list: (accountId: string, botId: string): Promise<SnapshotRow[]> =>
    db
      .selectFrom('bot_snapshots')
      .select(['id', 'name', 'command_count', 'created_at', 'created_by'])
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .orderBy('id', 'desc')
      .execute(),
  async insert(accountId: string, botId: string, snapshot: SnapshotRow & { packed: Buffer }): Promise<void> {
    await db
      .insertInto('bot_snapshots')
      .values({ ...snapshot, account_id: accountId, bot_id: botId })
      .execute()
  },
  findPacked: (accountId: string, botId: string, id: string): Promise<{ packed: Buffer } | undefined> =>
    db
      .selectFrom('bot_snapshots')
      .select('packed')
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('id', '=', id)
      .executeTakeFirst(),
  /** @returns Whether there was one. */
  async delete(accountId: string, botId: string, id: string): Promise<boolean> {
    const deleted = await db
      .deleteFrom('bot_snapshots')
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('id', '=', id)
      .returning('id')
      .executeTakeFirst()
    return deleted !== undefined
  },
})
