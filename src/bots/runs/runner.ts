import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import { type Database, type Db, writeTogether } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Log } from '../../platform/log/index.ts'
import type { BotApi } from '../../platform/telegram/api.ts'
import type { HostContext } from '../host/context.ts'
import type { HostRegistry } from '../host/registry.ts'
import { type HostCall, type Json, type PythonEngine, type RunResult, SandboxErrors } from '../sandbox/index.ts'
import { type Chain, commandChain } from './chain.ts'
import type { Run, RunCall, RunTrigger } from './contract.ts'
import { runLanes } from './lanes.ts'
import { round, toRow } from './record.ts'
import { type CallRecorder, callRecorder } from './recorder.ts'
import { runRepo } from './repo.ts'
import { runFiles } from './run-files.ts'

export interface RunnerOptions {
  readonly engine: PythonEngine
  readonly host: HostRegistry
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  /** Hears of runs while they happen. */
  readonly observer?: RunObserver
}

/** Who watches runs. Nothing waits for it, and it never throws. */
export interface RunObserver {
  began(order: RunOrder): void
  /** A call is over. */
  called(order: RunOrder, call: RunCall): void
  ended(order: RunOrder, run: Run): void
}

/** A command about to run: whose it is, what started it, and what it finds. */
export interface RunOrder {
  readonly accountId: string
  readonly botId: string
  readonly token: string
  readonly telegram: BotApi
  /** Null where no update started it. */
  readonly updateId: number | null
  readonly command: string
  readonly code: string
  /** The source of the `~` command: executed first, in the same namespace. '' if there is none. */
  readonly preamble: string
  readonly globals: { [name: string]: Json }
  /** Where messages go that name no chat, and who is meant by functions that name no user. */
  readonly chat: { readonly chatId: number | null; readonly userId: number | null }
  readonly trigger: RunTrigger
  readonly chain: Chain
  /** @returns The source of a command of the bot, for runCommand. */
  readonly lookUpCommand: (name: string) => string | undefined | Promise<string | undefined>
  /** The bot's settings, as far as they concern code. */
  readonly settings?: {
    readonly default_parse_mode: 'HTML' | 'Markdown' | 'MarkdownV2' | null
    readonly token_visible: boolean
  }
  /** `before`: the main command follows unless this one fails or stops. `on-error`: it follows the main one. */
  readonly role?: 'before' | 'main' | 'on-error'
  /**
   * Written in one transaction with the record of the run that an event ends with, so that neither is there without the
   * other after a crash. Not called for a run that the server's end cut off.
   */
  readonly settle?: (tx: Db, run: Run) => Promise<void>
}

/** A run as it ended; `stopped`: by ReturnCommand. */
export type FinishedRun = Run & { readonly stopped: boolean }

export type Runner = ReturnType<typeof runner>

const QUEUE_FULL_MS = 250
/** Such a run was ended for what it used. */
const ENDED: ReadonlySet<Run['outcome']> = new Set(['time', 'memory', 'crash', 'calls'])

