import type { Cell, Instant } from './cell.ts'
import { isPolicy, type Policy } from './policy.ts'
import { pushRing, ringResetMs, ringTimes } from './ring.ts'
import { OVERFLOW_SUBJECT } from './table.ts'
import { twoCellResetMs } from './two-cell.ts'
import { dayResetMs } from './utc-day.ts'

/** One counter as plain data that JSON keeps, in wall time, as the monotonic clock starts over with the process. */
export interface CellSnapshot {
  readonly subject: string
  readonly policy: Policy
  /**
   * ring: the Unix ms of each admission, oldest first. two-cell: start of the window (Unix ms), previous count, current
   * count. utc-day: days since 1970, count.
   */
  readonly values: readonly number[]
  /** Unix ms after which the counter is empty, and its row can be deleted. */
  readonly expiresAt: number
}

/** Keeps counters over a crash, up to a second old. One row per subject and policy name; a later one replaces it. */
export interface SnapshotStore {
  save(rows: readonly CellSnapshot[]): Promise<void>
}

/** Remembers which counters changed, and saves those. */
export const snapshotSaver = (store: SnapshotStore, readClock: () => Instant) => {
  let changed: Cell[] = []

  const note = (cell: Cell): void => {
    if (cell.dirty) return
    cell.dirty = true
    changed.push(cell)
  }

  return {
    note,

    /** Rejects if the store does; what could not be saved is saved next time. */
    async flush(): Promise<void> {
      if (changed.length === 0) return
      const instant = readClock()
      const cells = changed
      changed = []
      for (const cell of cells) cell.dirty = false
      try {
        await store.save(cells.map((cell) => toSnapshot(cell, instant)).filter((row) => row !== undefined))
      } catch (error) {
        cells.forEach(note)
        throw error
      }
    },
  }
}

/** @returns undefined for a day with a quota store, which keeps itself, and for the counter of a table that is full. */
export const toSnapshot = (cell: Cell, { nowMs, wallMs }: Instant): CellSnapshot | undefined => {
  if (cell.subject === OVERFLOW_SUBJECT) return undefined
  const toWall = (atMs: number) => Math.round(wallMs - (nowMs - atMs))
  const { subject, policy } = cell
  if (cell.algorithm === 'ring') {
    const values = ringTimes(cell).map(toWall)
    return { subject, policy, values, expiresAt: Math.ceil(wallMs + ringResetMs(cell, nowMs)) }
  }
  if (cell.algorithm === 'two-cell') {
    const values = [toWall(cell.startMs), cell.previous, cell.current]
    return { subject, policy, values, expiresAt: Math.ceil(wallMs + twoCellResetMs(cell, nowMs)) }
  }
  if (cell.durable) return undefined
  return { subject, policy, values: [cell.day, cell.used], expiresAt: Math.ceil(wallMs + dayResetMs(cell, wallMs)) }
}

/** A row that was written by another version, or by hand, is better skipped than believed. */
export const isUsableSnapshot = ({ subject, policy, values }: CellSnapshot): boolean =>
  typeof subject === 'string' &&
  policy != null &&
  isPolicy(policy) &&
  Array.isArray(values) &&
  values.every(Number.isFinite)

/** Fills an empty counter from a row. What lies in the future (the clock was set back) counts as just now. */
export const fillFromSnapshot = (cell: Cell, { values }: CellSnapshot, { nowMs, wallMs }: Instant): void => {
  const toMonotonic = (at: number) => nowMs - Math.max(0, wallMs - at)
  if (cell.algorithm === 'ring') {
    for (const at of values.toSorted((a, b) => a - b)) pushRing(cell, toMonotonic(at))
  } else if (cell.algorithm === 'two-cell') {
    const [startAt = wallMs, previous = 0, current = 0] = values
    Object.assign(cell, { startMs: Math.floor(toMonotonic(startAt)), previous, current })
  } else if (!cell.durable) {
    const [day = cell.day, used = 0] = values
    Object.assign(cell, { day, used, own: used, lastSeconds: Math.floor(nowMs / 1000) })
  }
}
