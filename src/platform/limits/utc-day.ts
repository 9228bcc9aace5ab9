import { DAY_MS, type Policy } from './policy.ts'

/**
 * Requests since midnight UTC. With a quota store it may only count up to `ceiling`, which was reserved there before;
 * so a crash loses reserved units and never forgets spent ones.
 */
export interface DayCell {
  readonly algorithm: 'utc-day'
  readonly subject: string
  policy: Policy
  live: boolean
  dirty: boolean
  /** Days since 1970 that the count belongs to. */
  day: number
  used: number
  /** The part of `used` that this process admitted. */
  own: number
  /** The count that may be reached without asking the store; Infinity if there is none. */
  ceiling: number
  /** False until the store has said how much of this day is gone. */
  loaded: boolean
  readonly durable: boolean
  /** The day counted before this one, for the case that the clock was wrong and is set back. */
  previousDay: number
  previousUsed: number
  /** Monotonic time of the last admission, in whole seconds: an integer is kept in the object itself. */
  lastSeconds: number
  reserving: Promise<void> | null
  /** Units asked for last, and when (monotonic). */
  blockUnits: number
  reservedAtMs: number
}

const DAY_SECONDS = DAY_MS / 1000

export const dayOf = (wallMs: number): number => Math.floor(wallMs / DAY_MS)

export const dayCell = (subject: string, policy: Policy, wallMs: number, durable: boolean): DayCell => ({
  // What every request needs stands first, together.
  algorithm: 'utc-day',
  live: true,
  policy,
  day: dayOf(wallMs),
  loaded: !durable,
  durable,
  used: 0,
  own: 0,
  ceiling: durable ? 0 : Infinity,
  blockUnits: 0,
  lastSeconds: -2 * DAY_SECONDS,
  dirty: false,
  subject,
  previousDay: -1,
  previousUsed: 0,
  reserving: null,
  reservedAtMs: -Infinity,
})

/**
 * Starts a new count at midnight. A clock set back by less than a day changes nothing: the day that had begun goes on.
 * A clock set back by more was wrong before, and waiting for it could take weeks: the count moves to the day it now is,
 * together with what that day had already used, so that setting back never refills.
 */
export const rollDay = (cell: DayCell, wallMs: number): void => {
  const sinceStartMs = wallMs - cell.day * DAY_MS
  if (sinceStartMs >= -DAY_MS && sinceStartMs < DAY_MS) return
  const today = dayOf(wallMs)
  if (today > cell.day) startDay(cell, today)
  else setBackDay(cell, today)
}

const startDay = (cell: DayCell, today: number): void => {
  cell.previousDay = cell.day
  cell.previousUsed = cell.used
  cell.day = today
  cell.used = 0
  cell.own = 0
  cell.ceiling = cell.durable ? 0 : Infinity
  cell.loaded = !cell.durable
}

const setBackDay = (cell: DayCell, today: number): void => {
  if (today <= cell.previousDay) cell.used += cell.previousUsed
  cell.previousDay = -1
  cell.previousUsed = 0
  cell.day = today
  cell.own = 0
  cell.ceiling = cell.durable ? cell.used : Infinity
  cell.loaded = !cell.durable
}

export const dayResetMs = (cell: DayCell, wallMs: number): number => (cell.day + 1) * DAY_MS - wallMs

/**
 * Kept for a whole day beyond its own, and a day without use: dropping it sooner would refill the day for a clock that
 * is set back over midnight.
 */
export const isDayIdle = (cell: DayCell, nowMs: number, wallMs: number): boolean =>
  cell.reserving === null && dayOf(wallMs) > cell.day + 1 && nowMs / 1000 - cell.lastSeconds >= DAY_SECONDS + 1
