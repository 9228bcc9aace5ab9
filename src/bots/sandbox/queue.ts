import { type Clock, systemClock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import { SandboxErrors } from './errors.ts'
import { type RunWorker, runInWorker, runOrder } from './run.ts'
import type { EngineOptions, EngineStats, HostCall, PythonEngine, RunLimits, RunRequest, RunResult } from './types.ts'

const MB = 1024 * 1024

/** What a run may use unless the caller says otherwise. */
export const DEFAULT_LIMITS: RunLimits = {
  pythonMs: 2000,
  wallMs: 160_000,
  heapBytes: 128 * MB,
  hostCalls: 200,
  printBytes: 65_536,
  frameBytes: MB,
}

/** A run that takes longer mostly waits: for Telegram, for another server, or for its own sleep. */
const LONG_MS = 1000
const MAX_KNOWN = 10_000

/** Where the runs of an engine find their processes. */
export interface EnginePool<S extends { readonly worker: RunWorker }> {
  closed(): boolean
  /** Resolves when a run would start at once. @throws {AppError} PYTHON_UNAVAILABLE, PYTHON_CLOSED */
  ready(): Promise<void>
  /** @returns A process for this bot's next run, marked busy, or undefined when none is free and clean. */
  take(botId: string): S | undefined
  /** How many runs that may take long can be under way: where places are few, one is left to those that are known to be quick. */
  readonly longPlaces: number
  /** So many of the runs under way do little but wait. */
  hold(count: number): void
  /** So many runs wait for a process. */
  wantMore(waiting: number): void
  /** Takes a process back after a run. */
  release(slot: S, end: { heapBytes: number | undefined; clean: boolean }): void
  stats(): Omit<EngineStats, 'waiting' | 'runs'>
  close(): Promise<void>
}

/** What a pool tells the queue in front of it. */
export interface PoolEvents {
  limits: RunLimits
  clock: Clock
  /** A process became free, or a place for one. */
  onFree: () => void
  /** No process can be started; whoever waits should be told. */
  onUnavailable: (error: AppError) => void
}

interface Waiting {
  request: RunRequest
  host: HostCall
  limits: RunLimits
  order: Buffer
  resolve: (result: RunResult) => void
  reject: (error: unknown) => void
}

/**
 * The queue in front of every engine: one run of a bot at a time, bots in turns, no more waiting than may wait.
 * No process exists before the first `ready` or `run`.
 */
export const queuedEngine = <S extends { readonly worker: RunWorker }>(
  options: EngineOptions,
  makePool: (events: PoolEvents) => EnginePool<S>,
  clock: Clock = systemClock,
): PythonEngine => {
  const { log, maxWaitingPerBot = 50, maxWaiting = 1000 } = options
  const hostCalls = new Set(options.hostCalls.map(({ name }) => name))
  const defaults = { ...DEFAULT_LIMITS, ...options.limits }
  /** Runs that wait, by bot, and the bots whose turn it is in the order in which it became theirs. */
  const queues = new Map<string, Waiting[]>()
  const turns: string[] = []
  const running = new Set<string>()
  /** Commands whose last run was quick. */
  const quick = new Set<string>()
  let waiting = 0
  let runs = 0
  /** Runs under way that take long, and with those the ones that might. */
  let held = 0
  let uncertain = 0

  const pool = makePool({
    limits: defaults,
    clock,
    onFree: () => dispatch(),
    onUnavailable: (error) => {
      for (const queue of queues.values()) for (const entry of queue) entry.reject(error)
      queues.clear()
      turns.length = 0
      waiting = 0
    },
  })

  const takeNext = (botId: string): Waiting => {
    const queue = queues.get(botId)!
    const next = queue.shift()!
    if (queue.length === 0) queues.delete(botId)
    waiting -= 1
    return next
  }

  /** Keeps count of a run. @returns What is to be done at its end. */
  const watch = (key: string): (() => void) => {
    const wasQuick = quick.has(key)
    let isLong = false
    if (!wasQuick) uncertain += 1
    const timer = setTimeout(() => {
      isLong = true
      held += 1
      if (wasQuick) uncertain += 1
      quick.delete(key)
      pool.hold(held)
      dispatch()
    }, LONG_MS)
    return () => {
      clearTimeout(timer)
      if (!wasQuick || isLong) uncertain -= 1
      if (isLong) held -= 1
      else quick.add(key)
      if (quick.size > MAX_KNOWN) quick.clear()
      pool.hold(held)
    }
  }

  const start = async (slot: S, { request, host, limits, order, resolve }: Waiting): Promise<void> => {
    const { botId } = request
    running.add(botId)
    runs += 1
    const ended = watch(commandOf(request))
    const { result, heapBytes } = await runInWorker(order, { worker: slot.worker, host, limits, hostCalls, log, clock })
    ended()
    running.delete(botId)
    if (queues.has(botId)) turns.push(botId)
    resolve(result)
    pool.release(slot, { heapBytes, clean: result.outcome === 'ok' })
    dispatch()
  }

  const mayStart = (botId: string): boolean =>
    uncertain < pool.longPlaces || quick.has(commandOf(queues.get(botId)![0]!.request))

  const dispatch = (): void => {
    for (let at = 0; at < turns.length; ) {
      const botId = turns[at]!
      if (!mayStart(botId)) {
        at += 1
        continue
      }
      const slot = pool.take(botId)
      if (slot === undefined) {
        pool.wantMore(waiting)
        return
      }
      turns.splice(at, 1)
      void start(slot, takeNext(botId))
    }
  }

  const enqueue = (entry: Waiting): void => {
    const { botId } = entry.request
    const queue = queues.get(botId) ?? []
    if (queue.length >= maxWaitingPerBot || waiting >= maxWaiting) throw new AppError(SandboxErrors.RUN_QUEUE_FULL)
    if (queue.length === 0) {
      queues.set(botId, queue)
      if (!running.has(botId)) turns.push(botId)
    }
    queue.push(entry)
    waiting += 1
    dispatch()
  }

  return {
    ready: () => pool.ready(),
    run: async (request, host, given = {}) => {
      if (pool.closed()) throw new AppError(SandboxErrors.PYTHON_CLOSED)
      const limits = { ...defaults, ...given }
      const order = runOrder(request, limits)
      return await new Promise<RunResult>((resolve, reject) =>
        enqueue({ request, host, limits, order, resolve, reject }),
      )
    },
    stats: () => ({ ...pool.stats(), waiting, runs }),
    close: () => pool.close(),
  }
}

/** A bot has several lanes, and the same commands on each. */
const commandOf = ({ botId, command }: RunRequest): string => `${botId.split('/')[0]} ${command}`
