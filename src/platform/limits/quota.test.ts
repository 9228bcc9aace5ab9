import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type Decision,
  dayPolicy,
  embeddedLimiter,
  memoryQuotaStore,
  type QuotaStore,
  reservationOf,
  windowPolicy,
} from './index.ts'
import { atOnce, DAY_MS, HOUR_MS, MINUTE_MS, movableClock, NOON, sendTogether } from './limits-harness.ts'

const subject = 'key:ada'
const byDay = (limit: number) => [{ subject, policy: dayPolicy('day', limit) }]
const rowKey = (day: number) => `${day} day ${subject}`
const TODAY = Math.floor(NOON / DAY_MS)

/** The memory store, with each answer some turns late. */
const slowStore = (turns = 3) => {
  const store = memoryQuotaStore()
  const late = async <T>(value: T): Promise<T> => {
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
    return value
  }
  const slow: QuotaStore = {
    reserve: async (request) => late(await store.reserve(request)),
    release: async (request) => late(await store.release(request)),
  }
  return { ...slow, rows: store.rows }
}

const turn = () => new Promise(setImmediate)

describe('a day quota in blocks', () => {
  it('passes exactly the limit of twice as many requests at once', async () => {
    const limiter = embeddedLimiter({ clock: movableClock(), quotaStore: slowStore() })

    assert.equal(await sendTogether(limiter, byDay(1000), 2000), 1000)
  })

  it('answers at once while its block lasts, and reserves the next in the background', async () => {
    const quotaStore = memoryQuotaStore()
    const limiter = embeddedLimiter({ clock: movableClock(), quotaStore })
    const gate = limiter.gate(byDay(100_000))
    await gate.take()

    for (let index = 0; index < 5000; index++) {
      atOnce(gate.take())
      if (index % 20 === 0) await turn()
    }

    const reserved = quotaStore.rows.get(rowKey(TODAY)) ?? 0
    assert.ok(reserved >= 5001 && reserved <= 5001 + 2000, `${reserved} reserved`)
  })

  it('reserves ahead for many keys in one turn, so that a store can make one commit of it', async () => {
    const rows = memoryQuotaStore()
    const turns: number[] = []
    let asked = 0
    const quotaStore: QuotaStore = {
      ...rows,
      reserve(request) {
        if (asked === 0)
          setImmediate(() => {
            turns.push(asked)
            asked = 0
          })
        asked++
        return rows.reserve(request)
      },
    }
    const limiter = embeddedLimiter({ clock: movableClock(), quotaStore, gatherMs: 1 })
    const gates = ['ada', 'bob', 'eve'].map((name) => limiter.gate([{ subject: name, policy: dayPolicy('day', 9000) }]))
    for (const gate of gates) await gate.take()
    await turn()
    turns.length = 0

    for (const gate of gates) for (let sent = 0; sent < 30; sent++) atOnce(gate.take())
    while (turns.length === 0) await turn()

    assert.deepEqual(turns, [3])
  })

  it('asks for larger blocks while a key is busy, and for small ones again when it is not', async () => {
    const asked: number[] = []
    const rows = memoryQuotaStore()
    const quotaStore: QuotaStore = {
      ...rows,
      reserve: (request) => {
        asked.push(request.units)
        return rows.reserve(request)
      },
    }
    const clock = movableClock()
    const limiter = embeddedLimiter({ clock, quotaStore })
    const charges = byDay(1_000_000)
    for (let index = 0; index < 3000; index++) await limiter.take(charges)

    clock.advance(MINUTE_MS)
    const busy = asked.length
    for (let index = 0; index < 3000; index++) {
      await limiter.take(charges)
      clock.advance(1000)
    }

    assert.deepEqual(asked.slice(0, 5), [50, 100, 200, 400, 800])
    assert.equal(
      asked.slice(busy + 1).every((units) => units === 50),
      true,
    )
  })

  it('spends nothing of the day when the minute refuses', async () => {
    const limiter = embeddedLimiter({ clock: movableClock(), quotaStore: slowStore() })
    const both = [...byDay(1000), { subject, policy: windowPolicy('minute', 100, MINUTE_MS) }]

    const passed = await sendTogether(limiter, both, 300)

    const { states } = await limiter.peek(both)
    assert.deepEqual([passed, states.map(({ remaining }) => remaining)], [100, [900, 0]])
  })

  it('prints the true remainder at the first request after a restart, also if the minute refuses', async () => {
    const quotaStore = memoryQuotaStore()
    const clock = movableClock()
    const before = embeddedLimiter({ clock, quotaStore })
    await sendTogether(before, byDay(1000), 120)
    await before.close()
    const limiter = embeddedLimiter({ clock, quotaStore })
    const minute = { subject, policy: windowPolicy('minute', 1, MINUTE_MS) }
    atOnce(limiter.take([minute]))

    const refused = await limiter.take([...byDay(1000), minute])

    assert.deepEqual([refused.violated, refused.states[0]?.remaining], [['minute'], 880])
  })

  it('gives unused units back when it is closed', async () => {
    const quotaStore = slowStore()
    const limiter = embeddedLimiter({ clock: movableClock(), quotaStore })
    await sendTogether(limiter, byDay(1000), 120)

    await limiter.close()

    assert.equal(quotaStore.rows.get(rowKey(TODAY)), 120)
  })

  it('is refilled at midnight, once', async () => {
    const clock = movableClock(Date.UTC(2026, 2, 10, 23, 59))
    const limiter = embeddedLimiter({ clock, quotaStore: slowStore() })
    const today = await sendTogether(limiter, byDay(300), 400)
    const { retryAfterSeconds } = await limiter.take(byDay(300))

    clock.advance(retryAfterSeconds * 1000)
    const tomorrow = await sendTogether(limiter, byDay(300), 400)
    clock.setWallBy(-HOUR_MS)
    const setBack = await sendTogether(limiter, byDay(300), 5)

    assert.deepEqual([today, retryAfterSeconds, tomorrow, setBack], [300, 60, 300, 0])
  })

  it('does not take a block over midnight that was asked for before', async () => {
    const clock = movableClock(Date.UTC(2026, 2, 10, 23, 59, 59))
    const quotaStore = slowStore()
    const limiter = embeddedLimiter({ clock, quotaStore })

    const asked = limiter.take(byDay(50))
    await turn()
    clock.advance(2000)
    const tomorrow = limiter.take(byDay(50))
    const passed = (await Promise.all([asked, tomorrow])).filter(({ allowed }) => allowed)

    assert.equal(passed.length, 2)
    assert.equal(await sendTogether(limiter, byDay(50), 100), 48)
    assert.deepEqual([...quotaStore.rows.values()], [50, 50])
  })

  it('passes more when the limit is raised, as far as the new limit', async () => {
    const limiter = embeddedLimiter({ clock: movableClock(), quotaStore: slowStore() })
    const before = await sendTogether(limiter, byDay(120), 300)

    const after = await sendTogether(limiter, byDay(200), 300)

    assert.deepEqual([before, after], [120, 80])
  })

  it('is exact when two processes share the store', async () => {
    const quotaStore = slowStore()
    const clock = movableClock()
    const limiters = [embeddedLimiter({ clock, quotaStore }), embeddedLimiter({ clock, quotaStore })]

    const passed = await Promise.all(limiters.map((limiter) => sendTogether(limiter, byDay(520), 1000)))

    assert.equal(passed[0]! + passed[1]!, 520)
  })
})

