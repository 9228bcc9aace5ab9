import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dayPolicy, embeddedLimiter, windowPolicy } from './index.ts'
import { atOnce, DAY_MS, HOUR_MS, MINUTE_MS, movableClock, NOON, send, sendTogether } from './limits-harness.ts'

const minute = windowPolicy('minute', 100, MINUTE_MS)
const large = windowPolicy('minute', 5000, MINUTE_MS)
const day = dayPolicy('day', 100)

const subject = 'key:ada'
const byMinute = [{ subject, policy: minute }]
const byDay = [{ subject, policy: day }]

const limiterAt = (startAt = NOON) => {
  const clock = movableClock(startAt)
  return { clock, limiter: embeddedLimiter({ clock }) }
}

describe('a burst', () => {
  for (const policy of [minute, large, day]) {
    it(`of twice the limit passes exactly ${policy.limit} times by ${policy.kind}`, () => {
      const { limiter } = limiterAt()

      const passed = send(limiter, [{ subject, policy }], policy.limit * 2)

      assert.equal(passed, policy.limit)
    })
  }

  it('passes exactly as often when the requests interleave', async () => {
    const { limiter } = limiterAt()
    const request = async (index: number) => {
      for (let tick = 0; tick < index % 7; tick++) await Promise.resolve()
      const { allowed } = await limiter.take(byMinute)
      return allowed
    }

    const outcomes = await Promise.all(Array.from({ length: 200 }, (_, index) => request(index)))

    assert.equal(outcomes.filter(Boolean).length, 100)
  })

  it('passes exactly as often through two gates and plain takes of one subject', () => {
    const { limiter } = limiterAt()
    const gates = [limiter.gate(byMinute), limiter.gate(byMinute), { take: () => limiter.take(byMinute) }]

    const decisions = Array.from({ length: 300 }, (_, index) => atOnce(gates[index % 3]!.take()).allowed)

    assert.equal(decisions.filter(Boolean).length, 100)
  })
})

describe('a steady client', () => {
  for (const policy of [minute, large]) {
    it(`at 90 % of ${policy.limit} a minute is never refused in ten minutes`, () => {
      const { clock, limiter } = limiterAt()
      const gapMs = MINUTE_MS / (policy.limit * 0.9)

      let refused = 0
      for (let index = 0; index < policy.limit * 9; index++) {
        if (!atOnce(limiter.take([{ subject, policy }])).allowed) refused++
        clock.advance(gapMs)
      }

      assert.equal(refused, 0)
    })
  }
})

describe('several policies', () => {
  const both = [...byDay, { subject, policy: windowPolicy('minute', 10, MINUTE_MS) }]

  it('spend nothing of the day when the minute refuses', () => {
    const { clock, limiter } = limiterAt()
    send(limiter, both, 200)

    const refused = atOnce(limiter.peek(both))

    assert.deepEqual([refused.allowed, refused.violated, refused.states[0]?.remaining], [false, ['minute'], 90])
    clock.advance(MINUTE_MS)
    assert.equal(send(limiter, both, 200), 10)
    assert.equal(atOnce(limiter.peek(both)).states[0]?.remaining, 80)
  })

  it('spend nothing of the minute when the day refuses', () => {
    const { limiter } = limiterAt()
    send(limiter, byDay, 100)

    const refused = atOnce(limiter.take(both))

    assert.deepEqual([refused.allowed, refused.violated, refused.states[1]?.remaining], [false, ['day'], 10])
  })

  it('make a client wait for the last of those that refuse', () => {
    const { limiter } = limiterAt(NOON)
    const tight = [{ subject, policy: dayPolicy('day', 10) }, both[1]!]
    send(limiter, tight, 10)

    const refused = atOnce(limiter.take(tight))

    assert.deepEqual(refused.violated, ['day', 'minute'])
    assert.equal(refused.retryAfterSeconds, 11.5 * 3600)
  })

  it('charge one counter once, however often it is named', () => {
    const { limiter } = limiterAt()

    const decision = atOnce(limiter.take([...byMinute, ...byMinute]))

    assert.deepEqual(
      decision.states.map(({ remaining }) => remaining),
      [99],
    )
  })
})

