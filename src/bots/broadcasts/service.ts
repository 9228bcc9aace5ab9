import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Fetcher } from '../../platform/http-client/index.ts'
import { newId } from '../../platform/ids.ts'
import type { JobQueue } from '../../platform/jobs/index.ts'
import { botRepo } from '../bots/repo.ts'
import { commandRepo } from '../commands/repo.ts'
import { DEFAULT_SETTINGS, parseSettings } from '../settings/settings.ts'
import { BROADCAST_METHODS, type Broadcast, BroadcastErrors, MAX_RUNNING, MAX_RUNNING_ALL } from './contract.ts'
import { broadcastJob, callbackJob } from './jobs.ts'
import { maxSpeed } from './pace.ts'
import { type BroadcastChange, type BroadcastRow, type BroadcastState, broadcastRepo } from './repo.ts'
import { broadcastSender, type SenderOptions } from './sender.ts'
import { Source } from './source.ts'

export interface BroadcastServiceOptions extends Omit<SenderOptions, 'finished'> {
  readonly database: Database
  readonly clock: Clock
  readonly jobs: JobQueue
  readonly fetcher: Fetcher
}

export interface NewBroadcast {
  readonly source: Source
  readonly speed: number
  readonly testChatId: number | null
  readonly callbackUrl: string | null
}

export type BroadcastService = ReturnType<typeof broadcastService>

const OPEN: readonly BroadcastState[] = ['testing', 'running', 'paused']
const CALLBACK_BYTES = 64 * 1024
const CALLBACK_MS = 30_000

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

