import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { StatementSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { newKeyValue } from '../../src/accounts/api-keys/grammar.ts'
import { movableClock } from '../../src/platform/limits/limits-harness.ts'
import { type TestApp, type TestAppOptions, testApp } from '../app.ts'
import { type Call, send, sendPipelined, sendTogether, statuses, times } from '../requests.ts'

const BUDGET = 20

const guardedApp = (options: TestAppOptions = {}): Promise<TestApp> =>
  testApp('sqlite', {
    roles: new Set(['http']),
    ...options,
    settings: { TRUSTED_PROXIES: '127.0.0.1', LIMIT_AUTH_FAILURES_PER_MINUTE: String(BUDGET), ...options.settings },
  })

const guessFrom = (ip: string): Call => ({
  path: '/api/apikeys',
  headers: { authorization: `Bearer ${newKeyValue('files')}`, 'x-forwarded-for': ip },
})

const signInFrom = (ip: string, email: string, password: string): Call => ({
  method: 'POST',
  path: '/api/auth/sign-in',
  headers: { 'content-type': 'application/json', 'x-forwarded-for': ip },
  body: JSON.stringify({ email, password }),
})

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** What the heap holds on to: what is only waiting to be collected is collected first. */
const heldBytes = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** Counts the queries that look a key up. */
const countLookUps = (t: TestContext): (() => number) => {
  let count = 0
  const all = StatementSync.prototype.all
  t.mock.method(StatementSync.prototype, 'all', function (this: StatementSync, ...values: Parameters<typeof all>) {
    if (/from "api_keys" .*"api_keys"\."hash" = /.test(this.sourceSQL)) count += 1
    return all.apply(this, values)
  })
  return () => count
}

const isHash = (wish: unknown): boolean =>
  typeof wish === 'object' && wish !== null && 'algorithm' in wish && wish.algorithm === 'argon2id'

/** Counts password hashes: how many there were, and the most that ran at the same time. */
const watchHashes = (t: TestContext) => {
  const counts = { all: 0, running: 0, most: 0 }
  const { postMessage } = Worker.prototype
  t.mock.method(Worker.prototype, 'postMessage', function (this: Worker, wish: unknown) {
    if (isHash(wish)) {
      counts.all += 1
      counts.running += 1
      counts.most = Math.max(counts.most, counts.running)
      this.once('message', () => (counts.running -= 1))
    }
    postMessage.call(this, wish)
  })
  return counts
}

describe('guessing keys', () => {
  it('reaches the database 20 times a minute from one address, and nobody elsewhere notices', async (t) => {
    const app = await guardedApp()
    const ada = await app.account()
    const lookUps = countLookUps(t)
    const good: Call = { path: '/api/apikeys', headers: { 'x-api-key': ada.key, 'x-forwarded-for': '198.51.100.7' } }

    const guesses = times(20, () =>
      sendPipelined(
        app.url,
        times(500, () => guessFrom('192.0.2.1')),
      ),
    )
    const [answers, goodAnswers] = await Promise.all([
      Promise.all(guesses),
      sendPipelined(
        app.url,
        times(200, () => good),
      ),
    ])

    assert.deepEqual(statuses(answers.flat()), { 401: BUDGET, 429: 10_000 - BUDGET })
    assert.deepEqual(statuses(goodAnswers), { 200: 200 })
    // One burst of the good key on one connection may be looked up by the few that wait for no other.
    assert.ok(lookUps() <= BUDGET + 5, `${lookUps()} queries`)
  })

  it('says when to come back, and lets the address try again then', async () => {
    const clock = movableClock()
    const app = await guardedApp({ clock })
    await sendPipelined(
      app.url,
      times(BUDGET, () => guessFrom('192.0.2.1')),
    )
    const refused = await send(app.url, guessFrom('192.0.2.1'))

    clock.advance(Number(refused.headers['retry-after']) * 1000)
    const again = await send(app.url, guessFrom('192.0.2.1'))

    assert.deepEqual([refused.status, refused.headers['retry-after'], again.status], [429, '60', 401])
  })

  it('does not refuse a good key of the same address once it is known', async () => {
    const app = await guardedApp()
    const ada = await app.account()
    const good: Call = { path: '/api/apikeys', headers: { 'x-api-key': ada.key, 'x-forwarded-for': '192.0.2.1' } }
    await send(app.url, good)

    await sendPipelined(
      app.url,
      times(100, () => guessFrom('192.0.2.1')),
    )
    const answer = await send(app.url, good)

    assert.equal(answer.status, 200)
  })

  it('counts a /64 of IPv6 as one address, and an IPv4 address in IPv6 clothes as itself', async (t) => {
    const app = await guardedApp()
    const lookUps = countLookUps(t)

    const hops = await sendPipelined(
      app.url,
      times(300, (index) => guessFrom(`2001:db8:1:2:${index.toString(16)}::1`)),
    )
    const clothes = await sendPipelined(
      app.url,
      times(40, (index) => guessFrom(index % 2 === 0 ? '192.0.2.9' : '::ffff:192.0.2.9')),
    )

    assert.deepEqual(statuses(hops), { 401: BUDGET, 429: 300 - BUDGET })
    assert.deepEqual(statuses(clothes), { 401: BUDGET, 429: 40 - BUDGET })
    assert.equal(lookUps(), 2 * BUDGET)
  })

  it('from 5,000 addresses leaves those with a key in peace, in little memory', async () => {
    const app = await guardedApp({ settings: { LIMIT_FILES_PER_MINUTE: '100' } })
    const ada = await app.account()
    const good: Call = { path: '/api/apikeys', headers: { 'x-api-key': ada.key, 'x-forwarded-for': '198.51.100.7' } }
    const before = await sendPipelined(
      app.url,
      times(60, () => good),
    )
    const heapBefore = heldBytes()

    // Half of them hop about in a network of their own.
    const guess = (index: number): Call =>
      guessFrom(
        index % 2 === 0
          ? `10.77.${index >> 8}.${index & 255}`
          : `2001:db8:77:${index.toString(16)}::${(index * 7).toString(16)}`,
      )
    const answers = await Promise.all(
      times(10, (group) =>
        sendPipelined(
          app.url,
          times(500, (index) => guess(group * 500 + index)),
        ),
      ),
    )
    const after = await sendPipelined(
      app.url,
      times(60, () => good),
    )

    assert.deepEqual(statuses(answers.flat()), { 401: 5000 })
    // The key's own counter was not evicted by the addresses: its minute goes on.
    assert.deepEqual([statuses(before), statuses(after)], [{ 200: 60 }, { 200: 40, 429: 20 }])
    const kept = heldBytes() - heapBefore
    assert.ok(kept < 25e6, `${kept} bytes`)
  })
})

describe('guessing passwords', () => {
  it('of one account is slowed down from 1,000 addresses, and its owner still signs in from a known one', async (t) => {
    const app = await guardedApp()
    const ada = await app.account()
    const atHome = signInFrom('198.51.100.7', ada.email, ada.password)
    assert.equal((await send(app.url, atHome)).status, 200)
    const hashes = watchHashes(t)

    const guess = (index: number): Call => signInFrom(`10.78.${index >> 8}.${index & 255}`, ada.email, `guess ${index}`)
    const answers = await sendPipelined(app.url, times(1000, guess))
    const home = await send(app.url, atHome)
    const elsewhere = await send(app.url, signInFrom('203.0.113.5', ada.email, ada.password))

    assert.deepEqual(statuses(answers), { 401: 10, 429: 990 })
    assert.equal(hashes.all, 11)
    assert.deepEqual([home.status, elsewhere.status], [200, 429])
    assert.ok(Number(elsewhere.headers['retry-after']) <= 60)
  })

  it('of 1,000 accounts is slowed down from one address', async (t) => {
    const app = await guardedApp()
    await app.account()
    const hashes = watchHashes(t)

    const guess = (index: number): Call => signInFrom('192.0.2.1', `somebody.${index}@example.org`, 'password of many')
    const answers = await sendPipelined(app.url, times(1000, guess))

    assert.deepEqual(statuses(answers), { 401: 20, 429: 980 })
    assert.equal(hashes.all, 20)
  })

  it('at 500 accounts at once takes as many cores as there are and little memory, and the API answers', async (t) => {
    const app = await guardedApp()
    const ada = await app.account()
    await ada.fetch('/api/apikeys')
    const hashes = watchHashes(t)
    const rssBefore = process.memoryUsage().rss
    let rssMost = 0

    const flood = sendTogether(
      app.url,
      times(500, (index) => signInFrom(`10.79.${index >> 8}.${index & 255}`, `somebody.${index}@example.org`, 'x')),
    )
    const others: number[] = []
    while (others.length < 10) {
      others.push((await ada.fetch('/api/apikeys')).status)
      rssMost = Math.max(rssMost, process.memoryUsage().rss)
    }
    const answers = await flood

    const { 401: refused = 0, 503: busy = 0 } = statuses(answers)
    assert.equal(refused + busy, 500)
    assert.ok(busy > 0 && answers.every(({ status, headers }) => status === 401 || Number(headers['retry-after']) >= 1))
    assert.ok(hashes.most <= availableParallelism(), `${hashes.most} hashes at once`)
    assert.deepEqual(new Set(others), new Set([200]))
    assert.ok(rssMost - rssBefore < 200e6)
  })
})
