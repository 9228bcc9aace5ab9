import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db/index.ts'
import { newId } from '../../platform/ids.ts'
import type { Log } from '../../platform/log/index.ts'
import { type BotApi, TelegramError } from '../../platform/telegram/api.ts'
import { type HostCall, HostCallError, type Json, type PythonEngine, type RunResult } from '../sandbox/index.ts'
import type { Run, RunCall } from './contract.ts'
import { type RunRow, runRepo } from './repo.ts'

export interface RunnerOptions {
  readonly engine: PythonEngine
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
}

/** A command about to run: whose it is, what started it, and what it finds. */
export interface RunOrder {
  readonly accountId: string
  readonly botId: string
  readonly token: string
  readonly telegram: BotApi
  readonly updateId: number
  readonly command: string
  readonly code: string
  readonly globals: { [name: string]: Json }
}

export type Runner = ReturnType<typeof runner>

const CALL_TIMEOUT_MS = 30_000
const MAX_RECORDED_CALLS = 200
const MAX_RECORDED_BYTES = 16 * 1024

// These would take the bot away from the server that runs it.
const REFUSED = new Set(['getupdates', 'setwebhook', 'deletewebhook', 'logout', 'close'])

const TelegramCall = z.tuple([z.string().regex(/^[A-Za-z]{1,64}$/), z.record(z.string(), z.unknown())])

/** Runs commands and records what they did. */
export const runner = ({ engine, db, clock, log }: RunnerOptions) => {
  /** What a command may ask of the server. Every argument is a stranger's text. */
  const hostFor = (order: RunOrder, calls: RunCall[]): HostCall => {
    return async (_name, args, _kwargs, signal) => {
      const parsed = TelegramCall.safeParse(args)
      if (!parsed.success)
        throw new HostCallError('A call to Telegram needs a method and its parameters.', { kind: 'TypeError' })
      const [method, params] = parsed.data
      if (REFUSED.has(method.toLowerCase()))
        throw new HostCallError(`${method} is not for commands: the server takes the bot's updates.`, {
          kind: 'PermissionError',
        })
      const startedAt = clock.monotonicMs()
      const call: RunCall = { method, params: bounded(params), result: null, error: null, duration_ms: 0 }
      if (calls.length < MAX_RECORDED_CALLS) calls.push(call)
      try {
        const result = await order.telegram.call(order.token, method, params, { signal, timeoutMs: CALL_TIMEOUT_MS })
        call.result = bounded(result)
        return result as Json
      } catch (error) {
        call.error = error instanceof Error ? error.message : String(error)
        throw error instanceof TelegramError ? toPythonError(error) : error
      } finally {
        call.duration_ms = round(clock.monotonicMs() - startedAt)
      }
    }
  }

  return {
    /** @returns The finished run, recorded. A failing command is a run too. */
    async run(order: RunOrder): Promise<Run> {
      const calls: RunCall[] = []
      const startedAt = clock.now().getTime()
      const { botId, command, code, globals } = order
      const result = await engine.run({ botId, command, code, globals }, hostFor(order, calls))
      const run = toRun(order, result, calls, startedAt)
      // The reply has gone out already; what is left is for the owner's log.
      await runRepo(db).insert(order.accountId, botId, toRow(run))
      if (result.outcome !== 'ok')
        log.info({ botId, command, outcome: result.outcome, runId: run.id }, 'a command failed')
      return run
    },
  }
}

const toPythonError = (error: TelegramError): HostCallError => {
  const parameters = {
    ...(error.retryAfterSeconds === undefined ? {} : { retry_after: error.retryAfterSeconds }),
    ...(error.migrateToChatId === undefined ? {} : { migrate_to_chat_id: error.migrateToChatId }),
  }
  return new HostCallError(error.message, {
    kind: 'ApiTelegramException',
    errorCode: error.errorCode,
    description: error.description,
    parameters,
    cause: error,
  })
}

const toRun = (order: RunOrder, result: RunResult, calls: RunCall[], startedAt: number): Run => ({
  id: newId('run'),
  update_id: order.updateId,
  command: order.command,
  outcome: result.outcome,
  error: result.error,
  prints: result.prints === '' ? [] : result.prints.replace(/\n$/, '').split('\n'),
  calls,
  duration_ms: round(result.durationMs),
  python_ms: round(result.pythonMs),
  started_at: new Date(startedAt).toISOString(),
})

const toRow = (run: Run): RunRow => ({
  id: run.id,
  update_id: run.update_id,
  command: run.command,
  outcome: run.outcome,
  error: run.error === null ? null : clean(JSON.stringify(run.error)),
  prints: clean(JSON.stringify(run.prints)),
  calls: clean(JSON.stringify(run.calls)),
  // Whole milliseconds: the column is an integer.
  duration_ms: Math.round(run.duration_ms),
  python_ms: Math.round(run.python_ms),
  started_at: Date.parse(run.started_at),
})

export const fromRow = (row: RunRow): Run => ({
  ...row,
  error: row.error === null ? null : JSON.parse(row.error),
  prints: JSON.parse(row.prints),
  calls: JSON.parse(row.calls),
  started_at: new Date(row.started_at).toISOString(),
})

// JSON writes NUL and lone surrogates as escapes, so the text is fit for every database; this keeps it so.
const clean = (json: string): string => json.toWellFormed()

/** Large parameters and results are kept by their beginning. */
const bounded = (value: unknown): unknown => {
  const json = JSON.stringify(value) ?? 'null'
  return json.length <= MAX_RECORDED_BYTES ? value : { truncated: json.slice(0, 1024) }
}

const round = (ms: number): number => Math.round(ms * 100) / 100
