import { adoptPolicy, type Cell, createCell, type Instant, isIdle } from './cell.ts'
import { type Charge, type Policy, parsePolicy, samePolicy } from './policy.ts'

interface Shelf {
  readonly cells: Map<string, Cell>
  /** Walks the cells round and round; a Map's iterator stays valid while the Map changes. */
  hand: Iterator<Cell>
  overflow: Cell | undefined
}

export type CellTable = ReturnType<typeof cellTable>

const STEPS_PER_INSERT = 2
const STEPS_WHEN_FULL = 8

/** The subject on which those without a counter of their own are counted together. */
export const OVERFLOW_SUBJECT = '*'

/**
 * Finds counters by policy name and subject, at most `maxSubjects` for each policy name. When a name is full of live
 * subjects, new ones share one overflow counter: evicting would hand a fresh limit to whoever sends from enough
 * addresses. Each name has its own bound, so a flood of addresses leaves the counters of keys alone.
 */
export const cellTable = ({ maxSubjects, durableDays }: { maxSubjects: number; durableDays: boolean }) => {
  const shelves = new Map<string, Shelf>()

  const shelfOf = (name: string): Shelf => {
    const known = shelves.get(name)
    if (known !== undefined) return known
    const cells = new Map<string, Cell>()
    const shelf: Shelf = { cells, hand: cells.values(), overflow: undefined }
    shelves.set(name, shelf)
    return shelf
  }

  const conform = (shelf: Shelf, cell: Cell, policy: Policy, instant: Instant): Cell => {
    if (samePolicy(cell.policy, policy)) return cell
    const adopted = adoptPolicy(cell, parsePolicy(policy), instant, durableDays)
    if (adopted !== cell) shelf.cells.set(cell.subject, adopted)
    return adopted
  }

  const overflowOf = (shelf: Shelf, policy: Policy, instant: Instant): Cell => {
    if (shelf.overflow === undefined || !samePolicy(shelf.overflow.policy, policy)) {
      shelf.overflow =
        shelf.overflow === undefined
          ? createCell(OVERFLOW_SUBJECT, parsePolicy(policy), instant, durableDays)
          : adoptPolicy(shelf.overflow, parsePolicy(policy), instant, durableDays)
      // Never live: a holder asks again each time, and moves to a counter of its own once there is room.
      shelf.overflow.live = false
    }
    return shelf.overflow
  }

  const hasRoom = (shelf: Shelf, instant: Instant): boolean => {
    sweepShelf(shelf, instant, shelf.cells.size < maxSubjects ? STEPS_PER_INSERT : STEPS_WHEN_FULL)
    return shelf.cells.size < maxSubjects
  }

  return {
    /** The live counter of a charge, made if there is none; or the overflow counter. */
    get({ subject, policy }: Charge, instant: Instant): Cell {
      const shelf = shelfOf(policy.name)
      const known = shelf.cells.get(subject)
      if (known !== undefined) return known.policy === policy ? known : conform(shelf, known, policy, instant)
      if (!hasRoom(shelf, instant)) return overflowOf(shelf, policy, instant)
      const cell = createCell(subject, parsePolicy(policy), instant, durableDays)
      shelf.cells.set(subject, cell)
      return cell
    },

    /** Like `get`, but a subject that is not there stays out of the table: asking must not fill it. */
    glance({ subject, policy }: Charge, instant: Instant): Cell {
      const shelf = shelfOf(policy.name)
      const known = shelf.cells.get(subject)
      if (known !== undefined) return conform(shelf, known, policy, instant)
      if (shelf.cells.size >= maxSubjects) return overflowOf(shelf, policy, instant)
      const cell = createCell(subject, parsePolicy(policy), instant, durableDays)
      if (cell.algorithm === 'utc-day' && cell.durable) shelf.cells.set(subject, cell)
      return cell
    },

    /** Drops idle counters among the next `steps` of each policy name. */
    sweep(instant: Instant, steps: number): void {
      for (const shelf of shelves.values()) sweepShelf(shelf, instant, Math.min(steps, shelf.cells.size))
    },

    *cells(): Iterable<Cell> {
      for (const shelf of shelves.values()) {
        yield* shelf.cells.values()
        if (shelf.overflow !== undefined) yield shelf.overflow
      }
    },

    size: (): number => [...shelves.values()].reduce((sum, { cells }) => sum + cells.size, 0),
  }
}

const sweepShelf = (shelf: Shelf, { nowMs, wallMs }: Instant, steps: number): void => {
  for (let step = 0; step < steps; step++) {
    const next = shelf.hand.next()
    if (next.done === true) {
      shelf.hand = shelf.cells.values()
    } else if (!next.value.dirty && isIdle(next.value, nowMs, wallMs)) {
      next.value.live = false
      shelf.cells.delete(next.value.subject)
    }
  }
}
