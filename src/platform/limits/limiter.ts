import { defineErrors } from '../errors.ts'
import type { Log } from '../log/index.ts'
import type { Charge, Policy } from './policy.ts'

export const LimitErrors = defineErrors({
  LIMITS_UNAVAILABLE: [503, 'The server cannot count requests right now. Try again in a moment.'],
})

/** What one policy says after a decision. */
export interface PolicyState {
  readonly policy: Policy
  /** Requests that would still pass now. */
  readonly remaining: number
  /**
   * Milliseconds until the full limit is back if nothing more is sent: for a window until its newest admission has
   * left it, for a day until the next midnight UTC. 0 when the full limit is there.
   */
  readonly resetMs: number
  /** The same moment as Unix time in whole seconds, rounded up. */
  readonly resetAtSeconds: number
}

/** Passed or not, and why. */
export interface Decision {
  /** True only if every policy had room. When false nothing was spent in any of them. */
  readonly allowed: boolean
  /** In the order of the charges. */
  readonly states: readonly PolicyState[]
  /** 0 if allowed; else at least 1, and the latest of the violated policies: who sleeps exactly this long passes. */
  readonly retryAfterSeconds: number
  /** Names of the policies that had no room. */
  readonly violated: readonly string[]
  /**
   * Changes with each `bumpEpoch()` of any process: whoever caches keys drops them when it changes. Null while the
   * shared store is away: nothing may then be taken from a cache.
   */
  readonly epoch: number | null
  /** When it was decided, in Unix ms of this process; absent where the clock of the store decided. */
  readonly atMs?: number
}

/** A fixed set of charges with its counters at hand: what a hot caller keeps beside the row of a key. */
export interface Gate {
  /** The value of `RateLimit-Policy`. */
  readonly policyHeader: string
  /**
   * Like `Limiter.take`. A decision returned at once (no promise) is overwritten by the next `take` of any gate: read it
   * before giving control away.
   */
  take(): Decision | Promise<Decision>
}

/**
 * Counts requests. All charges of a request are decided together: all are spent or none.
 *
 * A decision comes at once wherever no outside store has to be asked, and as a promise otherwise. Promises reject with
 * `LIMITS_UNAVAILABLE` if a request cannot be counted; it is never let through uncounted.
 */
export interface Limiter {
  take(charges: readonly Charge[]): Decision | Promise<Decision>
  /** What `take` would say, without spending. */
  peek(charges: readonly Charge[]): Decision | Promise<Decision>
  /**
   * Gives back one unit of each charge, for budgets that are charged before the outcome is known (failed sign-ins).
   * Best effort: if the unit cannot be given back it stays spent.
   */
  refund(charges: readonly Charge[]): void | Promise<void>
  gate(charges: readonly Charge[]): Gate
  /** Tells every process to drop what it cached of keys and sessions. @returns the new epoch. */
  bumpEpoch(): Promise<number>
  /** True while decisions are made without the shared store, at this process's share of each limit. */
  isDegraded(): boolean
  /** Drops idle counters and saves changed ones; call it about once a second. Never rejects. */
  maintain(): Promise<void>
  /** For a graceful end, after the last request: saves what changed and gives unused reservations back. */
  close(): Promise<void>
}

/** The part of the log that limiters use. */
export type LimitLog = Pick<Log, 'info' | 'warn'>
