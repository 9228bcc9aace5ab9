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

/** Where the runs of an engine find their processes. */
export interface EnginePool<S extends { readonly worker: RunWorker }> {
  closed(): boolean
  /** Resolves when a run would start at once. @throws {AppError} PYTHON_UNAVAILABLE, PYTHON_CLOSED */
  ready(): Promise<void>
  /** @returns A process for this bot's next run, marked busy, or undefined when none is free and clean. */
  take(botId: string): S | undefined
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
  let waiting = 0
  let runs = 0

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

  const start = async (slot: S, { request, host, limits, order, resolve }: Waiting): Promise<void> => {
    const { botId } = request
    running.add(botId)
    runs += 1
    const { result, heapBytes } = await runInWorker(order, { worker: slot.worker, host, limits, hostCalls, log, clock })
    running.delete(botId)
    if (queues.has(botId)) turns.push(botId)
    resolve(result)
    pool.release(slot, { heapBytes, clean: result.outcome === 'ok' })
    dispatch()
  }

  const dispatch = (): void => {
    while (turns.length > 0) {
      const slot = pool.take(turns[0]!)
      if (slot === undefined) {
        pool.wantMore(waiting)
        return
      }
      void start(slot, takeNext(turns.shift()!))
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