describe('a decision', () => {
  it('tells when the full limit of a window is back', () => {
    const { clock, limiter } = limiterAt()
    atOnce(limiter.take(byMinute))
    clock.advance(20_000)

    const [state] = atOnce(limiter.take(byMinute)).states
    clock.advance(15_000)
    const [later] = atOnce(limiter.peek(byMinute)).states

    assert.deepEqual([state?.remaining, state?.resetMs, state?.resetAtSeconds], [98, MINUTE_MS, (NOON + 80_000) / 1000])
    assert.deepEqual([later?.remaining, later?.resetMs, later?.resetAtSeconds], [98, 45_000, (NOON + 80_000) / 1000])
  })

  it('tells when the next day begins', () => {
    const { limiter } = limiterAt()

    const [state] = atOnce(limiter.take(byDay)).states

    assert.deepEqual([state?.remaining, state?.resetAtSeconds], [99, Date.UTC(2026, 2, 11) / 1000])
  })

  it('of a gate is the same object again, so it makes no garbage', () => {
    const { limiter } = limiterAt()
    const gate = limiter.gate(byMinute)

    assert.equal(atOnce(gate.take()), atOnce(gate.take()))
  })

  it('carries the epoch, which changes with each bump', async () => {
    const { limiter } = limiterAt()
    const before = atOnce(limiter.take(byMinute)).epoch

    const bumped = await limiter.bumpEpoch()

    assert.notEqual(bumped, before)
    assert.equal(atOnce(limiter.take(byMinute)).epoch, bumped)
  })
})

describe('peek and refund', () => {
  it('peek spends nothing, and does not fill the table', () => {
    const { limiter } = limiterAt()

    for (let index = 0; index < 200; index++) atOnce(limiter.peek([{ subject: `ip:${index}`, policy: minute }]))

    assert.equal(limiter.size(), 0)
    assert.equal(send(limiter, byMinute, 200), 100)
  })

  for (const policy of [minute, large, day]) {
    it(`refund gives one unit back to ${policy.limit} by ${policy.kind}`, async () => {
      const { limiter } = limiterAt()
      const charges = [{ subject, policy }]
      send(limiter, charges, policy.limit)

      await limiter.refund(charges)

      assert.equal(send(limiter, charges, 3), 1)
    })
  }

  it('refund of what was never taken gives nothing', async () => {
    const { limiter } = limiterAt()

    await limiter.refund([...byMinute, ...byDay])

    assert.equal(send(limiter, byMinute, 200), 100)
    assert.equal(send(limiter, byDay, 200), 100)
  })
})

describe('a wall clock', () => {
  for (const [name, jumpMs] of [
    ['-1 h', -HOUR_MS],
    ['+1 h', HOUR_MS],
    ['+40 d', 40 * DAY_MS],
  ] as const) {
    it(`set by ${name} changes no window`, () => {
      const { clock, limiter } = limiterAt()
      send(limiter, byMinute, 100)

      clock.setWallBy(jumpMs)

      assert.equal(send(limiter, byMinute, 100), 0)
      clock.advance(MINUTE_MS)
      assert.equal(send(limiter, byMinute, 200), 100)
    })
  }

  it('set forward by 40 days refills a day once, and set back refills nothing', () => {
    const { clock, limiter } = limiterAt()
    send(limiter, byDay, 60)

    clock.setWallBy(40 * DAY_MS)
    const ahead = atOnce(limiter.peek(byDay)).states[0]?.remaining
    send(limiter, byDay, 30)
    clock.setWallBy(-40 * DAY_MS)
    const back = send(limiter, byDay, 200)

    assert.deepEqual([ahead, back], [100, 10])
    clock.advance(DAY_MS)
    assert.equal(send(limiter, byDay, 200), 100)
  })

  it('set back by an hour over midnight, again and again, refills nothing', () => {
    const { clock, limiter } = limiterAt(Date.UTC(2026, 2, 11, 0, 20))
    send(limiter, byDay, 100)

    for (let flap = 0; flap < 5; flap++) {
      clock.setWallBy(-HOUR_MS)
      assert.equal(send(limiter, byDay, 5), 0)
      clock.setWallBy(HOUR_MS)
      assert.equal(send(limiter, byDay, 5), 0)
    }

    clock.advance(DAY_MS)
    assert.equal(send(limiter, byDay, 200), 100)
  })

  it('set back does not refill days whose counters are long unused', async () => {
    const { clock, limiter } = limiterAt(Date.UTC(2026, 2, 10, 0, 10))
    send(limiter, byDay, 100)
    clock.advance(DAY_MS + 5 * MINUTE_MS)
    await limiter.maintain()

    clock.setWallBy(-HOUR_MS)

    assert.equal(send(limiter, byDay, 5), 0)
  })
})

