import type { Db } from '../../platform/db/index.ts'
import type { RunOutcome } from '../sandbox/index.ts'
import type { RunTrigger } from './contract.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    runs: {
      id: string
      account_id: string
      bot_id: string
      update_id: number | null
      command: string
      started_by: RunTrigger
      outcome: RunOutcome
      error: string | null
      prints: string
      calls: string
      warnings: string
      duration_ms: number
      python_ms: number
      started_at: number
    }
  }
}

export interface RunRow {
  readonly id: string
  readonly update_id: number | null
  readonly command: string
  readonly started_by: RunTrigger
  readonly outcome: RunOutcome
  /** JSON. */
  readonly error: string | null
  readonly prints: string
  /** JSON. */
  readonly calls: string
  /** JSON. */
  readonly warnings: string
  readonly duration_ms: number
  readonly python_ms: number
  readonly started_at: number
}

export interface RunFigures {
  readonly total: number
  readonly failed: number | null
  readonly average_ms: number | null
  readonly slowest_ms: number | null
}

export type RunRepo = ReturnType<typeof runRepo>

export const runRepo = (db: Db) => ({
  async insert(accountId: string, botId: string, run: RunRow): Promise<void> {
    await db
      .insertInto('runs')
      .values({ ...run, account_id: accountId, bot_id: botId })
      .execute()
  },
  /** Newest first. Ids are time-ordered, so an id is the cursor. */
  list: (accountId: string, botId: string, limit: number, before: string | undefined): Promise<RunRow[]> =>
    db
      .selectFrom('runs')
      .select(COLUMNS)
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute(),
  /** Those that ended after one, of which the first or the last ones are taken. */
  listAfter: (
    accountId: string,
    botId: string,
    after: string,
    limit: number,
    order: 'asc' | 'desc',
  ): Promise<RunRow[]> =>
    db
      .selectFrom('runs')
      .select(COLUMNS)
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('id', '>', after)
      .orderBy('id', order)
      .limit(limit)
      .execute(),
  /** How runs went since a moment. Times in milliseconds. */
  figuresSince: (accountId: string, botId: string, sinceMs: number): Promise<RunFigures> =>
    db
      .selectFrom('runs')
      .select((eb) => [
        eb.fn.countAll<number>().as('total'),
        eb.fn.sum<number | null>(eb.case().when('outcome', '=', 'ok').then(0).else(1).end()).as('failed'),
        eb.fn.avg<number | null>('duration_ms').as('average_ms'),
        eb.fn.max<number | null>('duration_ms').as('slowest_ms'),
      ])
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('started_at', '>=', sinceMs)
      .executeTakeFirstOrThrow(),
  find: (accountId: string, botId: string, id: string): Promise<RunRow | undefined> =>
    db
      .selectFrom('runs')
      .select(COLUMNS)
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('id', '=', id)
      .executeTakeFirst(),
  /** Of every account: the log of runs is kept for a while only. */
  async deleteBefore(startedAt: number): Promise<void> {
    await db.deleteFrom('runs').where('started_at', '<', startedAt).execute()
  },
  /** Whether an update was handled before: Telegram repeats what was not confirmed before a crash. */
  async isHandled(accountId: string, botId: string, updateId: number): Promise<boolean> {
    const row = await db
      .selectFrom('runs')
      .select('id')
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('update_id', '=', updateId)
      // A run that the server's end cut off is made again.
      .where('outcome', '!=', 'closed')
      .limit(1)
      .executeTakeFirst()
    return row !== undefined
  },
  async lastUpdateId(accountId: string, botId: string): Promise<number | null> {
    const { last } = await db
      .selectFrom('runs')
      .select((eb) => eb.fn.max('update_id').as('last'))
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .executeTakeFirstOrThrow()
    return last
  },
})

const COLUMNS = [
  'id',
  'update_id',
  'command',
  'started_by',
  'outcome',
  'error',
  'prints',
  'calls',
  'warnings',
  'duration_ms',
  'python_ms',
  'started_at',
] as const
