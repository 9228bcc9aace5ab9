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
/** A run that takes longer than this may keep the next one waiting. A start beside a short run would only slow that down. */
const SPARE_AFTER_MS = 100
const IDLE_CHECK_MS = 5000
/** One that has grown has twice the memory that it should, and is kept only while it is needed again and again. */
const APART_IDLE_MS = 30_000
const MAX_BOOT_FAILURES = 3
/** What frames add to the largest call. */
const FRAME_SLACK_BYTES = 256 * 1024

export interface Slot {
  readonly worker: WorkerProcess
  /**
   * Set aside for bots whose runs had to be ended lately. Whoever else wants the CPU goes first, and its memory may have
   * grown: to end it each time would cost a second of the CPU that the others then have not.
   */
  isApart: boolean
  state: 'booting' | 'idle' | 'busy' | 'resetting'
  /** Whose memory is in it; undefined when it is as after its start. */
  botId: string | undefined
  /** Must not serve that bot either before a reset: its last run ended badly. */
  spoilt: boolean
  /** Old, or too large: another one takes its place as soon as that is ready. */
  worn: boolean
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
  const canBeApart = maxWorkers > 1
  let closed = false
  const starting = { apart: 0, others: 0 }
  let held = 0
  let spare: NodeJS.Timeout | undefined
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

  const boot = async (isApart: boolean): Promise<Slot | undefined> => {
    const order = await bootOrder()
    if (closed) return undefined
    const worker = startWorker({ nodePath, order, maxFrameBytes: limits.frameBytes + FRAME_SLACK_BYTES })
    const now = clock.monotonicMs()
    // Not last yet: on a busy machine that would take longer than a start may.
    if (isApart) worker.yieldCpu()
    const slot: Slot = {
      worker,
      isApart,
      state: 'booting',
      botId: undefined,
      spoilt: false,
      worn: false,
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
    if (isApart) worker.comeLast()
    failures = 0
    fromSnapshot = order.snapshotPath !== null
    log.info({ pid: worker.pid, fromSnapshot, ms: Math.round(clock.monotonicMs() - now) }, 'a Python process is ready')
    return slot
  }

  const spawn = (isApart = false): void => {
    if (closed) return
    const kind = isApart ? 'apart' : 'others'
    starting[kind] += 1
    watchOver()
    boot(isApart).then(
      (slot) => {
        starting[kind] -= 1
        if (slot !== undefined) free(slot)
      },
      (error: unknown) => {
        starting[kind] -= 1
        if (closed) return
        failures += 1
        log.error({ err: error, failures }, 'a Python process did not start')
        if (failures < MAX_BOOT_FAILURES) spawn(isApart)
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
    if (!slot.worn && !slot.isApart) for (const old of idleFor(false)) if (old.worn) old.worker.kill('retired')
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

  const isWorn = ({ runs, bornAt, isApart }: Slot, heapBytes: number): boolean =>
    runs >= MAX_RUNS || clock.monotonicMs() - bornAt > MAX_AGE_MS || (heapBytes > MAX_HEAP_BYTES && !isApart)

  const inState = (state: Slot['state']): Slot[] =>
    [...slots].filter((slot) => slot.state === state && slot.worker.alive())

  const idleFor = (isApart: boolean): Slot[] => inState('idle').filter((slot) => slot.isApart === isApart)

  const countApart = (): number => [...slots].filter(({ isApart }) => isApart).length

  /** What is left to others, whatever a bot does. */
  const half = (): number => Math.max(1, Math.floor(most() / 2))

  const started = (): number =>
    [...slots].filter(({ state, isApart, worker }) => state !== 'booting' && !isApart && worker.alive()).length

  const mayBeApart = (): boolean => canBeApart && countApart() < half()

  const setApart = (slot: Slot): void => {
    slot.isApart = true
    slot.worker.comeLast()
    keepSpare()
  }

  /** Beside whatever takes its time a spare is ready, so that the next bot's command does not wait for a start. */
  const keepSpare = (): void => {
    spare ??= setTimeout(() => {
      spare = undefined
      if (!hasSpare() && starting.others === 0 && slots.size < most()) spawn()
    }, SPARE_AFTER_MS).unref()
  }

  const hasSpare = (): boolean => idleFor(false).some(({ worn }) => !worn)

  /** Another process for bots that are kept apart: a new one, or else one that does nothing, if it is not the last. */
  const wantApart = (): void => {
    if (!mayBeApart()) return
    const [idle] = idleFor(false)
    if (slots.size < most()) spawn(true)
    else if (idle !== undefined && slots.size - countApart() > 1) {
      setApart(idle)
      void reset(idle)
    }
  }

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
      const keptMs = slot.isApart ? Math.min(idleMs, APART_IDLE_MS) : slots.size === 1 ? lastIdleMs : idleMs
      if (clock.monotonicMs() - slot.idleSince > keptMs) {
        slots.delete(slot)
        slot.worker.kill('idle')
      }
    }
    if (slots.size > 0 || starting.others + starting.apart > 0) return
    clearInterval(watch)
    clearInterval(idleCheck)
    watch = idleCheck = undefined
  }

  return {
    closed: () => closed,
    // Of those that run, for one that is only starting would leave quick commands nothing for a second. But two in any
    // case: what nobody knows yet is not to wait beside a process that is free.
    longPlaces: () => Math.max(Math.min(2, maxWorkers + extraWorkers - 1), started() - 1, 1),
    // Nor the last one that is free: a start takes as long as a hundred quick commands.
    share: () => (idleFor(false).length > 1 ? half() : 1),
    hold: (count) => {
      held = count
    },

    ready: () => {
      if (closed) return Promise.reject(new AppError(SandboxErrors.PYTHON_CLOSED))
      if (idleFor(false).length > 0) return Promise.resolve()
      return new Promise((resolve, reject) => {
        readyWaiters.add({ resolve, reject })
        if (starting.others === 0 && inState('busy').length + inState('resetting').length < most()) spawn()
      })
    },

    take: (botId, isUnruly) => {
      const idle = idleFor(isUnruly && canBeApart)
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
      keepSpare()
      return slot
    },

    wantMore: (_waiting, isUnruly) => {
      const isApart = isUnruly && canBeApart
      const isOnItsWay = starting[isApart ? 'apart' : 'others'] > 0
      if (isOnItsWay || inState('resetting').some((slot) => slot.isApart === isApart)) return
      if (isApart) wantApart()
      else if (slots.size < most()) spawn()
    },

    // What must be cleaned is cleaned now, when nobody waits for it.
    release: (slot, { heapBytes, clean, isUnruly }) => {
      if (heapBytes === undefined || !slot.worker.alive()) return
      if (isUnruly && mayBeApart() && !slot.isApart) setApart(slot)
      if (!slot.isApart) slot.worker.reclaimCpu()
      slot.worn = isWorn(slot, heapBytes)
      if (slot.worn && (slot.isApart || hasSpare() || slots.size >= most())) {
        slot.worker.kill('retired')
        return
      }
      if (slot.worn) keepSpare()
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
        booting: starting.others + starting.apart,
        idle: inState('idle').length + inState('resetting').length,
        busy: inState('busy').length,
      },
      lost: { ...lost },
      fromSnapshot,
    }),

    close: async () => {
      closed = true
      closing.abort()
      clearTimeout(spare)
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
