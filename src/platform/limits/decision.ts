import { type Cell, cellRemaining, cellResetMs, cellRetrySeconds, checkCell, type Instant, REFUSE } from './cell.ts'
import type { Decision, PolicyState } from './limiter.ts'
import type { Charge } from './policy.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** A decision that can be filled again, so that a hot path makes no garbage. */
export interface DecisionDraft extends Writable<Omit<Decision, 'states'>> {
  readonly states: readonly Writable<PolicyState>[]
}

const NOTHING: readonly string[] = Object.freeze([])

export const draftDecision = (charges: readonly Charge[]): DecisionDraft => ({
  allowed: true,
  states: charges.map(({ policy }) => ({ policy, remaining: 0, resetMs: 0, resetAtSeconds: 0 })),
  retryAfterSeconds: 0,
  violated: NOTHING,
  epoch: 0,
  atMs: 0,
})

/** Writes what the counters say, after they were checked (and, if allowed, charged) at this instant. */
export const fillDecision = (
  draft: DecisionDraft,
  cells: readonly Cell[],
  allowed: boolean,
  { nowMs, wallMs }: Instant,
): void => {
  draft.allowed = allowed
  draft.atMs = wallMs
  draft.retryAfterSeconds = 0
  draft.violated = NOTHING
  for (let index = 0; index < cells.length; index++) {
    const cell = cells[index]!
    const state = draft.states[index]!
    const resetMs = cellResetMs(cell, nowMs, wallMs)
    state.policy = cell.policy
    state.remaining = cellRemaining(cell, nowMs)
    state.resetMs = resetMs
    state.resetAtSeconds = Math.ceil((wallMs + resetMs) / 1000)
  }
}

/** Adds to a refusal who refused and how long to wait: until the last of them has room. */
export const blame = (draft: DecisionDraft, cells: readonly Cell[], { nowMs, wallMs }: Instant): void => {
  const refusing = cells.filter((cell) => checkCell(cell, nowMs, wallMs) === REFUSE)
  draft.violated = refusing.map((cell) => cell.policy.name)
  draft.retryAfterSeconds = Math.max(...refusing.map((cell) => cellRetrySeconds(cell, nowMs, wallMs)))
}
