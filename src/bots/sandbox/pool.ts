import { AppError } from '../../platform/errors.ts'
import { SandboxErrors } from './errors.ts'
import type { BootOrder } from './frames.ts'
import { startWorker, type WorkerProcess, workerReady } from './process.ts'
import type { EnginePool, PoolEvents } from './queue.ts'
import { ensureImage, loadRuntime, type Runtime } from './snapshot.ts'
import type { EngineOptions, EngineStats } from './types.ts'

const MB = 1024 * 1024
/** A worker is replaced after so many runs, so long a life, or with a heap this big, which cannot shrink. */
const MAX_RUNS = 2000
const MAX_AGE_MS = 30 * 60_000
const MAX_HEAP_BYTES = 100 * MB
const MAX_RSS_BYTES = 400 * MB
const WATCH_MS = 250
/** How long a worker keeps a bot's memory for its next run before it forgets it. */
const LINGER_MS = 100
const IDLE_CHECK_MS = 5000
const MAX_BOOT_FAILURES = 3
/** What frames add to the largest call. */
const FRAME_SLACK_BYTES = 256 * 1024

export interface Slot {
  readonly worker: WorkerProcess
  state: 'booting' | 'idle' | 'busy' | 'resetting'
  /** Whose memory is in it; undefined when it is as after its start. */
  botId: string | undefined
  /** Must not serve that bot either before a reset: its last run ended badly. */
  spoilt: boolean
  runs: number
  bornAt: number
  idleSince: number
  linger: NodeJS.Timeout | undefined
}

export interface PoolOptions extends Omit<EngineOptions, 'limits'>, PoolEvents {
  maxWorkers: number
  /** How many there may be besides while others do nothing but wait. */
  extraWorkers: number
}

