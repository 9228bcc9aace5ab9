import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { dayPolicy, embeddedLimiter, type Policy, windowPolicy } from './index.ts'
import { atOnce, MINUTE_MS, movableClock, send } from './limits-harness.ts'

const subject = 'key:ada'

/** Gaps between requests: bursts, fractions, whole windows, and exactly the boundary. */
const gaps = (windowMs: number) =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.double({ min: 0, max: windowMs / 4, noNaN: true }) },
      { weight: 1, arbitrary: fc.constantFrom(windowMs, windowMs / 2, windowMs - 0.001, windowMs * 2.5) },
    ),
    { maxLength: 150 },
  )

/** Counts by looking at everything that ever passed. */
const oracle = (limit: number, windowMs: number) => {
  const admitted: number[] = []
  const inWindow = (nowMs: number) => admitted.filter((atMs) => nowMs - atMs < windowMs)
  return {
    admitted,
    take(nowMs: number): boolean {
      if (inWindow(nowMs).length >= limit) return false
      admitted.push(nowMs)
      return true
    },
    remaining: (nowMs: number) => limit - inWindow(nowMs).length,
    resetMs: (nowMs: number) => Math.max(0, ...inWindow(nowMs).map((atMs) => atMs + windowMs - nowMs)),
  }
}

/** The most that were admitted in any half-open interval of `windowMs`. */
const mostInAWindow = (admitted: readonly number[], windowMs: number): number => {
  let most = 0
  let first = 0
  for (let last = 0; last < admitted.length; last++) {
    while (admitted[last]! - admitted[first]! >= windowMs) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

describe('the exact window', () => {
  it('agrees with an oracle that remembers everything', () => {
    const cases = fc.tuple(fc.integer({ min: 1, max: 40 }), gaps(1000))
    fc.assert(
      fc.property(cases, ([limit, pauses]) => {
        const clock = movableClock()
        const limiter = embeddedLimiter({ clock })
        const model = oracle(limit, 1000)
        const charges = [{ subject, policy: windowPolicy('second', limit, 1000) }]

        for (const pauseMs of pauses) {
          clock.advance(pauseMs)
          const nowMs = clock.monotonicMs()
          const decision = atOnce(limiter.take(charges))

          assert.equal(decision.allowed, model.take(nowMs))
          assert.equal(decision.states[0]?.remaining, model.remaining(nowMs))
          assert.equal(decision.states[0]?.resetMs, model.resetMs(nowMs))
        }

        assert.ok(mostInAWindow(model.admitted, 1000) <= limit)
      }),
      { numRuns: 300 },
    )
  })

  it('admits at most its limit in every 60 s of a client that hammers across the boundaries', () => {
    const clock = movableClock()
    const limiter = embeddedLimiter({ clock })
    const gate = limiter.gate([{ subject, policy: windowPolicy('minute', 100, MINUTE_MS) }])
    const admitted: number[] = []

    for (let atMs = 0; atMs < 5 * MINUTE_MS; atMs += 17.3) {
      if (atOnce(gate.take()).allowed) admitted.push(clock.monotonicMs())
      clock.advance(17.3)
    }

    assert.equal(mostInAWindow(admitted, MINUTE_MS), 100)
    assert.ok(admitted.length >= 480, `${admitted.length} in five minutes`)
  })
})

describe('the estimated window', () => {
  it('stays below twice its limit in any window, and at its limit in any second', () => {
    const limit = 1100
    const bursts = fc.array(
      fc.record({ pauseMs: fc.double({ min: 0, max: 40_000, noNaN: true }), count: fc.integer({ max: 2500, min: 1 }) }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(bursts, (pattern) => {
        const clock = movableClock()
        const limiter = embeddedLimiter({ clock })
        const gate = limiter.gate([{ subject, policy: windowPolicy('minute', limit, MINUTE_MS) }])
        const admitted: number[] = []

        for (const { pauseMs, count } of pattern) {
          clock.advance(pauseMs)
          for (let index = 0; index < count; index++) {
            if (atOnce(gate.take()).allowed) admitted.push(clock.monotonicMs())
          }
        }

        assert.ok(mostInAWindow(admitted, MINUTE_MS) < 2 * limit)
        assert.ok(mostInAWindow(admitted, 1) <= limit)
      }),
      { numRuns: 60 },
    )
  })
})

describe('Retry-After', () => {
  const policies = fc.constantFrom<readonly Policy[]>(
    [windowPolicy('minute', 7, MINUTE_MS)],
    [windowPolicy('third', 3, 333.3)],
    [windowPolicy('large', 1100, MINUTE_MS)],
    [dayPolicy('day', 20)],
    [windowPolicy('minute', 7, MINUTE_MS), windowPolicy('large', 1100, MINUTE_MS), dayPolicy('day', 20)],
  )
  const visits = fc.array(
    fc.record({ pauseMs: fc.double({ min: 0, max: 50_000, noNaN: true }), count: fc.integer({ min: 1, max: 900 }) }),
    { minLength: 1, maxLength: 8 },
  )

  it('is long enough: who sleeps exactly that long passes', () => {
    fc.assert(
      fc.property(policies, visits, fc.double({ min: 0, max: 1e9, noNaN: true }), (applied, pattern, startMs) => {
        const clock = movableClock(undefined, startMs)
        const limiter = embeddedLimiter({ clock })
        const charges = applied.map((policy) => ({ subject, policy }))

        for (const { pauseMs, count } of pattern) {
          clock.advance(Math.floor(pauseMs))
          for (let index = 0; index < count; index++) {
            const decision = atOnce(limiter.take(charges))
            if (decision.allowed) continue
            assert.ok(decision.retryAfterSeconds >= 1)
            clock.advance(decision.retryAfterSeconds * 1000)
            assert.equal(atOnce(limiter.take(charges)).allowed, true)
            break
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('is no longer than needed: a second less is too early', () => {
    fc.assert(
      fc.property(policies, visits, (applied, pattern) => {
        const clock = movableClock()
        const limiter = embeddedLimiter({ clock })
        const charges = applied.map((policy) => ({ subject, policy }))

        for (const { pauseMs, count } of pattern) {
          clock.advance(pauseMs)
          send(limiter, charges, count)
          const { allowed, retryAfterSeconds } = atOnce(limiter.peek(charges))
          // The last bit of a sum of floats may cost a second, hence a hair earlier than that.
          clock.advance(Math.max(0, (retryAfterSeconds - 1) * 1000 - 0.001))
          assert.equal(atOnce(limiter.peek(charges)).allowed, allowed)
        }
      }),
      { numRuns: 200 },
    )
  })
})
