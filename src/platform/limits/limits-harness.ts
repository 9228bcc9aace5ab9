import assert from 'node:assert/strict'
import type { Clock } from '../clock.ts'
import type { Charge, Decision } from './index.ts'

export interface MovableClock extends Clock {
  /** Time passes: both readings go on. */
  advance(ms: number): void
  /** Somebody sets the wall clock; no time passes. */
  setWallBy(ms: number): void
}

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

/** Half past noon on a Tuesday, so that nothing falls on a boundary unless a test wants it to. */
export const NOON = Date.UTC(2026, 2, 10, 12, 30)

export const movableClock = (startAt = NOON, startMs = 1234.5): MovableClock => {
  let wallMs = startAt
  let nowMs = startMs
  return {
    now: () => new Date(wallMs),
    monotonicMs: () => nowMs,
    advance(ms) {
      nowMs += ms
      wallMs += ms
    },
    setWallBy(ms) {
      wallMs += ms
    },
  }
}

/** A decision that must not have needed anybody else. */
export const atOnce = (decision: Decision | Promise<Decision>): Decision => {
  assert.ok(!(decision instanceof Promise), 'the decision is a promise')
  return decision
}

interface Takes {
  take(charges: readonly Charge[]): Decision | Promise<Decision>
}

/** Sends `count` requests one after the other. @returns how many passed. */
export const send = (limiter: Takes, charges: readonly Charge[], count: number): number => {
  let passed = 0
  for (let index = 0; index < count; index++) if (atOnce(limiter.take(charges)).allowed) passed++
  return passed
}

/** Sends `count` requests at once. @returns how many passed. */
export const sendTogether = async (limiter: Takes, charges: readonly Charge[], count: number): Promise<number> => {
  const decisions = await Promise.all(Array.from({ length: count }, async () => limiter.take(charges)))
  return decisions.filter(({ allowed }) => allowed).length
}