describe('a quota store that fails', () => {
  const failing = () => {
    const rows = memoryQuotaStore()
    const state = { fails: false, calls: 0 }
    const quotaStore: QuotaStore = {
      ...rows,
      async reserve(request) {
        state.calls++
        if (state.fails) throw new Error('database is locked')
        return rows.reserve(request)
      },
    }
    return { state, quotaStore }
  }

  it('lets what is reserved pass, then answers 503, and recovers by itself', async () => {
    const { state, quotaStore } = failing()
    const warnings: string[] = []
    const log = { info: () => {}, warn: (_: object, message: string) => void warnings.push(message) }
    const limiter = embeddedLimiter({ clock: movableClock(), quotaStore, log })
    await limiter.take(byDay(1000))
    state.fails = true

    for (let index = 0; index < 49; index++) {
      assert.equal((await limiter.take(byDay(1000))).allowed, true)
      await turn()
    }
    const calls = state.calls

    await assert.rejects(async () => limiter.take(byDay(1000)), { code: 'LIMITS_UNAVAILABLE', status: 503 })
    assert.deepEqual([calls, warnings.length], [2, 1])
    state.fails = false
    assert.equal((await limiter.take(byDay(1000))).allowed, true)
  })
})

describe('reservationOf', () => {
  it('grants what lies below the limit', () => {
    assert.deepEqual(reservationOf(50, 50, 120), { granted: 50, reserved: 50 })
    assert.deepEqual(reservationOf(150, 50, 120), { granted: 20, reserved: 150 })
    assert.deepEqual(reservationOf(200, 50, 120), { granted: 0, reserved: 200 })
    assert.deepEqual(reservationOf(undefined, 50, 120), { granted: 0, reserved: 120 })
  })
})

describe('after a crash', () => {
  const steps = fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ do: fc.constant('send' as const), count: fc.integer({ min: 1, max: 150 }) }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), count: fc.integer({ min: 0, max: 6 }) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), count: fc.constant(0) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), count: fc.integer({ min: 1, max: 9 }) }) },
    ),
    { maxLength: 25 },
  )
  const setups = fc.record({ limit: fc.integer({ min: 1, max: 700 }), blockUnits: fc.constantFrom(1, 7, 50, 200) })

  it('never more passes in a day than the quota, and nothing is lost without one', async () => {
    await fc.assert(
      fc.asyncProperty(setups, steps, async ({ limit, blockUnits }, plan) => {
        const clock = movableClock()
        const quotaStore = slowStore(2)
        const start = () => embeddedLimiter({ clock, quotaStore, blockUnits })
        const passedByDay = new Map<number, number>()
        let limiter = start()
        let sent = 0
        let crashes = 0
        const note = ({ allowed, states }: Decision) => {
          const day = (states[0]!.resetAtSeconds * 1000) / DAY_MS
          if (allowed) passedByDay.set(day, (passedByDay.get(day) ?? 0) + 1)
        }

        for (const step of plan) {
          if (step.do === 'send') {
            sent += step.count
            await Promise.all(Array.from({ length: step.count }, async () => note(await limiter.take(byDay(limit)))))
          } else if (step.do === 'crash') {
            // Requests and reservations are under way when the process dies; what passed in time was served.
            let isAlive = true
            const dying = Array.from({ length: step.count * 20 }, async () => {
              const decision = await limiter.take(byDay(limit))
              if (isAlive) note(decision)
            })
            for (let index = 0; index < step.count; index++) await turn()
            isAlive = false
            limiter = start()
            await Promise.all(dying)
            crashes++
          } else if (step.do === 'close') {
            await limiter.close()
            limiter = start()
          } else {
            clock.advance(step.count * HOUR_MS)
          }
        }

        for (const passed of passedByDay.values()) assert.ok(passed <= limit, `${passed} of ${limit}`)
        if (crashes === 0 && passedByDay.size === 1) {
          assert.deepEqual([...passedByDay.values()], [Math.min(sent, limit)])
        }
      }),
      { numRuns: 150 },
    )
  })
})