describe('the table', () => {
  const small = windowPolicy('ip', 10, MINUTE_MS)
  const from = (address: number) => [{ subject: `ip:${address}`, policy: small }]

  it('makes new subjects share one counter when it is full of live ones', () => {
    const limiter = embeddedLimiter({ clock: movableClock(), maxSubjects: 50 })
    for (let address = 0; address < 50; address++) send(limiter, from(address), 10)

    let passed = 0
    for (let address = 50; address < 1000; address++) passed += send(limiter, from(address), 3)

    assert.deepEqual([passed, limiter.size()], [10, 50])
    assert.equal(send(limiter, from(7), 10), 0)
  })

  it('counts a request once on the shared counter', () => {
    const limiter = embeddedLimiter({ clock: movableClock(), maxSubjects: 1 })
    atOnce(limiter.take(from(0)))

    const decision = atOnce(limiter.take([...from(1), ...from(2)]))

    assert.deepEqual(
      decision.states.map(({ remaining }) => remaining),
      [9, 9],
    )
  })

  it('leaves the counters of keys alone when addresses flood it', () => {
    const limiter = embeddedLimiter({ clock: movableClock(), maxSubjects: 50 })
    for (let address = 0; address < 500; address++) atOnce(limiter.take(from(address)))

    assert.equal(send(limiter, byMinute, 200), 100)
  })

  it('moves a gate from the shared counter to one of its own when there is room', async () => {
    const clock = movableClock()
    const limiter = embeddedLimiter({ clock, maxSubjects: 2 })
    for (const address of [0, 1]) send(limiter, from(address), 1)
    const gate = limiter.gate(from(2))
    for (let index = 0; index < 10; index++) atOnce(gate.take())
    assert.equal(atOnce(gate.take()).allowed, false)
    clock.advance(30_000)
    send(limiter, from(3), 1)

    clock.advance(30_000)
    await limiter.maintain()
    await limiter.maintain()

    assert.equal(atOnce(gate.take()).states[0]?.remaining, 9)
  })

  it('drops idle subjects as new ones come', () => {
    const clock = movableClock()
    const limiter = embeddedLimiter({ clock })

    for (let address = 0; address < 5000; address++) {
      send(limiter, from(address), 1)
      clock.advance(1000)
    }

    assert.ok(limiter.size() < 150, `${limiter.size()} counters`)
  })

  it('keeps counting for a gate whose counter was dropped, together with everybody else', async () => {
    const clock = movableClock()
    const limiter = embeddedLimiter({ clock })
    const gate = limiter.gate(byMinute)
    atOnce(gate.take())
    clock.advance(MINUTE_MS)
    await limiter.maintain()
    assert.equal(limiter.size(), 0)

    const others = send(limiter, byMinute, 60)
    const through = Array.from({ length: 60 }, () => atOnce(gate.take()).allowed).filter(Boolean).length

    assert.equal(others + through, 100)
  })
})

