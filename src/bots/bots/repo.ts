import { sql } from 'kysely'
import type { Db, SqlDialect } from '../../platform/db/index.ts'

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
      /** JSON, see `BotSettings`. */
      settings: string
      folder: string | null
      needs_token: number
    }
  }
}

/** `cloned` and `transferred` bots have no token yet, and are stopped. */
export type BotStatus = 'working' | 'stopped' | 'cloned' | 'transferred'

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
  /** JSON. */
  readonly settings: string
  readonly folder: string | null
  readonly needs_token: number
}

/** What the simulator needs to know its bots again. */
export interface SimulatedBot {
  readonly id: string
  readonly account_id: string
  readonly username: string
  readonly name: string
  readonly token_sealed: Buffer
  /** Updates below this id have been handled or written down, and Telegram may forget them. */
  readonly next_update_id: number | null
}

/** What the gateway needs to take a bot's updates. */
export interface LiveBot extends SimulatedBot {
  readonly telegram_id: number
  readonly simulated: number
  readonly revision: number
  readonly problem: string | null
  readonly updated_at: number
}

export interface TokenRow {
  readonly token_sealed: Buffer
}

export interface NewToken {
  readonly sealed: Buffer
  readonly hash: Buffer
  readonly username: string
  readonly telegramId: number
  /** Whoever has a token of Telegram's is on Telegram. */
  readonly simulated: boolean
}

export type BotRepo = ReturnType<typeof botRepo>

export const botRepo = (db: Db) => ({
  /** @returns false, with nothing written, if the id or the token is taken. */
  async insert(bot: Omit<BotRow, 'revision'> & { token_sealed: Buffer; token_hash: Buffer }): Promise<boolean> {
    const inserted = await db
      .insertInto('bots')
      .values({ ...bot, revision: 1, next_update_id: null, deleted_at: null })
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
  findToken: (accountId: string, id: string): Promise<TokenRow | undefined> =>
    db
      .selectFrom('bots')
      .select('token_sealed')
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('deleted_at', 'is', null)
      .executeTakeFirst(),
  /** Names no account: whether a token is in use concerns every account. */
  findByToken: (tokenHash: Buffer): Promise<{ id: string; account_id: string } | undefined> =>
    db
      .selectFrom('bots')
      .select(['id', 'account_id'])
      .where('token_hash', '=', tokenHash)
      .where('deleted_at', 'is', null)
      .executeTakeFirst(),
  async setStatus(accountId: string, id: string, status: BotStatus, nowMs: number): Promise<void> {
    await db
      .updateTable('bots')
      .set({ status, problem: null, updated_at: nowMs })
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .execute()
  },
  /**
   * Makes those who would use a token take turns, so that nobody takes it between another's look and its write. SQLite's
   * transactions do that already.
   */
  async lockToken(dialect: SqlDialect, tokenHash: Buffer): Promise<void> {
    if (dialect === 'postgres')
      await sql`select pg_advisory_xact_lock(${String(tokenHash.readBigInt64BE())}::bigint)`.execute(db)
  },
  /** After `lockToken`. @returns false, with nothing written, if another bot has the token. */
  async setToken(accountId: string, id: string, token: NewToken, nowMs: number): Promise<boolean> {
    const owner = await botRepo(db).findByToken(token.hash)
    if (owner !== undefined && owner.id !== id) return false
    await db
      .updateTable('bots')
      .set({
        token_sealed: token.sealed,
        token_hash: token.hash,
        username: token.username,
        telegram_id: token.telegramId,
        simulated: token.simulated ? 1 : 0,
        next_update_id: null,
        problem: null,
        needs_token: 0,
        // Whoever waited for a token is stopped now; the others go on as they were.
        status: sql<BotStatus>`case when needs_token = 1 then 'stopped' else status end`,
        updated_at: nowMs,
      })
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .execute()
    return true
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
  async setVersion(accountId: string, id: string, version: string): Promise<void> {
    await db.updateTable('bots').set({ version }).where('id', '=', id).where('account_id', '=', accountId).execute()
  },
  async setFolder(accountId: string, id: string, folder: string | null): Promise<void> {
    await db.updateTable('bots').set({ folder }).where('id', '=', id).where('account_id', '=', accountId).execute()
  },
  /** As if it were started anew: whoever takes its updates looks at them again. */
  async setSettings(accountId: string, id: string, settings: string, nowMs: number): Promise<void> {
    await db
      .updateTable('bots')
      .set({ settings, updated_at: nowMs })
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .execute()
  },
  /** Tells every process that the bot's commands have changed. @returns Whether there is such a bot. */
  async bumpRevision(accountId: string, id: string): Promise<boolean> {
    const bumped = await db
      .updateTable('bots')
      .set((eb) => ({ revision: eb('revision', '+', 1) }))
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('deleted_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    return bumped !== undefined
  },
  /** For the gateway, which serves every account that is not disabled. */
  listLive: (): Promise<LiveBot[]> =>
    db
      .selectFrom('bots')
      .select([...SIMULATED, 'telegram_id', 'simulated', 'revision', 'problem', 'updated_at'])
      .where('status', '=', 'working')
      .where('deleted_at', 'is', null)
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('accounts')
            .select('accounts.id')
            .whereRef('accounts.id', '=', 'bots.account_id')
            .where('accounts.status', '=', 'active'),
        ),
      )
      .orderBy('id')
      .execute(),
  /** For the simulator, which must know its bots also while they are stopped. */
  listSimulated: (): Promise<SimulatedBot[]> =>
    db.selectFrom('bots').select(SIMULATED).where('simulated', '=', 1).where('deleted_at', 'is', null).execute(),
  async revisionOf(accountId: string, id: string): Promise<number | undefined> {
    const row = await db
      .selectFrom('bots')
      .select('revision')
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .executeTakeFirst()
    return row?.revision
  },
  /**
   * What its poller found out about a bot. Nothing is written when the bot has another token by now: then it was found
   * out about another bot.
   */
  async report(bot: LiveBot, found: { next_update_id: number } | { problem: string | null; status?: 'stopped' }) {
    await db
      .updateTable('bots')
      .set(found)
      .where('id', '=', bot.id)
      .where('account_id', '=', bot.account_id)
      .where('token_sealed', '=', bot.token_sealed)
      .execute()
  },
})

const SIMULATED = ['id', 'account_id', 'username', 'name', 'token_sealed', 'next_update_id'] as const
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
  'settings',
  'folder',
  'needs_token',
] as const
