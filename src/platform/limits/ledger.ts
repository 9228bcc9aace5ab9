import { type Clock, epochMsOf } from '../clock.ts'
import { AppError } from '../errors.ts'
import { ASK, type Cell, checkCell, commitCell, type Instant, PASS, REFUSE, UNREAD, uncommitCell } from './cell.ts'
import { blame, type DecisionDraft, draftDecision, fillDecision } from './decision.ts'
import { type Decision, LimitErrors } from './limiter.ts'
import type { Charge } from './policy.ts'
import type { Reserver } from './quota.ts'
import type { CellTable } from './table.ts'

export interface LedgerOptions {
  readonly clock: Clock
  readonly table: CellTable
  readonly quotas: Reserver | undefined
  /** Told of every counter that was charged and is not kept by the quota store. */
  readonly onChange: ((cell: Cell) => void) | undefined
}

export type Ledger = ReturnType<typeof ledger>

/** Where counters are read and charged, several for one request. */
export const ledger = ({ clock, table, quotas, onChange }: LedgerOptions) => {
  const instant = { nowMs: 0, wallMs: 0 }
  const epochMs = epochMsOf(clock)
  let epoch = 0

  /** Everything between two reads is synchronous, so one object serves all decisions, one after the other. */
  const readClock = (): Instant => {
    instant.nowMs = clock.monotonicMs()
    instant.wallMs = epochMs()
    return instant
  }

  const charge = (cell: Cell): void => {
    commitCell(cell, instant.nowMs)
    if (cell.algorithm === 'utc-day' && cell.durable) quotas?.reserveAhead(cell, instant.nowMs)
    else onChange?.(cell)
  }

  const chargeAll = (cells: readonly Cell[]): void => {
    for (let index = 0; index < cells.length; index++) {
      const cell = cells[index]!
      // Several charges may share an overflow counter, and a request is one request.
      if (cell.live || cells.indexOf(cell) === index) charge(cell)
    }
  }

  /** Checks all, then spends all. @returns false, with nothing spent, if a day has to be asked for first. */
  const decide = (cells: readonly Cell[], draft: DecisionDraft, spends: boolean): boolean => {
    const verdict = worstVerdict(cells, instant)
    if (verdict === UNREAD || (verdict === ASK && spends)) return false
    const allowed = verdict !== REFUSE
    if (allowed && spends) chargeAll(cells)
    draft.epoch = epoch
    fillDecision(draft, cells, allowed, instant)
    if (!allowed) blame(draft, cells, instant)
    return true
  }

  const askFor = async (cells: readonly Cell[]): Promise<void> => {
    const waiting = cells.filter((cell) => cell.algorithm === 'utc-day').filter((cell) => isWaiting(cell, instant))
    try {
      await Promise.all(waiting.map((cell) => quotas?.reserve(cell, instant.nowMs)))
    } catch (cause) {
      throw new AppError(LimitErrors.LIMITS_UNAVAILABLE, { cause, retryAfterSeconds: 1 })
    }
  }

  return {
    readClock,
    decide,

    /** Others may take the units that arrive, or midnight may pass: so it is decided anew after each answer. */
    async decideLater(charges: readonly Charge[], spends: boolean): Promise<Decision> {
      for (;;) {
        readClock()
        const cells = charges.map((one) => table.get(one, instant))
        const draft = draftDecision(charges)
        if (decide(cells, draft, spends)) return draft
        await askFor(cells)
      }
    },

    /** Charges without asking whether there is room. */
    record(cell: Cell): void {
      checkCell(cell, instant.nowMs, instant.wallMs)
      charge(cell)
    },

    refund(cell: Cell): void {
      checkCell(cell, instant.nowMs, instant.wallMs)
      uncommitCell(cell)
    },

    bumpEpoch: () => ++epoch,
  }
}

const worstVerdict = (cells: readonly Cell[], { nowMs, wallMs }: Instant): number => {
  let worst = PASS
  for (let index = 0; index < cells.length; index++) {
    worst = Math.max(worst, checkCell(cells[index]!, nowMs, wallMs))
  }
  return worst
}

const isWaiting = (cell: Cell, { nowMs, wallMs }: Instant): boolean => {
  const verdict = checkCell(cell, nowMs, wallMs)
  return verdict === ASK || verdict === UNREAD
}
