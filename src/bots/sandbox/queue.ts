import { type Clock, systemClock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import { SandboxErrors } from './errors.ts'
import { type RunWorker, runInWorker, runOrder } from './run.ts'
import type { EngineOptions, EngineStats, HostCall, PythonEngine, RunLimits, RunRequest, RunResult } from './types.ts'
import { ownerOf, unrulyBots } from './unruly.ts'

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
  /**
   * @param isUnruly Runs of this bot had to be ended lately: what it does to its process is to cost others nothing.
   * @returns A process for this bot's next run, marked busy, or undefined when none is free and clean.
   */
  take(botId: string, isUnruly: boolean): S | undefined
  /** How many runs that may take long can be under way: where places are few, one is left to those that are known to be quick. */
  longPlaces(): number
  /** How many runs of one bot may compute for long beside each other, before its next one has to wait. */
  share(): number
  /** So many of the runs under way do little but wait. */
  hold(count: number): void
  /** So many runs wait for a process, and one of a bot of this kind found none. */
  wantMore(waiting: number, isUnruly: boolean): void
  /** Takes a process back after a run. */
  release(slot: S, end: { heapBytes: number | undefined; clean: boolean; isUnruly: boolean }): void
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
  const unruly = unrulyBots(clock)
  /** Commands whose last run was quick. */
  const quick = new Set<string>()
  /** Runs under way that have computed for long and do so now, by bot. */
  const computing = new Map<string, number>()
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

  /** Keeps count of a run. @returns What is to be done when it computes for long or no more, and at its end. */
  const watch = (request: RunRequest): { onComputing: (is: boolean) => void; ended: () => void } => {
    const [key, owner] = [commandOf(request), ownerOf(request.botId)]
    const wasQuick = quick.has(key)
    let isLong = false
    let isHeld = false
    let isComputing = false
    if (!wasQuick) uncertain += 1
    const timer = setTimeout(() => {
      isLong = true
      // One that computes gives its place to nobody: more processes would only share the same CPU.
      isHeld = !isComputing
      if (isHeld) held += 1
      if (wasQuick) uncertain += 1
      quick.delete(key)
      pool.hold(held)
      dispatch()
    }, LONG_MS)
    return {
      onComputing: (is) => {
        isComputing = is
        count(owner, is ? 1 : -1)
        if (!is) dispatch()
      },
      ended: () => {
        clearTimeout(timer)
        if (!wasQuick || isLong) uncertain -= 1
        if (!isLong) quick.add(key)
        if (quick.size > MAX_KNOWN) quick.clear()
        if (isHeld) held -= 1
        pool.hold(held)
        if (isComputing) count(owner, -1)
      },
    }
  }
  const computingOf = (owner: string): number => computing.get(owner) ?? 0
  const count = (owner: string, more: number): void => {
    const now = computingOf(owner) + more
    if (now === 0) computing.delete(owner)
    else computing.set(owner, now)
  }

  const start = async (slot: S, { request, host, limits, order, resolve }: Waiting): Promise<void> => {
    const { botId } = request
    running.add(botId)
    runs += 1
    const { onComputing, ended } = watch(request)
    const context = { worker: slot.worker, host, limits, hostCalls, log, clock, onComputing }
    const { result, heapBytes } = await runInWorker(order, context)
    ended()
    running.delete(botId)
    if (queues.has(botId)) turns.push(botId)
    unruly.note(botId, result, limits)
    resolve(result)
    pool.release(slot, { heapBytes, clean: result.outcome === 'ok', isUnruly: unruly.has(botId) })
    dispatch()
  }

  const hasShare = (botId: string): boolean => computingOf(ownerOf(botId)) < pool.share()
  const hasPlace = (botId: string): boolean =>
    uncertain < pool.longPlaces() || quick.has(commandOf(queues.get(botId)![0]!.request))

  const dispatch = (): void => {
    // Unruly bots have places of their own: where those are taken, the others go on, and the other way round.
    const isFull = new Set<boolean>()
    for (let at = 0; at < turns.length && isFull.size < 2; ) {
      const botId = turns[at]!
      const isUnruly = unruly.has(botId)
      const mayTake = !isFull.has(isUnruly) && hasShare(botId)
      const slot = mayTake && hasPlace(botId) ? pool.take(botId, isUnruly) : undefined
      if (slot !== undefined) {
        turns.splice(at, 1)
        void start(slot, takeNext(botId))
        continue
      }
      at += 1
      if (mayTake) pool.wantMore(waiting, isUnruly)
      // One whose command is known to be quick may find a place all the same.
      if (mayTake && hasPlace(botId)) isFull.add(isUnruly)
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
const commandOf = ({ botId, command }: RunRequest): string => `${ownerOf(botId)} ${command}`
