import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { eventually } from '../../../test/services/eventually.ts'
import { type Redis as RedisServer, startRedis } from '../../../test/services/redis.ts'
import { systemClock } from '../clock.ts'
import { newId } from '../ids.ts'
import { dayPolicy, embeddedLimiter, type Policy, redisLimiter, windowPolicy } from './index.ts'
import { MINUTE_MS, sendTogether } from './limits-harness.ts'

let server: RedisServer
before(async () => {
  server = await startRedis()
})
after(() => server.stop())

const connectTo = async (t: TestContext, { url }: RedisServer): Promise<Redis> => {
  const redis = new Redis(url, { retryStrategy: () => 20 })
  redis.on('error', () => {})
  t.after(() => redis.disconnect())
  await eventually(() => assert.equal(redis.status, 'ready'))
  return redis
}

// Generous, because a busy machine is no outage; the tests of outages choose their own.
const limiterOn = async (t: TestContext, { on = server, nodes = 2, timeoutMs = 5000 } = {}) => {
  const redis = await connectTo(t, on)
  const lines: string[] = []
  const note = (_: object, message: string) => void lines.push(message)
  const limiter = redisLimiter({ redis, clock: systemClock, nodes, timeoutMs, log: { info: note, warn: note } })
  return { redis, limiter, lines }
}

/** Every test counts for a subject of its own, so the server may be shared. */
const chargesOf = (...policies: Policy[]) => {
  const subject = newId('key')
  return policies.map((policy) => ({ subject, policy }))
}

const minute = windowPolicy('minute', 100, MINUTE_MS)
const large = windowPolicy('minute', 1100, MINUTE_MS)
const day = dayPolicy('day', 100)

