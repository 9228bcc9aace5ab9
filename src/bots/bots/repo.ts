import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    bots: {
      id: string
      account_id: string
      name: string
      username: string
      telegram_id: number
      token_sealed: Buffer
      token_hash: Buffer
      simulated: number
      status: BotStatus
      problem: string | null
      version: string
      revision: number
      next_update_id: number | null
      created_at: number
      updated_at: number
      deleted_at: number | null
    }
  }
}

export type BotStatus = 'working' | 'stopped'

export interface BotRow {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly username: string
  readonly telegram_id: number
  readonly simulated: number
  readonly status: BotStatus
  readonly problem: string | null
  readonly version: string
  readonly revision: number
  readonly created_at: number
  readonly updated_at: number
}

/** What the gateway needs to take a bot's updates. */
export interface LiveBot {
  readonly id: string
  readonly account_id: string
  readonly username: string
  readonly name: string
  readonly telegram_id: number
  readonly token_sealed: Buffer
  readonly simulated: number
  readonly revision: number
  readonly next_update_id: number | null
}

export type BotRepo = ReturnType<typeof botRepo>

export const botRepo = (db: Db) => ({
  /** @returns false, with nothing written, if the id or the token is taken. */
  async insert(
    bot: Omit<BotRow, 'problem' | 'revision'> & { token_sealed: Buffer; token_hash: Buffer },
  ): Promise<boolean> {
    const inserted = await db
      .insertInto('bots')
      .values({ ...bot, problem: null, revision: 1, next_update_id: null, deleted_at: null })
      .onConflict((oc) => oc.doNothing())
      .returning('id')
      .executeTakeFirst()
    return inserted !== undefined
  },
  find: (accountId: string, id: string): Promise<BotRow | undefined> =>
    db
      .selectFrom('bots')
      .select(COLUMNS)
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('deleted_at', 'is', null)
      .executeTakeFirst(),
  list: (accountId: string): Promise<BotRow[]> =>
    db
      .selectFrom('bots')
      .select(COLUMNS)
      .where('account_id', '=', accountId)
      .where('deleted_at', 'is', null)
      .orderBy('created_at')
      .orderBy('id')
      .execute(),
  /** Names no account: whether a token is in use concerns every account. */
  findByToken: (tokenHash: Buffer): Promise<{ id: string; account_id: string } | undefined> =>
    db
      .selectFrom('bots')
      .select(['id', 'account_id'])
      .where('token_hash', '=', tokenHash)
      .where('deleted_at', 'is', null)
      .executeTakeFirst(),
  async setStatus(
    accountId: string,
    id: string,
    status: BotStatus,
    problem: string | null,
    nowMs: number,
  ): Promise<void> {
    await db
      .updateTable('bots')
      .set({ status, problem, updated_at: nowMs })
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .execute()
  },
  async setProblem(accountId: string, id: string, problem: string | null): Promise<void> {
    await db.updateTable('bots').set({ problem }).where('id', '=', id).where('account_id', '=', accountId).execute()
  },
  async setToken(
    accountId: string,
    id: string,
    token: { sealed: Buffer; hash: Buffer; username: string; telegramId: number },
    nowMs: number,
  ): Promise<void> {
    await db
      .updateTable('bots')
      .set({
        token_sealed: token.sealed,
        token_hash: token.hash,
        username: token.username,
        telegram_id: token.telegramId,
        next_update_id: null,
        problem: null,
        updated_at: nowMs,
      })
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .execute()
  },
  /** The row stays, so that the bot can be brought back. */
  async markDeleted(accountId: string, id: string, nowMs: number): Promise<void> {
    await db
      .updateTable('bots')
      .set({ deleted_at: nowMs, status: 'stopped' })
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .execute()
  },
  /** Tells every process that the bot's commands have changed. */
  async bumpRevision(accountId: string, id: string): Promise<void> {
    await db
      .updateTable('bots')
      .set((eb) => ({ revision: eb('revision', '+', 1) }))
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .execute()
  },
  /** For the gateway, which serves every account. */
  listLive: (): Promise<LiveBot[]> =>
    db
      .selectFrom('bots')
      .select([
        'id',
        'account_id',
        'username',
        'name',
        'telegram_id',
        'token_sealed',
        'simulated',
        'revision',
        'next_update_id',
      ])
      .where('status', '=', 'working')
      .where('deleted_at', 'is', null)
      .orderBy('id')
      .execute(),
  /** For the simulator, which must know its bots also while they are stopped. */
  listSimulated: (): Promise<Pick<LiveBot, 'id' | 'account_id' | 'username' | 'name' | 'token_sealed'>[]> =>
    db
      .selectFrom('bots')
      .select(['id', 'account_id', 'username', 'name', 'token_sealed'])
      .where('simulated', '=', 1)
      .where('deleted_at', 'is', null)
      .execute(),
  async revisionOf(accountId: string, id: string): Promise<number | undefined> {
    const row = await db
      .selectFrom('bots')
      .select('revision')
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .executeTakeFirst()
    return row?.revision
  },
  /** Updates below this id have been handled, and Telegram may forget them. */
  async saveOffset(accountId: string, id: string, nextUpdateId: number): Promise<void> {
    await db
      .updateTable('bots')
      .set({ next_update_id: nextUpdateId })
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .execute()
  },
})

const COLUMNS = [
  'id',
  'account_id',
  'name',
  'username',
  'telegram_id',
  'simulated',
  'status',
  'problem',
  'version',
  'revision',
  'created_at',
  'updated_at',
] as const
