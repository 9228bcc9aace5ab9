import type { Policy } from './policy.ts'

/**
 * The estimated window for large limits: this window's count plus the share of the last one that still overlaps.
 *
 * Exact for a burst into an idle counter and never above `limit` in one second; but as it takes the last window's
 * requests for evenly spread, a client that hammers can get up to `2 * limit - 1` into one window's length.
 */
export interface TwoCell {
  readonly algorithm: 'two-cell'
  readonly subject: string
  policy: Policy
  live: boolean
  dirty: boolean
  /** Monotonic start of the current window, in whole milliseconds: an integer is kept in the object itself. */
  startMs: number
  current: number
  previous: number
}

// The estimate is a float: without it, a request exactly on time could be refused for the last bit of a fraction.
const TOLERANCE = 1e-6

export const twoCell = (subject: string, policy: Policy, nowMs: number): TwoCell => ({
  algorithm: 'two-cell',
  live: true,
  policy,
  startMs: Math.floor(nowMs),
  current: 0,
  previous: 0,
  dirty: false,
  subject,
})

export const rollTwoCell = (cell: TwoCell, nowMs: number): void => {
  const { windowMs } = cell.policy
  if (nowMs < cell.startMs + windowMs) return
  const isNext = nowMs < cell.startMs + windowMs + windowMs
  cell.previous = isNext ? cell.current : 0
  cell.current = 0
  cell.startMs = isNext ? cell.startMs + windowMs : Math.floor(nowMs)
}

/** @returns requests of the last window's length, estimated; call `rollTwoCell` before. */
export const twoCellUsed = (cell: TwoCell, nowMs: number): number =>
  cell.previous * (1 - (nowMs - cell.startMs) / cell.policy.windowMs) + cell.current

export const twoCellHasRoom = (cell: TwoCell, nowMs: number): boolean =>
  twoCellUsed(cell, nowMs) + 1 <= cell.policy.limit + TOLERANCE

export const twoCellRemaining = (cell: TwoCell, nowMs: number): number =>
  Math.max(0, Math.floor(cell.policy.limit - twoCellUsed(cell, nowMs) + TOLERANCE))

/** A window counts until the one after it has ended. */
export const twoCellResetMs = (cell: TwoCell, nowMs: number): number => {
  const windows = cell.current > 0 ? 2 : cell.previous > 0 ? 1 : 0
  return windows === 0 ? 0 : Math.max(0, cell.startMs + windows * cell.policy.windowMs - nowMs)
}

/** @returns whole seconds until a request has room, for a counter that has none now. */
export const twoCellRetrySeconds = (cell: TwoCell, nowMs: number): number => {
  const { limit, windowMs } = cell.policy
  const inThisWindow = cell.current + 1 <= limit
  const fading = inThisWindow ? cell.previous : cell.current
  const roomForFading = inThisWindow ? limit - 1 - cell.current : limit - 1
  const startMs = inThisWindow ? cell.startMs : cell.startMs + windowMs
  const freeAtMs = startMs + windowMs * (1 - roomForFading / fading)
  let seconds = Math.max(1, Math.ceil((freeAtMs - nowMs) / 1000))
  // Sums of floats may round below the test that the next request will face, so ask that test.
  while (!hasRoomAt(cell, nowMs + seconds * 1000)) seconds++
  return seconds
}

const hasRoomAt = (cell: TwoCell, laterMs: number): boolean => {
  const later = { ...cell }
  rollTwoCell(later, laterMs)
  return twoCellHasRoom(later, laterMs)
}
