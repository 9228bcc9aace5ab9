import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { describe, it } from 'node:test'
import { movableClock } from '../../src/platform/limits/limits-harness.ts'
import { type TestAccount, type TestApp, type TestAppOptions, testApp } from '../app.ts'
import { type Call, send, sendPipelined, sendTogether, statuses, times } from '../requests.ts'

const LIMIT = 100
// The budget for bad credentials is the product's own: a burst of good ones must not run into it.
const SETTINGS = {
  LIMIT_FILES_PER_MINUTE: String(LIMIT),
  LIMIT_BOTS_PER_MINUTE: String(LIMIT),
  LIMIT_CARDS_PER_MINUTE: String(LIMIT),
  LIMIT_SESSION_PER_MINUTE: '600',
  LIMIT_AUTH_FAILURES_PER_MINUTE: '20',
}
const SURFACES = { files: '/api/apikeys', bots: '/v2/bots', cards: '/v1/cards' } as const

const limitedApp = (options: TestAppOptions = {}): Promise<TestApp> =>
  testApp('sqlite', { roles: new Set(['http']), ...options, settings: { ...SETTINGS, ...options.settings } })

const withKey = ({ key }: TestAccount, path: string): Call => ({ path, headers: { authorization: `Bearer ${key}` } })

for (const [surface, path] of Object.entries(SURFACES)) {
  describe(`the limit of ${surface}`, () => {
    it('lets exactly 100 of 200 pass that come on 200 connections at once, with a key nobody has used yet', async () => {
      const app = await limitedApp()
      const ada = await app.account()

      const answers = await sendTogether(
        app.url,
        times(200, () => withKey(ada, path)),
      )

      assert.deepEqual(statuses(answers), { 200: LIMIT, 429: 100 })
    })

    it('lets exactly 100 of 200 pass that come in one write', async () => {
      const app = await limitedApp()
      const ada = await app.account()

      const answers = await sendPipelined(
        app.url,
        times(200, () => withKey(ada, path)),
      )

      assert.deepEqual(statuses(answers), { 200: LIMIT, 429: 100 })
    })

    it('holds for who asks to go on in HTTP/2, and who begins in it is not served', async () => {
      const app = await limitedApp()
      const ada = await app.account()
      const { headers } = withKey(ada, path)
      const upgrade = { upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA' }

      const answers = await sendTogether(
        app.url,
        times(200, () => ({ path, headers: { ...headers, ...upgrade, connection: 'upgrade, http2-settings' } })),
      )
      const session = connect(app.url)
      const [refused] = await once(session, 'error')

      assert.deepEqual(statuses(answers), { 200: LIMIT, 429: 100 })
      assert.match(String(refused), /protocol/i)
    })

    it('lets a client pass that has slept for exactly Retry-After, and not a second earlier', async () => {
      const clock = movableClock()
      const app = await limitedApp({ clock })
      const call = withKey(await app.account(), path)
      await sendPipelined(
        app.url,
        times(60, () => call),
      )
      clock.advance(20_500)
      await sendPipelined(
        app.url,
        times(40, () => call),
      )
      const refused = await send(app.url, call)

      clock.advance((Number(refused.headers['retry-after']) - 1) * 1000)
      const early = await send(app.url, call)
      clock.advance(1000)
      const punctual = await send(app.url, call)

      assert.deepEqual(
        [refused.headers['retry-after'], refused.status, early.status, punctual.status],
        ['40', 429, 429, 200],
      )
    })

    it('never lets more than 100 pass in any minute, however a client hammers', async () => {
      const clock = movableClock()
      const app = await limitedApp({ clock })
      const call = withKey(await app.account(), path)
      const passedAt: number[] = []

      for (let second = 0; second < 150; second += 1) {
        const answers = await sendPipelined(
          app.url,
          times(6, () => call),
        )
        for (const { status } of answers) if (status === 200) passedAt.push(clock.monotonicMs())
        clock.advance(second % 2 === 0 ? 999 : 1001)
      }

      const mostInAMinute = Math.max(
        ...passedAt.map((start) => passedAt.filter((at) => at >= start && at < start + 60_000).length),
      )
      assert.deepEqual([mostInAMinute, passedAt.length], [LIMIT, 300])
    })

    it('refuses nothing to a client that keeps to nine tenths of it for ten minutes', async () => {
      const clock = movableClock()
      const app = await limitedApp({ clock })
      const call = withKey(await app.account(), path)
      const answers = []

      for (let step = 0; step < 300; step += 1) {
        answers.push(
          ...(await sendPipelined(
            app.url,
            times(3, () => call),
          )),
        )
        clock.advance(2000)
      }

      assert.deepEqual(statuses(answers), { 200: 900 })
    })
  })
}

describe('limits of the minute and of the day', () => {
  it('spend nothing of the day when the minute refuses', async () => {
    const clock = movableClock()
    const app = await limitedApp({ clock })
    const call = withKey(await app.account(), SURFACES.files)

    const first = await send(app.url, call)
    const answers = await sendPipelined(
      app.url,
      times(149, () => call),
    )
    clock.advance(60_000)
    const next = await send(app.url, call)

    const left = [first, ...answers].map(({ headers }) => headers['x-ratelimit-remaining'])
    assert.deepEqual(
      [left[0], left[99], left[149], next.headers['x-ratelimit-remaining']],
      ['143999', '143900', '143900', '143899'],
    )
    assert.equal(next.headers['x-ratelimit-limit'], '144000')
  })

  it('spend nothing of the minute when the day refuses, and let go at midnight UTC', async () => {
    const clock = movableClock(Date.UTC(2026, 2, 10, 23, 59, 30))
    const app = await limitedApp({ clock })
    const ada = await app.account()
    await app.app.core.database.db.updateTable('plans').set({ per_day: 5 }).execute()
    const call = withKey(ada, SURFACES.files)

    const answers = await sendPipelined(
      app.url,
      times(150, () => call),
    )
    clock.advance(Number(answers.at(-1)?.headers['retry-after']) * 1000)
    const next = await sendPipelined(
      app.url,
      times(6, () => call),
    )

    assert.deepEqual(statuses(answers), { 200: 5, 429: 145 })
    assert.equal(answers.at(-1)?.headers['retry-after'], '30')
    assert.deepEqual(statuses(next), { 200: 5, 429: 1 })
  })

  it('count what one transfer needs many of by itself, and not against the day', async () => {
    const app = await limitedApp({ settings: { LIMIT_TRANSFERS_PER_MINUTE: '30' } })
    const ada = await app.account()
    const stored = await ada.fetch('/api/v1/files/content?name=a.txt', { method: 'PUT', body: 'a' })
    const { id } = (await stored.json()) as { id: string }
    const day = async () => (await ada.fetch('/api/v1/stats')).headers.get('x-ratelimit-remaining')
    const before = Number(await day())

    const answers = await sendTogether(
      app.url,
      times(60, () => withKey(ada, `/api/v1/files/${id}/content`)),
    )

    assert.deepEqual(statuses(answers), { 200: 30, 429: 30 })
    assert.equal(Number(await day()), before - 1)
  })

  it('give a key the limit that was set for it', async () => {
    const app = await limitedApp()
    const ada = await app.account()
    const { key } = await app.app.core.accounts.keys.create(ada.id, 'test', { kind: 'files', rate_limit: 7 })

    const answers = await sendPipelined(
      app.url,
      times(10, () => ({ path: SURFACES.files, headers: { 'x-api-key': key } })),
    )

    assert.deepEqual(statuses(answers), { 200: 7, 429: 3 })
    assert.equal(answers[0]?.headers['x-ratelimit-limit'], String(7 * 1440))
  })
})

describe('limit headers', () => {
  it('of the files surface tell the figures of the day', async () => {
    const clock = movableClock()
    const app = await limitedApp({ clock })

    const { headers } = await send(app.url, withKey(await app.account(), SURFACES.files))

    const midnight = Date.UTC(2026, 2, 11) / 1000
    assert.deepEqual(limitHeaders(headers), {
      'x-ratelimit-limit': '144000',
      'x-ratelimit-remaining': '143999',
      'x-ratelimit-reset': String(midnight),
      'ratelimit-policy': '"minute";q=100;w=60,"day";q=144000;w=86400',
      ratelimit: '"minute";r=99;t=60',
    })
  })

  it('of the bots surface tell the figures of the address, whether or not it has a good key', async () => {
    const clock = movableClock()
    const app = await limitedApp({ clock })
    const ada = await app.account()

    const stranger = await send(app.url, { path: SURFACES.bots })
    const { headers } = await send(app.url, withKey(ada, SURFACES.bots))

    const reset = String(clock.now().getTime() / 1000 + 60)
    assert.deepEqual([stranger.status, stranger.headers['x-ratelimit-remaining']], [401, '99'])
    assert.deepEqual(limitHeaders(headers), {
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '98',
      'x-ratelimit-reset': reset,
      'ratelimit-policy': '"ip";q=100;w=60',
      ratelimit: '"ip";r=98;t=60',
    })
  })

  it('of the cards surface tell the moment in milliseconds', async () => {
    const clock = movableClock()
    const app = await limitedApp({ clock })
    const ada = await app.account()

    const first = await send(app.url, withKey(ada, SURFACES.cards))
    const answers = await sendPipelined(
      app.url,
      times(LIMIT, () => withKey(ada, SURFACES.cards)),
    )
    const resetMs = clock.now().getTime() + 60_000

    const refused = answers.at(-1)
    assert.deepEqual(limitHeaders(first.headers), {
      'ratelimit-limit': '100',
      'ratelimit-remaining': '99',
      'ratelimit-reset': String(resetMs),
      'ratelimit-policy': '"minute";q=100;w=60',
      ratelimit: '"minute";r=99;t=60',
    })
    assert.deepEqual(limitHeaders(refused?.headers ?? {}), {
      'ratelimit-limit': '100',
      'ratelimit-remaining': '0',
      'ratelimit-reset': String(resetMs),
      'ratelimit-policy': '"minute";q=100;w=60',
      ratelimit: '"minute";r=0;t=60',
      'retry-after': '60',
    })
    const { code, error, retryAt } = JSON.parse(refused?.body ?? '')
    assert.deepEqual({ code, error, retryAt }, { code: 'RATE_LIMITED', error: 'Too many requests', retryAt: resetMs })
  })
})

describe('the limit of browser sessions', () => {
  it('is one of the account, of its own, and leaves the one of the address alone', async () => {
    const app = await limitedApp()
    const ada = await app.account()
    const cookie = await ada.signIn()
    const bySession = (index: number): Call => ({
      path: index % 2 === 0 ? SURFACES.bots : SURFACES.files,
      headers: { cookie },
    })

    const answers = await sendPipelined(app.url, times(610, bySession))
    const byKey = await send(app.url, withKey(ada, SURFACES.bots))

    assert.deepEqual(statuses(answers), { 200: 600, 429: 10 })
    assert.deepEqual([byKey.status, byKey.headers['x-ratelimit-remaining']], [200, '99'])
  })
})

const limitHeaders = (headers: Readonly<Record<string, string | string[] | undefined>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /ratelimit|retry-after/.test(name)))
