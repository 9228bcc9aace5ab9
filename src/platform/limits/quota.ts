import type { LimitLog } from './limiter.ts'
import type { DayCell } from './utc-day.ts'

/** One row of the store. */
export interface QuotaKey {
  readonly subject: string
  /** The policy's name. */
  readonly policy: string
  /** Days since 1970-01-01 UTC. */
  readonly day: number
}

export interface Reservation {
  /** How many of the asked units are ours now; 0 when the quota is gone. */
  readonly granted: number
  /** The units reserved for the day by everybody, these included; may lie above the limit. */
  readonly reserved: number
}

/**
 * Where day quotas are reserved ahead of use, in blocks. One table does: (subject, policy, day) as primary key, and
 * `reserved`, an integer. Rows of past days can be deleted two days later.
 */
export interface QuotaStore {
  /**
   * Adds `units` to the row (made if missing) unless it has reached `limit`, durably, before the promise resolves.
   * `reservationOf` turns the row into the answer.
   */
  reserve(request: QuotaKey & { readonly units: number; readonly limit: number }): Promise<Reservation>
  /** Takes `units` off the row again: reserved before, and never used. */
  release(request: QuotaKey & { readonly units: number }): Promise<void>
}

/**
 * @param reservedAfter The row after `units` were added; undefined if nothing was added because it had reached `limit`.
 */
export const reservationOf = (reservedAfter: number | undefined, units: number, limit: number): Reservation => {
  if (reservedAfter === undefined) return { granted: 0, reserved: limit }
  const before = reservedAfter - units
  return { granted: Math.max(0, Math.min(reservedAfter, limit) - before), reserved: reservedAfter }
}

/** Keeps the rows in memory: for tests, and to show what an implementation must do. */
export const memoryQuotaStore = (): QuotaStore & { readonly rows: Map<string, number> } => {
  const rows = new Map<string, number>()
  const keyOf = ({ subject, policy, day }: QuotaKey) => `${day} ${policy} ${subject}`
  return {
    rows,
    async reserve(request) {
      const key = keyOf(request)
      const before = rows.get(key) ?? 0
      if (before >= request.limit) return reservationOf(undefined, request.units, request.limit)
      rows.set(key, before + request.units)
      return reservationOf(before + request.units, request.units, request.limit)
    },
    async release(request) {
      const key = keyOf(request)
      rows.set(key, Math.max(0, (rows.get(key) ?? 0) - request.units))
    },
  }
}

// A block that lasted less than a second is doubled, so a busy key commits a few times a second and not at each 50th
// request; one that lasted ten seconds starts over, so a quiet key loses little in a crash.
const BUSY_MS = 1000
const QUIET_MS = 10_000
const MAX_BLOCK_UNITS = 5000
const MAX_BLOCK_SHARE = 0.01

// A store that failed is left alone in the background for a while; who has to wait for it still asks.
const PAUSE_MS = 1000

export interface ReserverOptions {
  readonly store: QuotaStore
  readonly blockUnits: number
  /** How long background reservations wait for others, so that the store can make one commit of them. */
  readonly gatherMs: number
  readonly log?: LimitLog | undefined
}

export type Reserver = ReturnType<typeof reserver>

/** Reserves units for day counters, one request to the store per counter at a time. */
export const reserver = ({ store, blockUnits, gatherMs, log }: ReserverOptions) => {
  let failedAtMs = -Infinity
  const gathered = new Set<DayCell>()

  const nextBlock = (cell: DayCell, nowMs: number): number => {
    const { limit } = cell.policy
    const lastedMs = nowMs - cell.reservedAtMs
    const wanted = lastedMs < BUSY_MS ? cell.blockUnits * 2 : lastedMs < QUIET_MS ? cell.blockUnits : blockUnits
    const ceiling = Math.max(blockUnits, Math.min(MAX_BLOCK_UNITS, Math.floor(limit * MAX_BLOCK_SHARE)))
    // Not past the limit: a limit that is raised later today should find the row where the limit ended.
    const left = cell.loaded ? limit - cell.ceiling : limit
    return Math.max(1, Math.min(Math.max(wanted, blockUnits), ceiling, left))
  }

  const ask = async (cell: DayCell, nowMs: number): Promise<void> => {
    const { day, policy, subject } = cell
    const { limit } = policy
    const units = nextBlock(cell, nowMs)
    cell.blockUnits = units
    cell.reservedAtMs = nowMs
    const { granted, reserved } = await store.reserve({ subject, policy: policy.name, day, units, limit })
    // Midnight passed meanwhile: the units were the old day's, and nobody needs them any more.
    if (cell.day === day) addUnits(cell, granted, granted === 0 ? limit : Math.min(reserved, limit))
  }

  const reserve = (cell: DayCell, nowMs: number): Promise<void> => {
    gathered.delete(cell)
    cell.reserving ??= ask(cell, nowMs).finally(() => {
      cell.reserving = null
    })
    return cell.reserving
  }

  const reserveQuietly = (cell: DayCell, nowMs: number): void => {
    reserve(cell, nowMs).catch((error: unknown) => {
      failedAtMs = nowMs
      log?.warn({ err: error }, 'day quotas could not be reserved ahead')
    })
  }

  const reserveGathered = (nowMs: number): void => {
    // All in one turn of the event loop: that is what the store makes one commit of.
    for (const cell of [...gathered]) reserveQuietly(cell, nowMs)
  }

  return {
    /** Resolves when the store has answered for this counter; whoever waits looks at the counter again. */
    reserve,

    /** Gets the next block in the background once half of this one is gone and the day has more. */
    reserveAhead(cell: DayCell, nowMs: number): void {
      if (cell.ceiling - cell.used > cell.blockUnits / 2 || cell.ceiling >= cell.policy.limit) return
      if (cell.reserving !== null || gathered.has(cell) || nowMs - failedAtMs < PAUSE_MS) return
      if (gatherMs === 0) {
        reserveQuietly(cell, nowMs)
        return
      }
      gathered.add(cell)
      // Another half block is left, and whoever uses it up sooner asks for more himself.
      if (gathered.size === 1) setTimeout(reserveGathered, gatherMs, nowMs).unref()
    },

    /** Gives unused units back before a graceful end. */
    async release(cell: DayCell): Promise<void> {
      gathered.delete(cell)
      await cell.reserving
      const units = cell.loaded ? cell.ceiling - cell.used : 0
      if (units <= 0) return
      // Ours no longer, whatever the store answers: units that may have been given back must not be spent.
      cell.ceiling = cell.used
      await store.release({ subject: cell.subject, policy: cell.policy.name, day: cell.day, units })
    },
  }
}

/** Units reserved by others count as used: they are spent, will be, or were lost in a crash. */
const addUnits = (cell: DayCell, granted: number, reserved: number): void => {
  const unspent = cell.loaded ? Math.max(0, cell.ceiling - cell.used) : 0
  cell.ceiling = reserved
  cell.used = Math.max(0, reserved - unspent - granted)
  cell.loaded = true
}
