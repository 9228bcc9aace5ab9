import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Log } from '../../platform/log/index.ts'
import type { BotApi } from '../../platform/telegram/api.ts'
import type { Chain, HostContext, RunTrigger } from '../host/context.ts'
import type { HostRegistry } from '../host/registry.ts'
import { type HostCall, type Json, type PythonEngine, type RunResult, SandboxErrors } from '../sandbox/index.ts'
import { commandChain } from './chain.ts'
import type { Run } from './contract.ts'
import { runLanes } from './lanes.ts'
import { round, toRow } from './record.ts'
import { type CallRecorder, callRecorder } from './recorder.ts'
import { runRepo } from './repo.ts'

export interface RunnerOptions {
  readonly engine: PythonEngine
  readonly host: HostRegistry
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
}

export type Runner = ReturnType<typeof runner>

const QUEUE_FULL_MS = 250

/** Runs commands and records what they did. */
export const runner = ({ engine, host: registry, db, clock, log }: RunnerOptions) => {
  const lanes = runLanes()

  /** A full queue is waited for: an update that was taken is not thrown away. */
  const execute = async (order: RunOrder, host: HostCall, signal: AbortSignal, lane: number): Promise<RunResult> => {
    const { command, code, preamble, globals } = order
    // To the engine the lanes of a bot are bots: it runs one command of each at a time.
    const botId = lane === 0 ? order.botId : `${order.botId}/${lane}`
    for (;;) {
      try {
        return await engine.run({ botId, command, code, preamble, globals }, host)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        if (error.code !== SandboxErrors.RUN_QUEUE_FULL.code) return toResult(error)
        await wait(QUEUE_FULL_MS, undefined, { signal })
      }
    }
  }

  const record = async ({ accountId, botId }: RunOrder, run: Run): Promise<void> => {
    const { command, outcome, id: runId } = run
    if (outcome !== 'ok') log.info({ botId, command, outcome, runId }, 'a command failed')
    try {
      await runRepo(db).insert(accountId, botId, toRow(run))
    } catch (error) {
      // The replies have gone out; the update must not be handled again for want of a line in the log.
      log.error({ err: error, botId, runId }, 'a run could not be recorded')
    }
  }

  const hostOf = (order: RunOrder, calls: CallRecorder): HostCall => {
    const { accountId, botId, telegram, token, updateId, trigger, chat } = order
    const nested = commandChain({ ...order, warn: calls.warn })
    const fixed = { accountId, botId, telegram, token, updateId, trigger, ...chat, nested, calls, clock, db }
    return registry.hostFor(
      (signal): HostContext => ({ ...fixed, signal, command: nested.current(), chainDepth: nested.depth() }),
    )
  }

  return {
    /**
     * @param signal Ends waiting for Python; a run that has begun goes on.
     * @returns The finished run, recorded. A failing command is a run too.
     */
    async run(order: RunOrder, signal: AbortSignal): Promise<Run> {
      const calls = callRecorder(clock)
      const host = hostOf(order, calls)
      const run = await lanes.run(order.botId, signal, async (lane) => {
        const startedAt = clock.now()
        return toRun(order, await execute(order, host, signal, lane), calls, startedAt)
      })
      await record(order, run)
      return run
    },
  }
}

/** What the owner reads of a command that could not be run at all. */
const toResult = ({ code, message }: AppError): RunResult => ({
  outcome: code === SandboxErrors.PYTHON_CLOSED.code ? 'closed' : 'error',
  error: { type: 'SystemError', message, command: null, line: null, traceback: `SystemError: ${message}` },
  stopped: false,
  prints: '',
  printsTruncated: false,
  hostCalls: 0,
  pythonMs: 0,
  durationMs: 0,
})

const toRun = (order: RunOrder, result: RunResult, { calls, warnings }: CallRecorder, startedAt: Date): Run => ({
  id: newId('run'),
  update_id: order.updateId,
  command: order.command,
  trigger: order.trigger,
  outcome: result.outcome,
  error: result.error,
  prints: result.prints === '' ? [] : result.prints.replace(/\n$/, '').split('\n'),
  calls,
  warnings,
  duration_ms: round(result.durationMs),
  python_ms: round(result.pythonMs),
  started_at: startedAt.toISOString(),
})
