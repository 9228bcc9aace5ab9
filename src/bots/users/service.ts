import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseCursor, toCursor } from '../../platform/http/cursor.ts'
import { botRepo } from '../bots/repo.ts'
import { BotErrors } from '../errors.ts'
import { type BotUser, BotUserErrors, type UserFilter } from './contract.ts'
import { type BotUserRow, botUserRepo } from './repo.ts'

export interface BotUserServiceOptions {
  readonly database: Database
  readonly clock: Clock
  /** Called after somebody was blocked or unblocked: the gateway looks again. */
  readonly changed: (botId: string) => void
}

export interface UserListQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly search?: string | undefined
  readonly filter: UserFilter
}

export type BotUserService = ReturnType<typeof botUserService>

// All of a bot's are in memory where it is served.
const MAX_BLOCKED = 5_000

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

export const toBotUser = (row: BotUserRow): BotUser => ({
  user_id: row.user_id,
  username: row.username,
  first_name: row.first_name,
  last_name: row.last_name,
  language_code: row.language_code,
  created_at: new Date(row.created_at).toISOString(),
  last_active_at: new Date(row.last_active_at).toISOString(),
  blocked: row.blocked_at !== null,
  blocked_at: iso(row.blocked_at),
  blocked_bot: row.blocked_bot_at !== null,
  blocked_bot_at: iso(row.blocked_bot_at),
})

export const botUserService = ({ database, clock, changed }: BotUserServiceOptions) => {
  const nowMs = (): number => clock.now().getTime()

  const assertOwned = async (accountId: string, botId: string): Promise<void> => {
    if ((await botRepo(database.db).find(accountId, botId)) === undefined) throw new AppError(BotErrors.BOT_NOT_FOUND)
  }

  return {
    /** @throws {AppError} BOT_NOT_FOUND */
    async list(accountId: string, botId: string, { limit, cursor, search, filter }: UserListQuery) {
      await assertOwned(accountId, botId)
      const which = ['bot-users', botId, search ?? '', filter]
      const at = cursor === undefined ? undefined : parseCursor(cursor, which)
      const after = at === undefined ? undefined : { createdAt: at.createdAt, userId: Number(at.id.slice(5)) }
      const page = { limit: limit + 1, after, search, filter }
      const rows = await botUserRepo(database.db).list(accountId, botId, page, nowMs())
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return {
        users: rows.slice(0, limit).map(toBotUser),
        next_cursor:
          last === undefined ? null : toCursor({ createdAt: last.created_at, id: `user_${last.user_id}` }, which),
      }
    },
    /** @throws {AppError} BOT_NOT_FOUND */
    async count(accountId: string, botId: string) {
      await assertOwned(accountId, botId)
      const of = (filter: UserFilter) => botUserRepo(database.db).count(accountId, botId, filter, nowMs())
      return {
        total: await of('all'),
        blocked: await of('blocked'),
        blocked_bot: await of('blocked_bot'),
        active_24h: await of('active_24h'),
        active_7d: await of('active_7d'),
        active_30d: await of('active_30d'),
      }
    },
    /** @throws {AppError} BOT_NOT_FOUND, BOT_USER_NOT_FOUND */
    async get(accountId: string, botId: string, userId: number): Promise<BotUser> {
      await assertOwned(accountId, botId)
      const row = await botUserRepo(database.db).find(accountId, botId, userId)
      if (row === undefined) throw new AppError(BotUserErrors.BOT_USER_NOT_FOUND)
      return toBotUser(row)
    },
    /** @throws {AppError} BOT_NOT_FOUND, BOT_USER_BLOCK_LIMIT */
    async block(accountId: string, botId: string, userId: number): Promise<void> {
      await database.transaction(async (tx) => {
        if (!(await botRepo(tx).bumpRevision(accountId, botId))) throw new AppError(BotErrors.BOT_NOT_FOUND)
        const users = botUserRepo(tx)
        if ((await users.countBlockedOfAccount(accountId)) >= MAX_BLOCKED)
          throw new AppError(BotUserErrors.BOT_USER_BLOCK_LIMIT)
        await users.block(accountId, botId, userId, nowMs())
      })
      changed(botId)
    },
    /** @throws {AppError} BOT_NOT_FOUND, BOT_USER_NOT_FOUND */
    async unblock(accountId: string, botId: string, userId: number): Promise<void> {
      await database.transaction(async (tx) => {
        if (!(await botRepo(tx).bumpRevision(accountId, botId))) throw new AppError(BotErrors.BOT_NOT_FOUND)
        const known = await botUserRepo(tx).find(accountId, botId, userId)
        if (known === undefined) throw new AppError(BotUserErrors.BOT_USER_NOT_FOUND)
        await botUserRepo(tx).unblock(accountId, botId, userId)
      })
      changed(botId)
    },
    /** @throws {AppError} BOT_NOT_FOUND */
    async listBlocked(accountId: string, botId: string): Promise<number[]> {
      await assertOwned(accountId, botId)
      return botUserRepo(database.db).listBlockedIds(accountId, botId)
    },
    /** How many were active in the last `ms` milliseconds. */
    countActive: (accountId: string, botId: string, ms: number): Promise<number> =>
      botUserRepo(database.db).countActiveSince(accountId, botId, nowMs() - ms),
  }
}