/** Runs commands and records what they did. */
export const runner = ({ engine, host: registry, database, clock, log, observer }: RunnerOptions) => {
  const lanes = runLanes()
  const write = writeTogether(database)

  /** A full queue is waited for: an update that was taken is not thrown away. */
  const execute = async (order: RunOrder, host: HostCall, signal: AbortSignal, lane: number): Promise<RunResult> => {
    const { command, code, preamble } = order
    const request = { command, code, preamble, globals: globalsOf(order) }
    // To the engine the lanes of a bot are bots: it runs one command of each at a time.
    const botId = lane === 0 ? order.botId : `${order.botId}/${lane}`
    for (;;) {
      try {
        return await engine.run({ botId, ...request }, host)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        if (error.code !== SandboxErrors.RUN_QUEUE_FULL.code) return toResult(error)
        await wait(QUEUE_FULL_MS, undefined, { signal })
      }
    }
  }

  const record = async (order: RunOrder, run: FinishedRun): Promise<void> => {
    const { accountId, botId, settle } = order
    const { command, outcome, id: runId } = run
    if (outcome !== 'ok') log.info({ botId, command, outcome, runId }, 'a command failed')
    try {
      await write(async (tx) => {
        await runRepo(tx).insert(accountId, botId, toRow(run))
        if (outcome !== 'closed' && isLast(order, run)) await settle?.(tx, run)
      })
    } catch (error) {
      // The replies have gone out; the update must not be handled again for want of a line in the log.
      log.error({ err: error, botId, runId }, 'a run could not be recorded')
    }
  }

  const hostOf = (order: RunOrder, calls: CallRecorder): HostCall => {
    const { accountId, botId, telegram, token, updateId, trigger, chat } = order
    const nested = commandChain({ ...order, warn: calls.warn })
    const settings = {
      defaultParseMode: order.settings?.default_parse_mode ?? null,
      isTokenVisible: order.settings?.token_visible ?? false,
    }
    const files = runFiles()
    const fixed = {
      ...settings,
      files,
      accountId,
      botId,
      telegram,
      token,
      updateId,
      trigger,
      ...chat,
      nested,
      calls,
      clock,
      db: database.db,
    }
    return registry.hostFor(
      (signal): HostContext => ({ ...fixed, signal, command: nested.current(), chainDepth: nested.depth() }),
    )
  }

  return {
    /**
     * @param signal Ends waiting for Python; a run that has begun goes on.
     * @returns The finished run, recorded. A failing command is a run too.
     */
    async run(order: RunOrder, signal: AbortSignal): Promise<FinishedRun> {
      const calls = callRecorder(clock, (call) => observer?.called(order, call))
      const host = hostOf(order, calls)
      const run = await lanes.run(
        order.botId,
        signal,
        async (lane) => {
          const startedAt = clock.now()
          observer?.began(order)
          return toRun(order, await execute(order, host, signal, lane), calls, startedAt)
        },
        ({ outcome }) => ENDED.has(outcome),
      )
      await record(order, run)
      observer?.ended(order, run)
      return run
    },
  }
}

const globalsOf = ({ globals, token, settings }: RunOrder): { [name: string]: Json } =>
  settings?.token_visible === true ? { ...globals, bot_token: token } : globals

/** What the owner reads of a command that could not be run at all. */
const toResult = ({ code, message }: AppError): RunResult => ({
  outcome: code === SandboxErrors.PYTHON_CLOSED.code ? 'closed' : 'error',
  error: { type: 'SystemError', message, command: null, line: null, traceback: `SystemError: ${message}` },
  stopped: false,
  warnings: [],
  prints: '',
  printsTruncated: false,
  hostCalls: 0,
  pythonMs: 0,
  durationMs: 0,
})

/** Whether nothing of the same event follows that must not be forgotten. */
const isLast = ({ role }: Pick<RunOrder, 'role'>, { outcome, stopped }: Pick<RunResult, 'outcome' | 'stopped'>) =>
  role !== 'before' || outcome !== 'ok' || stopped

const toRun = (
  order: RunOrder,
  result: RunResult,
  { calls, warnings, masked }: CallRecorder,
  startedAt: Date,
): FinishedRun => ({
  id: newId('run'),
  // An update counts as handled when a run of it is recorded, so what only precedes the main run does not name it.
  update_id: isLast(order, result) ? order.updateId : null,
  stopped: result.stopped,
  command: order.command,
  trigger: order.trigger,
  outcome: result.outcome,
  error: masked(result.error),
  prints: result.prints === '' ? [] : masked(result.prints).replace(/\n$/, '').split('\n'),
  calls,
  warnings: [...warnings, ...masked(result.warnings)],
  duration_ms: round(result.durationMs),
  python_ms: round(result.pythonMs),
  started_at: startedAt.toISOString(),
})
