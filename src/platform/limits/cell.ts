import { algorithmOf, MAX_EXACT_LIMIT, type Policy } from './policy.ts'
import { expireRing, popRing, pushRing, type RingCell, ringCell, ringResetMs, ringRetrySeconds } from './ring.ts'
import {
  rollTwoCell,
  type TwoCell,
  twoCell,
  twoCellHasRoom,
  twoCellRemaining,
  twoCellResetMs,
  twoCellRetrySeconds,
  twoCellUsed,
} from './two-cell.ts'
import { type DayCell, dayCell, dayResetMs, isDayIdle, rollDay } from './utc-day.ts'

/** The counter of one subject under one policy. Plain objects of three fixed shapes, because there may be 200,000. */
export type Cell = RingCell | TwoCell | DayCell

/** Both readings of the clock, taken once per decision. */
export interface Instant {
  readonly nowMs: number
  readonly wallMs: number
}

/** What a counter says to one more request. The order matters: the worst of several wins. */
export const PASS = 0
/** Its reserved units are used up, and only the store knows whether there are more. */
export const ASK = 1
export const REFUSE = 2
/** The day was not read from the store yet: done even if another policy refuses, or the figures would be made up. */
export const UNREAD = 3

export const createCell = (subject: string, policy: Policy, { nowMs, wallMs }: Instant, durableDays: boolean): Cell => {
  const algorithm = algorithmOf(policy)
  if (algorithm === 'ring') return ringCell(subject, policy)
  if (algorithm === 'two-cell') return twoCell(subject, policy, nowMs)
  return dayCell(subject, policy, wallMs, durableDays)
}

/** Brings the counter up to date and asks it for one unit. */
export const checkCell = (cell: Cell, nowMs: number, wallMs: number): number => {
  if (cell.algorithm === 'ring') {
    expireRing(cell, nowMs)
    return cell.used < cell.policy.limit ? PASS : REFUSE
  }
  if (cell.algorithm === 'two-cell') {
    rollTwoCell(cell, nowMs)
    return twoCellHasRoom(cell, nowMs) ? PASS : REFUSE
  }
  rollDay(cell, wallMs)
  if (!cell.loaded) return UNREAD
  if (cell.used >= cell.policy.limit) return REFUSE
  return cell.used < cell.ceiling ? PASS : ASK
}

export const commitCell = (cell: Cell, nowMs: number): void => {
  if (cell.algorithm === 'ring') {
    pushRing(cell, nowMs)
  } else if (cell.algorithm === 'two-cell') {
    cell.current++
  } else {
    cell.used++
    cell.own++
    cell.lastSeconds = Math.floor(nowMs / 1000)
  }
}

/** Takes back one unit, if there is one. */
export const uncommitCell = (cell: Cell): void => {
  if (cell.algorithm === 'ring') {
    popRing(cell)
  } else if (cell.algorithm === 'two-cell') {
    cell.current = Math.max(0, cell.current - 1)
  } else if (cell.own > 0) {
    // Not what others reserved and `used` holds too: that is not ours to spend again.
    cell.used--
    cell.own--
  }
}

/** Call the three below only after `checkCell` at the same instant. */
export const cellRemaining = (cell: Cell, nowMs: number): number => {
  if (cell.algorithm === 'two-cell') return twoCellRemaining(cell, nowMs)
  return Math.max(0, cell.policy.limit - cell.used)
}

export const cellResetMs = (cell: Cell, nowMs: number, wallMs: number): number => {
  if (cell.algorithm === 'ring') return ringResetMs(cell, nowMs)
  if (cell.algorithm === 'two-cell') return twoCellResetMs(cell, nowMs)
  return cell.used === 0 ? 0 : dayResetMs(cell, wallMs)
}

/** For a counter that refuses. */
export const cellRetrySeconds = (cell: Cell, nowMs: number, wallMs: number): number => {
  if (cell.algorithm === 'ring') return ringRetrySeconds(cell, nowMs)
  if (cell.algorithm === 'two-cell') return twoCellRetrySeconds(cell, nowMs)
  return Math.max(1, Math.ceil(dayResetMs(cell, wallMs) / 1000))
}

/** True if nothing would be lost by forgetting the counter. */
export const isIdle = (cell: Cell, nowMs: number, wallMs: number): boolean => {
  if (cell.algorithm === 'ring') {
    expireRing(cell, nowMs)
    return cell.used === 0
  }
  if (cell.algorithm === 'two-cell') {
    rollTwoCell(cell, nowMs)
    return cell.current === 0 && cell.previous === 0
  }
  return isDayIdle(cell, nowMs, wallMs)
}

/**
 * Puts the counter under a changed policy of the same name. Nothing spent is forgotten, so that an owner who lowers and
 * raises a limit gains no requests by it.
 *
 * @returns the same cell, or another one if the new limit is counted in another way.
 */
export const adoptPolicy = (cell: Cell, policy: Policy, instant: Instant, durableDays: boolean): Cell => {
  if (cell.algorithm === algorithmOf(policy)) {
    cell.policy = policy
    return cell
  }
  const { nowMs, wallMs } = instant
  checkCell(cell, nowMs, wallMs)
  const used = cell.algorithm === 'two-cell' ? Math.ceil(twoCellUsed(cell, nowMs)) : cell.used
  const kept = Math.min(used, Math.max(policy.limit, MAX_EXACT_LIMIT))
  const replacement = createCell(cell.subject, policy, instant, durableDays)
  for (let unit = 0; unit < kept; unit++) commitCell(replacement, nowMs)
  cell.live = false
  return replacement
}
