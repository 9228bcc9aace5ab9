import { randomBytes } from 'node:crypto'
import { AppError } from '../../../platform/errors.ts'
import { SandboxErrors } from '../errors.ts'
import type { EnginePool, PoolEvents } from '../queue.ts'
import type { EngineOptions, EngineStats } from '../types.ts'
import { type NativeChild, nativeChild } from './child.ts'
import { type Nest, type NestOptions, startNest } from './nest.ts'

/** Children that wait for an order, so that a command does not wait for a fork. */
const SPARES = 2
/** How many may be on their way at once. */
const MAX_STARTING = 8
const WATCH_MS = 500
/** What frames add to the largest call. */
const FRAME_SLACK_BYTES = 256 * 1024
const MAX_FORK_FAILURES = 20

export interface NativePoolOptions extends Omit<EngineOptions, 'limits'>, PoolEvents {
  /** How many runs may be under way, most of them waiting. */
  maxRuns: number
  memoryBudgetBytes: number
  nest: Pick<NestOptions, 'python' | 'searchPath' | 'native'>
}

export interface NativeSlot {
  readonly worker: NativeChild
  state: 'starting' | 'idle' | 'busy'
}

/** The children of a zygote: each is forked, waits, runs one command, and ends. */
export const makeNativePool = (options: NativePoolOptions): EnginePool<NativeSlot> => {
  const { log, limits, clock, maxRuns, memoryBudgetBytes, lastIdleMs = 86_400_000, onFree, onUnavailable } = options
  const slots = new Map<number, NativeSlot>()
  const tokens = new Map<string, NativeChild>()
  const lost: EngineStats['lost'] = {}
  let nest: Promise<Nest> | undefined
  /** Why there can be no zygote here. */
  let refused: unknown
  const closing = new AbortController()
  let closed = false
  let count = 0
  let failures = 0
  /** What a child that does nothing shares with the others, and counts as its own all the same. */
  let sharedBytes = 0
  let usedAt = clock.monotonicMs()
  let watch: NodeJS.Timeout | undefined

  const startedNest = (): Promise<Nest> => {
    if (nest !== undefined) return nest
    refused = undefined
    const made = startNest({
      ...options.nest,
      cacheDir: options.cacheDir,
      hostCalls: options.hostCalls,
      signal: closing.signal,
      onForked: (id, pid) => slots.get(id)?.worker.forked(pid),
      onExited: (exit) => slots.get(exit.id)?.worker.ended(exit),
      onConnected: (token, socket, first) => {
        const child = tokens.get(token)
        tokens.delete(token)
        child?.connected(socket, first)
        return child !== undefined
      },
    })
    nest = made
    made.then(
      ({ zygote, about }) => {
        log.info({ pid: zygote.pid, ...about }, 'native Python is ready, and its wall is proved')
        watch ??= setInterval(() => void watchOver(), WATCH_MS).unref()
        void zygote.exited.then((reason) => zygoteGone(made, reason))
      },
      (error: unknown) => {
        refused = error
        if (nest === made) nest = undefined
      },
    )
    return made
  }

  const zygoteGone = (of: Promise<Nest>, reason: string): void => {
    if (nest !== of) return
    nest = undefined
    for (const { worker } of [...slots.values()]) worker.ended(undefined)
    void of.then((gone) => gone.close())
    if (!closed) log.error({ reason }, 'the process that Python runs are forked from is gone')
  }

  const inState = (state: NativeSlot['state']): NativeSlot[] =>
    [...slots.values()].filter((slot) => slot.state === state && slot.worker.alive())

  const gone = (slot: NativeSlot, reason: string): void => {
    slots.delete(slot.worker.id)
    if (closed) return
    if (slot.state === 'busy' && reason !== 'ended') {
      lost[reason.slice(0, 80)] = (lost[reason.slice(0, 80)] ?? 0) + 1
      log.warn({ reason }, 'a Python process ended')
    }
    onFree()
  }

  /** Forks one more; `ready` and the queue hear of it when it waits for an order. */
  const spawn = async (): Promise<void> => {
    const { zygote } = await startedNest()
    if (closed) throw new AppError(SandboxErrors.PYTHON_CLOSED)
    count += 1
    const token = randomBytes(24).toString('base64url')
    const worker = nativeChild(count, zygote, limits.frameBytes + FRAME_SLACK_BYTES)
    const slot: NativeSlot = { worker, state: 'starting' }
    slots.set(count, slot)
    tokens.set(token, worker)
    void worker.exited.then((reason) => {
      tokens.delete(token)
      gone(slot, reason)
    })
    zygote.fork(count, token)
    await worker.ready
    if (sharedBytes === 0) sharedBytes = (await worker.rssBytes()) ?? 0
    failures = 0
    slot.state = 'idle'
  }

  let asked = 0
  const ask = (): void => {
    if (closed) return
    asked += 1
    spawn().then(
      () => {
        asked -= 1
        onFree()
      },
      (error: unknown) => {
        asked -= 1
        if (!closed) failed(error)
      },
    )
  }

  const failed = (cause: unknown): void => {
    failures += 1
    if (refused === undefined && failures < MAX_FORK_FAILURES) {
      onFree()
      return
    }
    failures = 0
    onUnavailable(new AppError(SandboxErrors.PYTHON_UNAVAILABLE, { cause }))
  }

  const wantSpares = (more: number): void => {
    const room = maxRuns - inState('busy').length - inState('idle').length - asked
    const wanted = Math.min(more, room, MAX_STARTING - asked)
    for (let index = 0; index < wanted; index += 1) ask()
  }

  /** Memory in all, and a zygote that has had nothing to do for long. */
  const watchOver = async (): Promise<void> => {
    const busy = inState('busy')
    if (busy.length > 0) usedAt = clock.monotonicMs()
    else if (asked === 0 && clock.monotonicMs() - usedAt > lastIdleMs) return stopIdle()
    const sizes = await Promise.all(
      busy.map(async ({ worker }) => ({ worker, bytes: ((await worker.rssBytes()) ?? 0) - sharedBytes })),
    )
    const total = sizes.reduce((sum, { bytes }) => sum + Math.max(0, bytes), 0)
    if (total <= memoryBudgetBytes) return
    const largest = sizes.reduce((most, each) => (each.bytes > most.bytes ? each : most))
    log.warn({ total, memoryBudgetBytes }, 'the commands under way need more memory than there is for them')
    largest.worker.kill('memory')
  }

  const stopIdle = async (): Promise<void> => {
    const stopped = nest
    nest = undefined
    clearInterval(watch)
    watch = undefined
    const ending = [...slots.values()]
    await stopped?.then((each) => each.close())
    for (const { worker } of ending) worker.ended(undefined)
  }

  return {
    closed: () => closed,
    // A run that waits costs next to nothing.
    longPlaces: () => Number.POSITIVE_INFINITY,
    // And one that computes has everybody else before it.
    share: () => Number.POSITIVE_INFINITY,
    hold: () => {},
    ready: async () => {
      if (closed) throw new AppError(SandboxErrors.PYTHON_CLOSED)
      usedAt = clock.monotonicMs()
      if (inState('idle').length > 0) return
      try {
        await spawn()
      } catch (cause) {
        throw cause instanceof AppError ? cause : new AppError(SandboxErrors.PYTHON_UNAVAILABLE, { cause })
      }
    },
    take: (_botId, isUnruly) => {
      const [slot] = inState('idle')
      if (slot === undefined) return undefined
      slot.state = 'busy'
      // Processes there are enough of; what a bot can still take from others is the CPU.
      if (isUnruly) slot.worker.yieldCpu()
      usedAt = clock.monotonicMs()
      wantSpares(SPARES - inState('idle').length - asked)
      return slot
    },
    wantMore: (waiting) => wantSpares(waiting + SPARES - asked),
    // It ends by itself after its report; this is for one that does not.
    release: ({ worker }) => worker.kill('ended'),
    stats: () => ({
      runtime: 'native',
      refused: null,
      workers: { booting: asked, idle: inState('idle').length, busy: inState('busy').length },
      lost: { ...lost },
      fromSnapshot: null,
    }),
    close: async () => {
      closed = true
      closing.abort()
      clearInterval(watch)
      onUnavailable(new AppError(SandboxErrors.PYTHON_CLOSED))
      for (const { worker } of slots.values()) worker.kill('closed')
      const exits = [...slots.values()].map(({ worker }) => worker.exited)
      const open = await nest?.catch(() => undefined)
      await open?.close()
      await Promise.all(exits)
    },
  }
}
