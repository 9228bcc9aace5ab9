import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseCursor, toCursor } from '../../platform/http/cursor.ts'
import { runRepo } from '../runs/repo.ts'
import { botUserRepo } from '../users/repo.ts'
import type { BotUserService } from '../users/service.ts'
import { type BotError, LogErrors } from './contract.ts'
import { type BotDays, dayOf } from './days.ts'
import { type BotErrorRow, botErrorRepo } from './error-repo.ts'

export interface LogServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly days: BotDays
  readonly users: BotUserService
}

export type LogService = ReturnType<typeof logService>

const DAY_MS = 86_400_000

const toBotError = (row: BotErrorRow): BotError => ({
  id: row.id,
  command: row.command,
  line: row.line,
  type: row.type,
  message: row.message,
  count: row.count,
  first_seen_at: new Date(row.first_seen_at).toISOString(),
  last_seen_at: new Date(row.last_seen_at).toISOString(),
  last_run_id: row.last_run_id,
  resolved: row.resolved_at !== null,
  resolved_at: row.resolved_at === null ? null : new Date(row.resolved_at).toISOString(),
})

/** What the owner reads of a bot besides its runs. The bot must be known to be the account's. */
export const logService = ({ database, clock, days, users }: LogServiceOptions) => {
  const errors = botErrorRepo(database.db)
  const nowMs = (): number => clock.now().getTime()

  return {
    async listErrors(
      accountId: string,
      botId: string,
      { state, limit, cursor }: { state: 'open' | 'resolved' | 'all'; limit: number; cursor?: string | undefined },
    ) {
      const which = ['bot-errors', botId, state]
      const at = cursor === undefined ? undefined : parseCursor(cursor, which)
      const after = at === undefined ? undefined : { lastSeenAt: at.createdAt, id: at.id }
      const rows = await errors.list(accountId, botId, { state, limit: limit + 1, after })
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return {
        errors: rows.slice(0, limit).map(toBotError),
        next_cursor: last === undefined ? null : toCursor({ createdAt: last.last_seen_at, id: last.id }, which),
      }
    },
    /** @throws {AppError} BOT_ERROR_NOT_FOUND */
    async resolveError(accountId: string, botId: string, id: string): Promise<BotError> {
      const row = await errors.resolve(accountId, botId, id, nowMs())
      if (row === undefined) throw new AppError(LogErrors.BOT_ERROR_NOT_FOUND)
      return toBotError(row)
    },
    clearErrors: (accountId: string, botId: string): Promise<number> => errors.clear(accountId, botId),
    async statistics(accountId: string, botId: string, dayCount: number) {
      await days.settle()
      const firstMs = Math.floor(nowMs() / DAY_MS) * DAY_MS - (dayCount - 1) * DAY_MS
      const counted = new Map((await days.list(accountId, botId, dayOf(firstMs))).map((row) => [row.day, row]))
      const came = await botUserRepo(database.db).countNewByDay(accountId, botId, firstMs)
      const runs = await runRepo(database.db).figuresSince(accountId, botId, nowMs() - DAY_MS)
      return {
        users: await users.count(accountId, botId),
        runs_24h: { ...runs, failed: runs.failed ?? 0 },
        days: Array.from({ length: dayCount }, (_, n) => {
          const startMs = firstMs + n * DAY_MS
          const day = dayOf(startMs)
          const { updates = 0, runs: ran = 0, errors: failed = 0 } = counted.get(day) ?? {}
          return { day, updates, runs: ran, errors: failed, new_users: came.get(startMs) ?? 0 }
        }),
      }
    },
  }
}
