import { MAX_EXACT_LIMIT, type Policy } from './policy.ts'

/**
 * The exact window: the times of the admissions still inside it, oldest first from `tail`. At most `limit` requests are
 * admitted in any half-open interval of one window's length.
 */
export interface RingCell {
  readonly algorithm: 'ring'
  readonly subject: string
  policy: Policy
  /** False once the table has let go of it; a holder then asks the table again. */
  live: boolean
  /** Changed since it was last saved. */
  dirty: boolean
  times: Float64Array
  tail: number
  used: number
}

// Most subjects of an attack send a request or two, so slots are added as they are needed.
const INITIAL_SLOTS = 8

export const ringCell = (subject: string, policy: Policy): RingCell => ({
  algorithm: 'ring',
  subject,
  policy,
  live: true,
  dirty: false,
  times: new Float64Array(Math.min(INITIAL_SLOTS, policy.limit)),
  tail: 0,
  used: 0,
})

/** Lets go of the admissions that have left the window. Each leaves once, so this is O(1) per request over time. */
export const expireRing = (cell: RingCell, nowMs: number): void => {
  const { times } = cell
  const { windowMs } = cell.policy
  let { tail, used } = cell
  while (used > 0 && nowMs - times[tail]! >= windowMs) {
    tail = tail + 1 === times.length ? 0 : tail + 1
    used--
  }
  cell.tail = tail
  cell.used = used
}

/** Adds an admission, also past the limit; then the oldest may be forgotten, at `MAX_EXACT_LIMIT` the latest. */
export const pushRing = (cell: RingCell, nowMs: number): void => {
  if (cell.used === cell.times.length) makeRoom(cell)
  cell.times[slot(cell, cell.used)] = nowMs
  cell.used++
}

/** Takes back the newest admission. */
export const popRing = (cell: RingCell): void => {
  if (cell.used > 0) cell.used--
}

export const ringResetMs = (cell: RingCell, nowMs: number): number =>
  cell.used === 0 ? 0 : Math.max(0, cell.times[slot(cell, cell.used - 1)]! + cell.policy.windowMs - nowMs)

/** @returns whole seconds until a slot is free, for a ring that is full now. */
export const ringRetrySeconds = (cell: RingCell, nowMs: number): number => {
  const { limit, windowMs } = cell.policy
  const blockingMs = cell.times[slot(cell, cell.used - limit)]!
  let seconds = Math.max(1, Math.ceil((blockingMs + windowMs - nowMs) / 1000))
  // Sums of floats may round below the test that the next request will face, so ask that test.
  while (nowMs + seconds * 1000 - blockingMs < windowMs) seconds++
  return seconds
}

/** @returns the admission times, oldest first. */
export const ringTimes = (cell: RingCell): number[] =>
  Array.from({ length: cell.used }, (_, index) => cell.times[slot(cell, index)]!)

const slot = (cell: RingCell, index: number): number => {
  const position = cell.tail + index
  return position >= cell.times.length ? position - cell.times.length : position
}

const makeRoom = (cell: RingCell): void => {
  const size = cell.times.length
  if (size >= MAX_EXACT_LIMIT) {
    cell.tail = slot(cell, 1)
    cell.used--
    return
  }
  // Never past what the limit needs, but always one more: the limit may have been lowered under a fuller ring.
  const times = new Float64Array(Math.min(size * 2, Math.max(cell.policy.limit, size + 1), MAX_EXACT_LIMIT))
  times.set(ringTimes(cell))
  cell.times = times
  cell.tail = 0
}
