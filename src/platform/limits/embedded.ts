import type { Clock } from '../clock.ts'
import type { Cell } from './cell.ts'
import { type DecisionDraft, draftDecision } from './decision.ts'
import { policyHeader } from './headers.ts'
import { type Ledger, ledger } from './ledger.ts'
import type { Decision, Gate, Limiter, LimitLog } from './limiter.ts'
import { type Charge, distinctCharges } from './policy.ts'
import { type QuotaStore, reserver } from './quota.ts'
import {
  type CellSnapshot,
  fillFromSnapshot,
  isUsableSnapshot,
  type SnapshotStore,
  snapshotSaver,
  toSnapshot,
} from './snapshot.ts'
import { type CellTable, cellTable } from './table.ts'

export interface EmbeddedLimiterOptions {
  readonly clock: Clock
  /** Makes day quotas survive a crash. Without it they live as long as the process, or its snapshot. */
  readonly quotaStore?: QuotaStore
  /** Where `maintain` saves the windows that changed. */
  readonly snapshotStore?: SnapshotStore
  /** For each policy name; default 200,000. */
  readonly maxSubjects?: number
  /** Units of a day quota to reserve at a time, and the most that a crash of an unhurried key loses; default 50. */
  readonly blockUnits?: number
  /** How long reservations ahead of use wait for others, so that a store can make one commit of them; default 0. */
  readonly gatherMs?: number
  readonly log?: LimitLog
}

export interface EmbeddedLimiter extends Limiter {
  /** Counts what was admitted elsewhere, whether there is room or not. */
  record(charges: readonly Charge[]): void
  /** Every counter that no store keeps. */
  snapshot(): CellSnapshot[]
  /** Fills empty counters; for the start, before the first request. Rows that make no sense are skipped. */
  restore(rows: readonly CellSnapshot[]): void
  /** Saves what changed since the last time, if there is a snapshot store. */
  flush(): Promise<void>
  /** Counters held now. */
  size(): number
}

const SWEEP_STEPS = 2000

interface SharedByGates {
  readonly table: CellTable
  readonly book: Ledger
  /** By the number of charges. One for all gates stays in the processor's cache, where one for each would not. */
  readonly drafts: DecisionDraft[]
}

/** A class, because there is one for each key: a closure would be three objects to fetch where this is one. */
class EmbeddedGate implements Gate {
  readonly policyHeader: string
  readonly #shared: SharedByGates
  readonly #charges: readonly Charge[]
  readonly #cells: Cell[]

  constructor(shared: SharedByGates, charges: readonly Charge[], cells: Cell[]) {
    this.policyHeader = policyHeader(charges.map(({ policy }) => policy))
    this.#shared = shared
    this.#charges = charges
    this.#cells = cells
  }

  take(): Decision | Promise<Decision> {
    const { table, book, drafts } = this.#shared
    const cells = this.#cells
    const instant = book.readClock()
    for (let index = 0; index < cells.length; index++) {
      if (!cells[index]!.live) cells[index] = table.get(this.#charges[index]!, instant)
    }
    const draft = drafts[cells.length]!
    return book.decide(cells, draft, true) ? draft : book.decideLater(this.#charges, true)
  }
}

/** The limiter of a single process. Exact, since JavaScript does not interleave a decision with another. */
export const embeddedLimiter = (options: EmbeddedLimiterOptions): EmbeddedLimiter => {
  const { clock, quotaStore, snapshotStore, maxSubjects = 200_000, blockUnits = 50, gatherMs = 0, log } = options
  const table = cellTable({ maxSubjects, durableDays: quotaStore !== undefined })
  const quotas = quotaStore && reserver({ store: quotaStore, blockUnits, gatherMs, log })
  const saver = snapshotStore && snapshotSaver(snapshotStore, () => book.readClock())
  const book = ledger({ clock, table, quotas, onChange: saver?.note })

  const cellsOf = (charges: readonly Charge[]): Cell[] => {
    const instant = book.readClock()
    return charges.map((charge) => table.get(charge, instant))
  }

  const shared: SharedByGates = { table, book, drafts: [] }

  return {
    gate(charges) {
      const distinct = distinctCharges(charges)
      shared.drafts[distinct.length] ??= draftDecision(distinct)
      return new EmbeddedGate(shared, distinct, cellsOf(distinct))
    },

    take(charges) {
      const distinct = distinctCharges(charges)
      const draft = draftDecision(distinct)
      return book.decide(cellsOf(distinct), draft, true) ? draft : book.decideLater(distinct, true)
    },

    peek(charges) {
      const distinct = distinctCharges(charges)
      const draft = draftDecision(distinct)
      const instant = book.readClock()
      const cells = distinct.map((charge) => table.glance(charge, instant))
      return book.decide(cells, draft, false) ? draft : book.decideLater(distinct, false)
    },

    refund: (charges) => cellsOf(distinctCharges(charges)).forEach(book.refund),
    record: (charges) => cellsOf(distinctCharges(charges)).forEach(book.record),

    snapshot() {
      const instant = book.readClock()
      return [...table.cells()].map((cell) => toSnapshot(cell, instant)).filter((row) => row !== undefined)
    },

    restore(rows) {
      const instant = book.readClock()
      for (const row of rows.filter(isUsableSnapshot)) fillFromSnapshot(table.get(row, instant), row, instant)
    },

    flush: async () => saver?.flush(),

    async maintain() {
      table.sweep(book.readClock(), SWEEP_STEPS)
      await saver?.flush().catch((error: unknown) => log?.warn({ err: error }, 'rate limit windows could not be saved'))
    },

    bumpEpoch: async () => book.bumpEpoch(),
    isDegraded: () => false,
    size: table.size,

    async close() {
      const days = [...table.cells()].filter((cell) => cell.algorithm === 'utc-day')
      await Promise.all([saver?.flush(), ...days.map((cell) => quotas?.release(cell))])
    },
  }
}
