import type { Clock } from '../../../platform/clock.ts'
import type { Leases } from '../../../platform/jobs/index.ts'
import type { Log } from '../../../platform/log/index.ts'
import type { TelegramFileError } from '../../../platform/telegram/files.ts'
import { unavailable } from './faults.ts'
import { laneHolders } from './holders.ts'
import {
  canSee,
  isHeld,
  isOpen,
  type Lane,
  newLane,
  type Sending,
  slowDown,
  speedUp,
  type TelegramBot,
  waitMs,
} from './lane.ts'
import { type LaneFigures, laneFigures } from './lane-figures.ts'
import type { TelegramRows } from './rows.ts'

export interface LanesOptions {
  readonly bots: readonly TelegramBot[]
  /** Every channel, and the scratch chat. */
  readonly chatIds: readonly number[]
  readonly rows: TelegramRows
  readonly leases: Leases
  readonly clock: Clock
  readonly log: Log
  readonly secondMs: number
  /** How long somebody waits for a turn before being told to come back. */
  readonly maxWaitMs: number
  /** How long a lane stays with a process that does not renew it. */
  readonly leaseMs: number
}

export interface SlotRequest extends Sending {
  /** Which lanes will do. */
  readonly accepts: (lane: Lane) => boolean
  /** Nobody is waiting for it: others go first. */
  readonly background?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** The right to send one message. */
export interface Slot {
  readonly lane: Lane
  /** To be called when the message is sent, or will not be. @param isUnused Nothing left for Telegram. */
  release(isUnused?: boolean): void
}

interface Waiter extends SlotRequest {
  readonly sinceMs: number
  readonly grant: (slot: Slot) => void
  readonly refuse: (error: unknown) => void
}

const IDLE_SECONDS = 60
const NO_LANE_RETRY_SECONDS = 60
/** One after the other, so that processes which start together share the lanes. */
const ASK_APART_MS = 250

export type Lanes = ReturnType<typeof telegramLanes>

/**
 * Who may send what when. Each pair of bot and channel has a budget of messages which Telegram's answers make smaller;
 * what does not fit waits. Independent senders would add up past the limits, so a process sends only in lanes that it
 * holds by a lease in the database.
 */
export const telegramLanes = (options: LanesOptions) => {
  const { bots, chatIds, rows, leases, clock, log, secondMs, maxWaitMs, leaseMs } = options
  const lanes = bots.flatMap((bot) => chatIds.map((chatId) => newLane(bot, chatId, options)))
  const waiters: Waiter[] = []
  let timer: NodeJS.Timeout | undefined
  let stormUntilMs = 0
  let askNextMs = 0
  let isClosed = false
  const holders = laneHolders({ rows, leases })
  const now = (): number => clock.monotonicMs()

  const save = async (lane: Lane): Promise<void> => {
    const { bot, chatId, bucket, pausedUntilMs, closedFor, lastError, lastErrorAt } = lane
    const pausedUntil = clock.now().getTime() + Math.max(0, pausedUntilMs - now())
    await rows.saveLane({
      botId: bot.id,
      chatId,
      perMinute: bucket.rate(),
      pausedUntil,
      closedFor,
      lastError,
      lastErrorAt,
    })
  }

  /** Takes over what other processes, or this one before its restart, were told by Telegram. */
  const load = async (of: readonly Lane[]): Promise<void> => {
    const saved = await rows.lanes()
    for (const lane of of) {
      const row = saved.find(({ bot_id, chat_id }) => bot_id === lane.bot.id && chat_id === lane.chatId)
      if (row === undefined) continue
      lane.bucket.setRate(row.per_minute)
      lane.pausedUntilMs = Math.max(lane.pausedUntilMs, now() + row.paused_until - clock.now().getTime())
      lane.lastError = row.last_error ?? undefined
      lane.lastErrorAt = row.last_error_at ?? undefined
    }
  }

  const ask = async (lane: Lane): Promise<void> => {
    lane.isAsking = true
    try {
      const taken = await holders.acquire(lane, leaseMs)
      if (taken === undefined) return
      const { lease } = taken
      if (isClosed) return await lease.release()
      await load([lane])
      // What a process that died has sent in the last minute counts, and nobody knows how much it was.
      if (taken.isLeftBehind) lane.bucket.drain()
      await save(lane)
      await holders.note(lane, lease)
      lane.lease = lease
      lane.lastUsedMs = now()
      askNextMs = now() + ASK_APART_MS
      // Whoever waits may have to look for another lane.
      lease.signal.addEventListener('abort', () => pump(), { once: true })
    } catch (error) {
      log.warn({ err: error }, 'a lane of a Telegram bot could not be asked for')
    } finally {
      lane.isAsking = false
      // One that was got may be asked for again as soon as it is given back.
      lane.askAgainMs = lane.lease === undefined ? now() + leaseMs / 6 : now()
      pump()
    }
  }

  const grant = (waiter: Waiter, lane: Lane): void => {
    const { bot, bucket } = lane
    const isUpload = waiter.sizeBytes > 0
    bucket.take()
    lane.lastUsedMs = now()
    lane.sentMs = [...lane.sentMs.filter((at) => now() - at < 60 * secondMs), now()]
    if (isUpload) {
      bot.uploads += 1
      bot.pace.started(waiter.sizeBytes)
    }
    let isReleased = false
    waiter.grant({
      lane,
      release(isUnused = false) {
        if (isReleased) return
        isReleased = true
        if (isUpload) bot.uploads -= 1
        if (isUnused) {
          bucket.giveBack()
          lane.sentMs.pop()
        }
        pump()
      },
    })
  }

  /** @returns Milliseconds after which to look again; undefined if the waiter is served. */
  const serve = (waiter: Waiter): number | undefined => {
    const usable = lanes.filter((lane) => isOpen(lane) && waiter.accepts(lane))
    if (usable.length === 0) {
      waiter.refuse(
        unavailable('No Telegram bot can do this right now. See the health of the storage.', NO_LANE_RETRY_SECONDS),
      )
      return undefined
    }
    const waits = usable
      .filter(isHeld)
      .map((lane) => ({ lane, ms: Math.max(waitMs(lane, waiter, now()), stormUntilMs - now()) }))
      .toSorted(
        (a, b) =>
          a.ms - b.ms || a.lane.bot.uploads - b.lane.bot.uploads || b.lane.bucket.tokens() - a.lane.bucket.tokens(),
      )
    const [best] = waits
    if (best !== undefined && best.ms <= 0) {
      grant(waiter, best.lane)
      return undefined
    }
    const others = usable.filter((lane) => !isHeld(lane))
    const next = lanes.some(({ isAsking }) => isAsking)
      ? undefined
      : others.find(({ askAgainMs }) => askAgainMs <= now())
    if (next !== undefined && askNextMs <= now()) void ask(next)
    const againMs = Math.min(
      ...others.map(({ isAsking, askAgainMs }) => (isAsking ? Infinity : Math.max(askAgainMs, askNextMs) - now())),
    )
    const leftMs = waiter.sinceMs + maxWaitMs - now()
    const isTooLong =
      leftMs <= 0 || (others.length === 0 && best !== undefined && best.ms > leftMs && best.ms < Infinity)
    if (!isTooLong) return Math.max(1, Math.min(best?.ms ?? Infinity, againMs, leftMs))
    const seconds = best === undefined || best.ms === Infinity ? leaseMs / 1000 : best.ms / 1000
    waiter.refuse(unavailable('Telegram has asked us to wait, or other uploads come first.', seconds))
    return undefined
  }

  const pump = (): void => {
    clearTimeout(timer)
    timer = undefined
    const order = waiters.toSorted((a, b) => Number(a.background ?? false) - Number(b.background ?? false))
    let nextMs = Infinity
    for (const waiter of order) {
      const againMs = serve(waiter)
      if (againMs === undefined) waiters.splice(waiters.indexOf(waiter), 1)
      else nextMs = Math.min(nextMs, againMs)
    }
    if (nextMs < Infinity) timer = setTimeout(pump, Math.ceil(nextMs))
  }

  const noteError = (lane: Lane, error: TelegramFileError): void => {
    lane.lastError = error.description
    lane.lastErrorAt = clock.now().getTime()
  }

  /** When half of the lanes are stopped, the others would be next: none sends before the last of them may. */
  const watchForStorm = (): void => {
    const open = lanes.filter((lane) => isOpen(lane) && isHeld(lane))
    const paused = open.filter(({ pausedUntilMs }) => pausedUntilMs > now())
    if (open.length < 2 || paused.length * 2 < open.length) return
    const untilMs = Math.max(...paused.map(({ pausedUntilMs }) => pausedUntilMs))
    if (stormUntilMs < untilMs)
      log.warn({ lanes: paused.length }, 'Telegram stops us in half of all channels: nothing is sent for a while')
    stormUntilMs = Math.max(stormUntilMs, untilMs)
  }

  return {
    all: lanes as readonly Lane[],
    load: () => load(lanes),

    /**
     * Waits for a turn.
     * @throws {AppError} BACKEND_UNAVAILABLE, with the seconds to wait, if no lane will do or it takes too long; the
     * reason of the signal
     */
    take(request: SlotRequest): Promise<Slot> {
      const { signal } = request
      signal?.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<Slot>()
      const waiter: Waiter = { ...request, sinceMs: now(), grant: resolve, refuse: reject }
      const leave = () => {
        const at = waiters.indexOf(waiter)
        if (at >= 0) waiters.splice(at, 1)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', leave, { once: true })
      waiters.push(waiter)
      pump()
      return promise.finally(() => signal?.removeEventListener('abort', leave))
    },

    isPaused: ({ pausedUntilMs }: Lane): boolean => Math.max(pausedUntilMs, stormUntilMs) > now(),

    async succeeded(lane: Lane): Promise<void> {
      const before = Math.round(lane.bucket.rate())
      speedUp(lane)
      if (Math.round(lane.bucket.rate()) !== before) await save(lane)
    },

    /** Telegram has said how long nothing may be sent here. */
    async flooded(lane: Lane, error: TelegramFileError): Promise<void> {
      const seconds = error.retryAfterSeconds ?? 60
      // A little later, and not all at once.
      const pauseMs = (seconds * (1 + Math.random() * 0.1) + Math.random()) * secondMs
      lane.pausedUntilMs = Math.max(lane.pausedUntilMs, now() + pauseMs)
      lane.floodWaits += 1
      slowDown(lane)
      noteError(lane, error)
      watchForStorm()
      await save(lane)
    },

    async failed(lane: Lane, error: TelegramFileError): Promise<void> {
      noteError(lane, error)
      await save(lane)
    },

    /** The bot may not post here any more. @param isGone It is not even in the channel. */
    async shut(lane: Lane, reason: string, isGone: boolean): Promise<void> {
      const isNews = lane.closedFor === undefined || (isGone && !lane.isGone)
      lane.closedFor = reason
      lane.isGone = isGone
      lane.lastError = reason
      lane.lastErrorAt = clock.now().getTime()
      if (isNews)
        log.error({ bot: lane.bot.id, chat: lane.chatId, reason }, 'a Telegram bot can no longer post in a channel')
      await save(lane)
      pump()
    },

    async reopen(lane: Lane): Promise<void> {
      if (lane.closedFor === undefined && !lane.isGone) return
      lane.closedFor = undefined
      lane.isGone = false
      await save(lane)
      pump()
    },

    /** Nothing works with the bot's token any more. */
    revoke(bot: TelegramBot, reason: string): void {
      if (bot.revokedFor === undefined) log.error({ bot: bot.id, reason }, 'a Telegram bot can no longer be used')
      bot.revokedFor = reason
      pump()
    },

    restore(bot: TelegramBot): void {
      bot.revokedFor = undefined
    },

    canSeeChat: (chatId: number): boolean => lanes.some((lane) => lane.chatId === chatId && canSee(lane)),

    /** Lets other processes have the lanes that nobody uses here. */
    async releaseIdle(): Promise<void> {
      for (const lane of lanes) {
        const { lease, bot } = lane
        if (lease === undefined || bot.uploads > 0 || waiters.length > 0) continue
        if (now() - lane.lastUsedMs < IDLE_SECONDS * secondMs) continue
        lane.lease = undefined
        await holders.release(lane, lease)
      }
    },

    figures(): { lanes: LaneFigures[]; waiting: number; oldestWaitMs: number; pausedUntil: string | null } {
      const oldest = Math.min(now(), ...waiters.map(({ sinceMs }) => sinceMs))
      return {
        lanes: lanes.map((lane) => laneFigures(lane, { clock, secondMs, stormUntilMs })),
        waiting: waiters.length,
        oldestWaitMs: now() - oldest,
        pausedUntil: stormUntilMs > now() ? new Date(clock.now().getTime() + stormUntilMs - now()).toISOString() : null,
      }
    },

    async close(): Promise<void> {
      isClosed = true
      clearTimeout(timer)
      for (const { refuse } of waiters.splice(0)) refuse(unavailable('The server is stopping.', 10))
      for (const lane of lanes) {
        const { lease } = lane
        lane.lease = undefined
        if (lease !== undefined) await holders.release(lane, lease)
      }
    },
  }
}