describe('a changed limit', () => {
  it('counts what was spent under the old one', () => {
    const { limiter } = limiterAt()
    send(limiter, byMinute, 60)
    const limited = (limit: number) => [{ subject, policy: windowPolicy('minute', limit, MINUTE_MS) }]

    const lowered = send(limiter, limited(50), 10)
    const raised = send(limiter, limited(2000), 3000)
    const backAgain = send(limiter, limited(100), 10)

    assert.deepEqual([lowered, raised, backAgain], [0, 1940, 0])
  })

  it('that is lower makes a client wait until enough of its requests have left the window', () => {
    const { clock, limiter } = limiterAt()
    for (let index = 0; index < 6; index++) {
      send(limiter, byMinute, 1)
      clock.advance(5000)
    }
    const lowered = [{ subject, policy: windowPolicy('minute', 2, MINUTE_MS) }]

    const { retryAfterSeconds } = atOnce(limiter.take(lowered))

    assert.equal(retryAfterSeconds, 50)
    clock.advance(49_999)
    assert.equal(atOnce(limiter.peek(lowered)).allowed, false)
    clock.advance(1)
    assert.equal(atOnce(limiter.take(lowered)).allowed, true)
  })

  it('is no way to empty a window by lowering and raising it', () => {
    const { limiter } = limiterAt()
    send(limiter, byMinute, 100)
    send(limiter, [{ subject, policy: windowPolicy('minute', 1, MINUTE_MS) }], 5)

    const passed = send(limiter, byMinute, 100)

    assert.equal(passed, 0)
  })

  it('is refused if nobody could keep it', () => {
    for (const limit of [0, -1, 1.5, Number.NaN, Infinity]) {
      assert.throws(() => windowPolicy('minute', limit, MINUTE_MS), RangeError)
    }
    assert.throws(() => windowPolicy('a"b', 1, MINUTE_MS), RangeError)
  })
})

describe('a snapshot', () => {
  const all = [
    { subject, policy: minute },
    { subject, policy: windowPolicy('large', 5000, MINUTE_MS) },
    { subject, policy: day },
  ]
  const restarted = (rows: ReturnType<ReturnType<typeof embeddedLimiter>['snapshot']>, startAt: number) => {
    const clock = movableClock(startAt, 3)
    const limiter = embeddedLimiter({ clock })
    limiter.restore(JSON.parse(JSON.stringify(rows)))
    return { clock, limiter }
  }

  it('goes on after a restart where the counters were', () => {
    const { clock, limiter } = limiterAt()
    send(limiter, all, 80)
    clock.advance(10_000)

    const after = restarted(limiter.snapshot(), clock.now().getTime() + 5000)

    assert.equal(send(after.limiter, all, 50), 20)
    after.clock.advance(45_001)
    assert.equal(send(after.limiter, byMinute, 100), 80)
  })

  it('refills nothing if the clock was set back meanwhile', () => {
    const { limiter } = limiterAt()
    send(limiter, all, 100)

    const after = restarted(limiter.snapshot(), NOON - HOUR_MS)

    assert.equal(send(after.limiter, byMinute, 100), 0)
    after.clock.advance(MINUTE_MS)
    assert.equal(send(after.limiter, byMinute, 200), 100)
  })

  it('skips rows that make no sense', () => {
    const broken = [{ subject, policy: { ...minute, limit: -5 }, values: [1], expiresAt: 1 }]

    const { limiter } = restarted(broken, NOON)

    assert.equal(send(limiter, byMinute, 200), 100)
  })

  it('is saved each second, changed counters only, and again if saving failed', async () => {
    const clock = movableClock()
    const saved: string[][] = []
    let fails = false
    const snapshotStore = {
      async save(rows: readonly { subject: string }[]) {
        if (fails) throw new Error('disk full')
        saved.push(rows.map((row) => row.subject))
      },
    }
    const limiter = embeddedLimiter({ clock, snapshotStore })
    const takeFor = (name: string) => atOnce(limiter.take([{ subject: name, policy: minute }]))
    takeFor('a')
    takeFor('a')
    takeFor('b')
    await limiter.maintain()

    fails = true
    takeFor('b')
    await limiter.maintain()
    fails = false
    await limiter.maintain()
    await limiter.maintain()

    assert.deepEqual(saved, [['a', 'b'], ['b']])
  })

  it('is no place for promises: nothing here waits', async () => {
    const { limiter } = limiterAt()

    assert.equal(await sendTogether(limiter, byMinute, 200), 100)
  })
})
