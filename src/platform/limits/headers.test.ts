import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  dayPolicy,
  embeddedLimiter,
  mostConstrained,
  policyHeader,
  rateLimitHeader,
  stateOf,
  windowPolicy,
} from './index.ts'
import { atOnce, MINUTE_MS, movableClock, send } from './limits-harness.ts'

const minute = windowPolicy('minute', 100, MINUTE_MS)
const day = dayPolicy('day', 144_000)
const subject = 'key:ada'
const charges = [
  { subject, policy: minute },
  { subject, policy: day },
]

it('RateLimit-Policy names every policy with its quota and window in seconds', () => {
  const header = policyHeader([minute, day])

  assert.equal(header, '"minute";q=100;w=60,"day";q=144000;w=86400')
  assert.equal(embeddedLimiter({ clock: movableClock() }).gate(charges).policyHeader, header)
})

it('RateLimit shows the policy that will stop this client first, in whole seconds', () => {
  const clock = movableClock()
  const limiter = embeddedLimiter({ clock })
  send(limiter, charges, 43)
  clock.advance(37_600)

  const decision = atOnce(limiter.peek(charges))

  assert.equal(rateLimitHeader(decision), '"minute";r=57;t=23')
})

it('RateLimit shows the day once less is left of it than of the minute', () => {
  const limiter = embeddedLimiter({ clock: movableClock() })
  const short = [charges[0]!, { subject, policy: dayPolicy('day', 50) }]

  const decision = atOnce(limiter.take(short))

  assert.equal(mostConstrained(decision)?.policy.name, 'day')
  assert.equal(rateLimitHeader(decision), '"day";r=49;t=41400')
})

it('RateLimit shows of two used-up policies the one that takes longer', () => {
  const limiter = embeddedLimiter({ clock: movableClock() })
  const short = [charges[0]!, { subject, policy: dayPolicy('day', 100) }]
  send(limiter, short, 100)

  const decision = atOnce(limiter.take(short))

  assert.equal(rateLimitHeader(decision), '"day";r=0;t=41400')
})

it('stateOf finds the figures of one policy', () => {
  const limiter = embeddedLimiter({ clock: movableClock() })

  const decision = atOnce(limiter.take(charges))

  assert.equal(stateOf(decision, 'day')?.remaining, 143_999)
  assert.equal(stateOf(decision, 'week'), undefined)
})