describe('limits on Redis', () => {
  for (const policy of [minute, large, day]) {
    it(`pass exactly ${policy.limit} by ${policy.kind} through two limiters at once`, async (t) => {
      const limiters = [(await limiterOn(t)).limiter, (await limiterOn(t)).limiter]
      const charges = chargesOf(policy)

      const passed = await Promise.all(limiters.map((limiter) => sendTogether(limiter, charges, policy.limit)))

      assert.equal(passed[0]! + passed[1]!, policy.limit)
    })
  }

  for (const { limit } of [minute, large]) {
    it(`pass exactly ${limit} through two processes at once`, async () => {
      const program = fileURLToPath(new URL('redis-peer.fixture.ts', import.meta.url))
      const args = [program, server.url, newId('key'), String(limit), String(limit)]

      const outputs = await Promise.all([0, 1].map(() => promisify(execFile)(process.execPath, args)))

      const passed = outputs.map(({ stdout }) => Number(stdout))
      assert.equal(passed[0]! + passed[1]!, limit)
    })
  }

  it('spend nothing in any policy when one refuses', async (t) => {
    const { limiter } = await limiterOn(t)
    const charges = chargesOf(windowPolicy('minute', 10, MINUTE_MS), large, day).map((charge, index) =>
      index === 1 ? { ...charge, policy: { ...large, name: 'large' } } : charge,
    )

    const passed = await sendTogether(limiter, charges, 50)

    const { allowed, violated, states } = await limiter.peek(charges)
    assert.deepEqual([passed, allowed, violated], [10, false, ['minute']])
    assert.deepEqual(
      states.map(({ remaining }) => remaining),
      [0, 1090, 90],
    )
  })

  it('come back when Retry-After says so', async (t) => {
    const { limiter } = await limiterOn(t)
    const charges = chargesOf(windowPolicy('blink', 3, 700), windowPolicy('large', 1100, 400))
    await sendTogether(limiter, charges, 3)

    const refused = await limiter.take(charges)
    await new Promise((resolve) => setTimeout(resolve, refused.retryAfterSeconds * 1000))
    const passed = await sendTogether(limiter, charges, 5)

    assert.deepEqual([refused.allowed, refused.retryAfterSeconds, passed], [false, 1, 3])
  })

  it('that were lowered make a client wait until enough of its requests have left the window', async (t) => {
    const { redis, limiter } = await limiterOn(t)
    const charges = chargesOf(windowPolicy('minute', 2, MINUTE_MS))
    const agoMicros = (seconds: number) => (Date.now() - seconds * 1000) * 1000
    await redis.rpush(`latchkey:limit:ring:minute:${charges[0]!.subject}`, ...[5, 15, 25, 35, 45].map(agoMicros))

    const { retryAfterSeconds } = await limiter.take(charges)

    assert.ok(retryAfterSeconds > 40 && retryAfterSeconds <= 45, `${retryAfterSeconds} s`)
  })

  it('say the same as the embedded limiter', async (t) => {
    const { limiter } = await limiterOn(t)
    const local = embeddedLimiter({ clock: systemClock })
    const charges = chargesOf(minute, { ...large, name: 'large' }, day)

    for (let index = 0; index < 5; index++) {
      const [here, there] = [await local.take(charges), await limiter.take(charges)]
      const figures = ({ states }: typeof here) => states.map(({ remaining }) => remaining)
      assert.deepEqual(figures(there), figures(here))
      for (const [at, { resetMs, resetAtSeconds }] of there.states.entries()) {
        assert.ok(Math.abs(resetMs - here.states[at]!.resetMs) < 5000)
        assert.ok(Math.abs(resetAtSeconds - here.states[at]!.resetAtSeconds) <= 5)
      }
    }
  })

  it('give a unit back', async (t) => {
    const { limiter } = await limiterOn(t)
    for (const policy of [windowPolicy('minute', 3, MINUTE_MS), dayPolicy('day', 3)]) {
      const charges = chargesOf(policy)
      await limiter.refund(charges)
      await sendTogether(limiter, charges, 3)

      await limiter.refund(charges)

      assert.equal(await sendTogether(limiter, charges, 3), 1)
    }
  })

  it('go on with a gate', async (t) => {
    const { limiter } = await limiterOn(t)
    const gate = limiter.gate(chargesOf(minute))

    const passed = await sendTogether({ take: gate.take }, [], 200)

    assert.deepEqual([passed, gate.policyHeader], [100, '"minute";q=100;w=60'])
  })

  it('know their script again after a restart of the server that forgot it', async (t) => {
    const { redis, limiter } = await limiterOn(t)
    const charges = chargesOf(minute)
    await limiter.take(charges)

    await redis.script('FLUSH')

    assert.equal(await sendTogether(limiter, charges, 200), 99)
    assert.equal(limiter.isDegraded(), false)
  })
})

describe('counters on Redis whose clock was set back', () => {
  it('read what lies in the future as now, so they refill nothing and wait one window at most', async (t) => {
    const { redis, limiter } = await limiterOn(t)
    const charges = chargesOf(windowPolicy('minute', 5, MINUTE_MS), { ...large, name: 'large' })
    const [key, largeKey] = ['ring:minute', 'two-cell:large'].map(
      (name) => `latchkey:limit:${name}:${charges[0]!.subject}`,
    )
    const aheadMicros = (Date.now() + 3_600_000) * 1000
    await redis.lpush(key!, ...Array.from({ length: 5 }, (_, index) => aheadMicros + index))
    await redis.hset(largeKey!, { s: aheadMicros, c: 600, p: 300 })

    const { allowed, retryAfterSeconds, states } = await limiter.take(charges)

    assert.deepEqual([allowed, retryAfterSeconds, states.map(({ remaining }) => remaining)], [false, 60, [0, 200]])
  })

  it('leave a day that had begun, and never refill one', async (t) => {
    const { redis, limiter } = await limiterOn(t)
    const today = Math.floor(Date.now() / 86_400_000)
    const charges = chargesOf(day)
    const key = `latchkey:limit:utc-day:day:${charges[0]!.subject}`
    await redis.hset(key, { d: today + 1, u: 40, pd: today, pu: 70 })
    const anHour = await limiter.peek(charges)

    await redis.hset(key, { d: today + 40, u: 20, pd: today, pu: 70 })
    const fortyDays = await limiter.peek(charges)

    assert.equal(anHour.states[0]?.remaining, 60)
    assert.equal(fortyDays.states[0]?.remaining, 10)
  })
})