/** The worker processes: starts them when they are wanted, hands them out, cleans them, and ends them. */
export const makePool = (options: PoolOptions): EnginePool<Slot> => {
  const {
    cacheDir,
    log,
    hostCalls,
    limits,
    maxWorkers,
    extraWorkers,
    idleMs = 180_000,
    lastIdleMs = 86_400_000,
    nodePath = process.execPath,
  } = options
  const { clock, onFree, onUnavailable } = options
  const slots = new Set<Slot>()
  const lost: EngineStats['lost'] = {}
  const readyWaiters = new Set<{ resolve: () => void; reject: (error: unknown) => void }>()
  let runtime: Promise<Runtime> | undefined
  let image: Promise<string | null> | undefined
  let fromSnapshot: boolean | null = null
  let failures = 0
  const closing = new AbortController()
  let closed = false
  let starting = 0
  let held = 0
  let watch: NodeJS.Timeout | undefined
  let idleCheck: NodeJS.Timeout | undefined

  /** How many there may be now: one that only waits gives its place to another, as far as the memory goes. */
  const most = (): number => maxWorkers + Math.min(extraWorkers, held)

  const bootOrder = async (): Promise<BootOrder> => {
    runtime ??= loadRuntime(nodePath, hostCalls)
    const found = await runtime
    image ??= ensureImage(found, { cacheDir, nodePath, log, signal: closing.signal })
    const snapshotPath = await image
    const python = snapshotPath === null ? found.python : {}
    return {
      runtimeDir: found.runtimeDir,
      snapshotPath,
      python,
      hostCalls: snapshotPath === null ? hostCalls : [],
      heapBytes: limits.heapBytes,
      makeImage: false,
      audit: false,
    }
  }

  const gone = (slot: Slot, reason: string): void => {
    slots.delete(slot)
    clearTimeout(slot.linger)
    if (closed) return
    // Its place is free, and somebody may be waiting for one.
    onFree()
    if (reason === 'retired' || reason === 'idle') return
    lost[reason.slice(0, 80)] = (lost[reason.slice(0, 80)] ?? 0) + 1
    log.warn({ pid: slot.worker.pid, reason }, 'a Python process ended')
  }

  const boot = async (): Promise<Slot | undefined> => {
    const order = await bootOrder()
    if (closed) return undefined
    const worker = startWorker({ nodePath, order, maxFrameBytes: limits.frameBytes + FRAME_SLACK_BYTES })
    const now = clock.monotonicMs()
    const slot: Slot = {
      worker,
      state: 'booting',
      botId: undefined,
      spoilt: false,
      runs: 0,
      bornAt: now,
      idleSince: now,
      linger: undefined,
    }
    slots.add(slot)
    void worker.exited.then((reason) => gone(slot, reason))
    try {
      await workerReady(worker)
    } catch (error) {
      // The image may be what is broken: looked at again, and made again if so.
      image = undefined
      throw error
    }
    failures = 0
    fromSnapshot = order.snapshotPath !== null
    log.info({ pid: worker.pid, fromSnapshot, ms: Math.round(clock.monotonicMs() - now) }, 'a Python process is ready')
    return slot
  }

  const spawn = (): void => {
    if (closed) return
    starting += 1
    watchOver()
    boot().then(
      (slot) => {
        starting -= 1
        if (slot !== undefined) free(slot)
      },
      (error: unknown) => {
        starting -= 1
        if (closed) return
        failures += 1
        log.error({ err: error, failures }, 'a Python process did not start')
        if (failures < MAX_BOOT_FAILURES) spawn()
        else unavailable(error)
      },
    )
  }

  const unavailable = (cause: unknown): void => {
    failures = 0
    const error = new AppError(SandboxErrors.PYTHON_UNAVAILABLE, { cause })
    for (const waiter of readyWaiters) waiter.reject(error)
    readyWaiters.clear()
    onUnavailable(error)
  }

  const free = (slot: Slot): void => {
    slot.state = 'idle'
    slot.idleSince = clock.monotonicMs()
    for (const waiter of readyWaiters) waiter.resolve()
    readyWaiters.clear()
    onFree()
  }

  const reset = async (slot: Slot): Promise<void> => {
    clearTimeout(slot.linger)
    slot.state = 'resetting'
    try {
      await slot.worker.reset()
    } catch {
      // The process is gone; its end was counted there.
      return
    }
    slot.botId = undefined
    slot.spoilt = false
    free(slot)
  }

  const isWorn = (slot: Slot, heapBytes: number): boolean =>
    slot.runs >= MAX_RUNS || clock.monotonicMs() - slot.bornAt > MAX_AGE_MS || heapBytes > MAX_HEAP_BYTES

  const inState = (state: Slot['state']): Slot[] =>
    [...slots].filter((slot) => slot.state === state && slot.worker.alive())

  /** Memory and age are looked at from outside, since a worker that is busy cannot be asked. */
  const watchOver = (): void => {
    watch ??= setInterval(() => {
      for (const slot of inState('busy')) {
        void slot.worker.rssBytes().then((bytes) => {
          if (bytes !== undefined && bytes > MAX_RSS_BYTES) slot.worker.kill('memory')
        })
      }
    }, WATCH_MS).unref()
    idleCheck ??= setInterval(stopIdle, Math.min(IDLE_CHECK_MS, idleMs)).unref()
  }

  const stopIdle = (): void => {
    for (const slot of inState('idle')) {
      const keptMs = slots.size === 1 ? lastIdleMs : idleMs
      if (clock.monotonicMs() - slot.idleSince > keptMs) {
        slots.delete(slot)
        slot.worker.kill('idle')
      }
    }
    if (slots.size > 0 || starting > 0) return
    clearInterval(watch)
    clearInterval(idleCheck)
    watch = idleCheck = undefined
  }

  return {
    closed: () => closed,
    longPlaces: Math.max(1, maxWorkers + extraWorkers - 1),
    hold: (count) => {
      held = count
    },

    ready: () => {
      if (closed) return Promise.reject(new AppError(SandboxErrors.PYTHON_CLOSED))
      if (inState('idle').length > 0) return Promise.resolve()
      return new Promise((resolve, reject) => {
        readyWaiters.add({ resolve, reject })
        if (starting === 0 && inState('busy').length + inState('resetting').length < most()) spawn()
      })
    },

    take: (botId) => {
      const idle = inState('idle')
      const slot =
        idle.find((each) => each.botId === botId && !each.spoilt) ?? idle.find((each) => each.botId === undefined)
      if (slot === undefined) {
        const dirty = idle[0]
        if (dirty !== undefined) void reset(dirty)
        return undefined
      }
      clearTimeout(slot.linger)
      slot.state = 'busy'
      slot.botId = botId
      slot.runs += 1
      // One spare is always ready, so that the next bot's command does not wait for a start.
      if (inState('idle').length + starting === 0 && slots.size < most()) spawn()
      return slot
    },

    wantMore: () => {
      if (starting === 0 && inState('resetting').length === 0 && slots.size < most()) spawn()
    },

    // What must be cleaned is cleaned now, when nobody waits for it.
    release: (slot, { heapBytes, clean }) => {
      if (heapBytes === undefined || !slot.worker.alive()) return
      if (isWorn(slot, heapBytes)) {
        slot.worker.kill('retired')
        return
      }
      slot.spoilt = !clean
      if (!clean) {
        void reset(slot)
        return
      }
      slot.linger = setTimeout(() => slot.state === 'idle' && void reset(slot), LINGER_MS)
      slot.state = 'idle'
      slot.idleSince = clock.monotonicMs()
      for (const waiter of readyWaiters) waiter.resolve()
      readyWaiters.clear()
    },

    stats: () => ({
      runtime: 'pyodide',
      refused: null,
      workers: {
        booting: starting,
        idle: inState('idle').length + inState('resetting').length,
        busy: inState('busy').length,
      },
      lost: { ...lost },
      fromSnapshot,
    }),

    close: async () => {
      closed = true
      closing.abort()
      clearInterval(watch)
      clearInterval(idleCheck)
      const error = new AppError(SandboxErrors.PYTHON_CLOSED)
      for (const waiter of readyWaiters) waiter.reject(error)
      readyWaiters.clear()
      onUnavailable(error)
      for (const slot of slots) slot.worker.kill('closed')
      await Promise.all([image?.catch(() => null), ...[...slots].map((slot) => slot.worker.exited)])
    },
  }
}