export const broadcastService = (options: BroadcastServiceOptions) => {
  const { database, clock, jobs, fetcher } = options
  const repo = broadcastRepo(database.db)
  const nowMs = (): number => clock.now().getTime()

  const toBroadcast = async (row: BroadcastRow): Promise<Broadcast> => {
    const { sent, blocked, error } = await repo.totals(row.id)
    const processed = sent + blocked + error
    const remaining = Math.max(0, row.total - processed)
    const isGoing = row.state === 'running'
    return {
      broadcast_id: row.id,
      state: row.state,
      mode: Source.parse(JSON.parse(row.source)).mode,
      speed: row.speed,
      total_users: row.total,
      processed,
      remaining,
      total_success: sent,
      total_errors: blocked + error,
      total_blocked: blocked,
      progress_pct:
        row.total === 0 ? (row.state === 'done' ? 100 : 0) : Math.round((processed / row.total) * 1000) / 10,
      eta_seconds: isGoing ? Math.ceil(remaining / row.speed) : null,
      problem: row.problem,
      hint: row.hint,
      waits_until: iso(row.waits_until),
      callback_url: row.callback_url,
      callback_state: row.callback_state,
      created_at: new Date(row.created_at).toISOString(),
      started_at: iso(row.started_at),
      finished_at: iso(row.finished_at),
    }
  }

  const getRow = async (accountId: string, botId: string, id: string): Promise<BroadcastRow> => {
    const row = await repo.find(accountId, botId, id)
    if (row === undefined) throw new AppError(BroadcastErrors.BROADCAST_NOT_FOUND)
    return row
  }
  const get = async (accountId: string, botId: string, id: string): Promise<Broadcast> =>
    toBroadcast(await getRow(accountId, botId, id))

  const enqueue = (db: Db, broadcastId: string): Promise<string | undefined> =>
    jobs.enqueue(db, broadcastJob, { broadcastId }, { key: broadcastId })

  const tellCallback = async (db: Db, id: string): Promise<void> => {
    const row = await broadcastRepo(db).findAny(id)
    if (row?.callback_state === 'pending') await jobs.enqueue(db, callbackJob, { broadcastId: id }, { key: id })
  }

  const sender = broadcastSender({ ...options, finished: (id) => tellCallback(database.db, id) })

  const assertSource = async (tx: Db, accountId: string, botId: string, source: Source): Promise<void> => {
    if (source.mode === 'function' && !BROADCAST_METHODS.has(source.method))
      throw new AppError(BroadcastErrors.BROADCAST_FUNCTION_REFUSED, {
        message: `Function '${source.method}' not allowed for broadcasting.`,
      })
    if (source.mode !== 'command') return
    if ((await commandRepo(tx).find(accountId, botId, source.command)) === undefined)
      throw new AppError(BroadcastErrors.BROADCAST_COMMAND_UNKNOWN)
  }

  /** @returns Messages a second that a broadcast of the bot may make at most. */
  const maxSpeedOf = async (db: Db, accountId: string, botId: string): Promise<number> => {
    const bot = await botRepo(db).find(accountId, botId)
    return maxSpeed(bot === undefined ? DEFAULT_SETTINGS : parseSettings(bot.settings))
  }
  const assertSpeed = async (db: Db, accountId: string, botId: string, speed: number): Promise<void> => {
    const most = await maxSpeedOf(db, accountId, botId)
    if (speed > most)
      throw new AppError(BroadcastErrors.BROADCAST_TOO_FAST, {
        message: `A broadcast of this bot makes ${most} messages a second at most. Raise messages_per_second in its settings if Telegram lets it send more.`,
      })
  }

  const assertCallback = (url: string | null): void => {
    if (url === null) return
    try {
      fetcher.assertUrl(url)
    } catch (cause) {
      throw new AppError(BroadcastErrors.BROADCAST_CALLBACK_INVALID, { cause })
    }
  }

  /** @throws {AppError} of `BroadcastErrors`. The bot must be known to be the account's. */
  const create = async (accountId: string, botId: string, broadcast: NewBroadcast): Promise<Broadcast> => {
    const { source, speed, testChatId, callbackUrl } = broadcast
    assertCallback(callbackUrl)
    const row: BroadcastRow = {
      id: newId('bc'),
      bot_id: botId,
      account_id: accountId,
      state: 'testing',
      paused_in: null,
      source: JSON.stringify(source),
      speed,
      test_chat_id: testChatId,
      callback_url: callbackUrl,
      callback_state: callbackUrl === null ? 'none' : 'pending',
      total: 0,
      problem: null,
      hint: null,
      waits_until: null,
      created_at: nowMs(),
      started_at: null,
      finished_at: null,
    }
    await database.transaction(async (tx) => {
      await assertSource(tx, accountId, botId, source)
      await assertSpeed(tx, accountId, botId, speed)
      const broadcasts = broadcastRepo(tx)
      if ((await broadcasts.countOpen(botId)) >= MAX_RUNNING)
        throw new AppError(BroadcastErrors.BROADCAST_LIMIT_REACHED)
      if ((await broadcasts.countOpen()) >= MAX_RUNNING_ALL) throw new AppError(BroadcastErrors.BROADCAST_CAPACITY)
      await broadcasts.insert(row)
      await enqueue(tx, row.id)
    })
    return toBroadcast(row)
  }

  /** @throws {AppError} BROADCAST_NOT_FOUND, BROADCAST_NOT_OPEN */
  const change = async (
    accountId: string,
    botId: string,
    id: string,
    from: readonly BroadcastState[],
    to: BroadcastChange,
  ): Promise<Broadcast> => {
    await getRow(accountId, botId, id)
    if (!(await repo.change(id, from, to))) throw new AppError(BroadcastErrors.BROADCAST_NOT_OPEN)
    return get(accountId, botId, id)
  }

  const callBack = async ({ broadcastId }: { broadcastId: string }, attempt: number): Promise<void> => {
    const row = await repo.findAny(broadcastId)
    if (row === undefined || row.callback_url === null || row.callback_state !== 'pending') return
    const { broadcast_id, state, total_users: total, total_success, total_errors } = await toBroadcast(row)
    const body = Buffer.from(JSON.stringify({ broadcast_id, state, total, total_success, total_errors }))
    const headers = { 'content-type': 'application/json', 'content-length': String(body.length) }
    try {
      const answer = await fetcher.fetch(row.callback_url, {
        method: 'POST',
        headers,
        body,
        maxBytes: CALLBACK_BYTES,
        totalMs: CALLBACK_MS,
      })
      answer.body.destroy()
      if (answer.status >= 400) throw new Error(`The callback answered ${answer.status}.`)
      await repo.setCallbackState(broadcastId, 'delivered')
    } catch (error) {
      if (attempt < callbackJob.attempts) throw error
      await repo.setCallbackState(broadcastId, 'failed')
    }
  }

  return {
    create,
    get,
    async list(accountId: string, botId: string, limit: number, before: string | undefined) {
      const rows = await repo.list(accountId, botId, limit, before)
      return {
        broadcasts: await Promise.all(rows.map(toBroadcast)),
        next_before: rows.length === limit ? (rows.at(-1)?.id ?? null) : null,
      }
    },
    /** @returns Messages a second that a broadcast of the bot may make at most. */
    maxSpeed: (accountId: string, botId: string): Promise<number> => maxSpeedOf(database.db, accountId, botId),
    /** @throws {AppError} BROADCAST_NOT_FOUND, BROADCAST_NOT_OPEN, BROADCAST_TOO_FAST */
    async setSpeed(accountId: string, botId: string, id: string, speed: number): Promise<Broadcast> {
      await assertSpeed(database.db, accountId, botId, speed)
      return change(accountId, botId, id, OPEN, { speed })
    },
    /** @throws {AppError} BROADCAST_NOT_FOUND, BROADCAST_NOT_OPEN */
    async pause(accountId: string, botId: string, id: string): Promise<Broadcast> {
      const { state } = await getRow(accountId, botId, id)
      if (state !== 'testing' && state !== 'running') throw new AppError(BroadcastErrors.BROADCAST_NOT_OPEN)
      return change(accountId, botId, id, [state], { state: 'paused', paused_in: state })
    },
    /** @throws {AppError} BROADCAST_NOT_FOUND, BROADCAST_NOT_PAUSED */
    async resume(accountId: string, botId: string, id: string): Promise<Broadcast> {
      const { paused_in } = await getRow(accountId, botId, id)
      await database.transaction(async (tx) => {
        const state = paused_in ?? 'running'
        if (!(await broadcastRepo(tx).change(id, ['paused'], { state, paused_in: null })))
          throw new AppError(BroadcastErrors.BROADCAST_NOT_PAUSED)
        await enqueue(tx, id)
      })
      return get(accountId, botId, id)
    },
    /** @throws {AppError} BROADCAST_NOT_FOUND, BROADCAST_NOT_OPEN */
    async stop(accountId: string, botId: string, id: string): Promise<Broadcast> {
      const stopped = await change(accountId, botId, id, OPEN, { state: 'stopped', finished_at: nowMs() })
      await tellCallback(database.db, id)
      return stopped
    },
    /** @throws {AppError} BROADCAST_NOT_FOUND, BROADCAST_LIMIT_REACHED */
    async rerun(accountId: string, botId: string, id: string): Promise<Broadcast> {
      const row = await getRow(accountId, botId, id)
      return create(accountId, botId, {
        source: Source.parse(JSON.parse(row.source)),
        speed: Math.min(row.speed, await maxSpeedOf(database.db, accountId, botId)),
        testChatId: row.test_chat_id,
        callbackUrl: row.callback_url,
      })
    },
    clear: (accountId: string, botId: string): Promise<number> => repo.clear(accountId, botId),
    /** Before the queue starts. */
    handle(): void {
      jobs.handle(broadcastJob, sender.run)
      jobs.handle(callbackJob, (payload, { attempt }) => callBack(payload, attempt))
    },
  }
}