describe('the epoch', () => {
  it('comes with every decision and changes for all limiters with each bump', async (t) => {
    const [one, other] = [(await limiterOn(t)).limiter, (await limiterOn(t)).limiter]
    const charges = chargesOf(minute)
    const { epoch: before } = await other.take(charges)

    const bumped = await one.bumpEpoch()

    const { epoch: then } = await other.take(charges)
    assert.ok(bumped > (before ?? Infinity))
    assert.equal(then, bumped)
  })

  it('never returns to an old value on a server that lost its data', async (t) => {
    const own = await startRedis({ own: true })
    t.after(() => own.stop())
    const { redis, limiter } = await limiterOn(t, { on: own })
    const charges = chargesOf(minute)
    const before = await limiter.bumpEpoch()

    await redis.flushall()

    const { epoch: afterLoss } = await limiter.take(charges)
    await redis.flushall()
    const bumped = await limiter.bumpEpoch()
    assert.ok(afterLoss !== null && afterLoss > before && bumped > afterLoss)
  })
})

describe('without Redis', () => {
  const outage = async (t: TestContext, options: { nodes?: number; timeoutMs?: number } = {}) => {
    const own = await startRedis({ own: true })
    t.after(() => own.stop())
    return { own, ...(await limiterOn(t, { on: own, ...options })) }
  }

  it('limits are a share that counts what was let through before, and shared again afterwards', async (t) => {
    const { own, redis, limiter, lines } = await outage(t)
    const [used, fresh] = [chargesOf(minute), chargesOf(minute)]
    assert.equal(await sendTogether(limiter, used, 30), 30)

    await own.kill()
    const passed = [await sendTogether(limiter, used, 200), await sendTogether(limiter, fresh, 200)]
    const refused = await limiter.take(fresh)

    assert.deepEqual(passed, [20, 50])
    assert.deepEqual([refused.allowed, refused.epoch, refused.violated], [false, null, ['minute']])
    assert.ok(refused.retryAfterSeconds >= 55 && refused.retryAfterSeconds <= 60)
    assert.deepEqual([limiter.isDegraded(), lines.length], [true, 1])
    await own.restart()
    await eventually(() => assert.equal(redis.status, 'ready'))
    await eventually(async () => assert.notEqual((await limiter.peek(used)).epoch, null))
    assert.deepEqual([limiter.isDegraded(), lines.length], [false, 2])
    assert.equal(await sendTogether(limiter, chargesOf(minute), 200), 100)
  })

  it('never opens while it is killed under load', async (t) => {
    const { own, limiter } = await outage(t)
    const charges = chargesOf(minute)

    const sending = Array.from({ length: 20 }, async (_, wave) => {
      for (let turn = 0; turn < wave; turn++) await new Promise(setImmediate)
      return sendTogether(limiter, charges, 10)
    })
    await own.kill()
    const passed = (await Promise.all(sending)).reduce((sum, count) => sum + count, 0)

    assert.ok(passed >= 50 && passed <= 100, `${passed} of 100`)
    assert.equal(await sendTogether(limiter, charges, 50), 0)
  })

  it('a server that hangs costs one wait and not one for each request', async (t) => {
    const { own, limiter, lines } = await outage(t, { nodes: 4, timeoutMs: 100 })
    const charges = chargesOf(windowPolicy('failures', 20, MINUTE_MS))
    own.pause()

    let passed = 0
    for (let index = 0; index < 300; index++) passed += (await limiter.take(charges)).allowed ? 1 : 0

    assert.deepEqual([passed, limiter.isDegraded()], [5, true])
    own.resume()
    await eventually(async () => assert.notEqual((await limiter.peek(charges)).epoch, null))
    assert.deepEqual(lines.length, 2)
  })

  it('the epoch cannot be raised, and the caller is told', async (t) => {
    const { own, limiter } = await outage(t)
    await own.kill()

    await assert.rejects(limiter.bumpEpoch(), { code: 'LIMITS_UNAVAILABLE', status: 503 })
  })
})
