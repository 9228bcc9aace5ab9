import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { dialects as surfaces } from '../../src/contracts.ts'
import { pathOf, putFile, someBytes } from '../../src/files/files/testing.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { bytes, endpoint, httpServer, httpStats, reply, route } from '../../src/platform/http/index.ts'
import { createLog } from '../../src/platform/log/index.ts'
import { type TestAccount, type TestApp, testApp } from '../app.ts'
import { dialects } from '../database.ts'
import { eventually } from '../services/eventually.ts'
import { type Slow, slowDownload, slowUpload } from '../slow.ts'

const SIZE_BYTES = 24 * 1024 * 1024
const EVENTS = '/api/v1/events'

interface Ending {
  /** What authenticates. */
  readonly headers: Readonly<Record<string, string>>
  end(): Promise<Response>
}

const keyRevoked = async (app: TestApp, ada: TestAccount): Promise<Ending> => {
  const cookie = await ada.signIn()
  const [key] = await app.app.core.accounts.keys.list(ada.id)
  return {
    headers: { authorization: `Bearer ${ada.key}` },
    end: () => asSession(app, cookie, 'DELETE', `/api/keys/${key?.id}`),
  }
}

const sessionEnded = async (app: TestApp, ada: TestAccount): Promise<Ending> => {
  const cookie = await ada.signIn()
  return { headers: { cookie }, end: () => asSession(app, cookie, 'POST', '/api/auth/sign-out', {}) }
}

const accountDeleted = async (app: TestApp, ada: TestAccount): Promise<Ending> => {
  const { headers } = await keyRevoked(app, ada)
  const cookie = await ada.signIn()
  return { headers, end: () => asSession(app, cookie, 'DELETE', '/api/account', { password: ada.password }) }
}

const ENDINGS = { 'a key': keyRevoked, 'a session': sessionEnded, 'an account': accountDeleted }

for (const dialect of dialects) {
  describe(`what runs for long (${dialect})`, async () => {
    const app = await testApp(dialect)
    // The first account is the owner, who cannot be deleted.
    const bob = await app.account()
    const { db } = app.app.core.database

    for (const [what, prepare] of Object.entries(ENDINGS)) {
      it(`is cut with the end of ${what}, be it a download, an upload or a stream of events`, async (t) => {
        const ada = await app.account()
        const { id } = await putFile(ada, 'a.bin', someBytes(SIZE_BYTES))
        const { headers, end } = await prepare(app, ada)
        const events = await serveEvents(t, app)
        const running = [
          slowDownload(app.url, `/api/v1/files/${id}/content`, headers),
          slowUpload(app.url, pathOf('b.bin'), headers, SIZE_BYTES),
          slowDownload(events, EVENTS, headers),
        ]
        await allMove(running)

        const ended = await end()

        assert.equal(ended.status, 200)
        for (const { ended: outcome } of running) assert.equal((await outcome).isComplete, false)
        const kept = await db.selectFrom('files').select('name').where('account_id', '=', ada.id).execute()
        assert.deepEqual(
          kept.filter(({ name }) => name === 'b.bin'),
          [],
        )
      })
    }

    it('comes to its end when its key only expires meanwhile, unless it has none', async (t) => {
      const ada = await app.account()
      const { id } = await putFile(ada, 'a.bin', someBytes(SIZE_BYTES))
      const cookie = await ada.signIn()
      const [key] = await app.app.core.accounts.keys.list(ada.id)
      const headers = { authorization: `Bearer ${ada.key}` }
      const finite = [
        slowDownload(app.url, `/api/v1/files/${id}/content`, headers),
        slowUpload(app.url, pathOf('b.bin'), headers, SIZE_BYTES),
      ]
      const events = slowDownload(await serveEvents(t, app), EVENTS, headers)
      await allMove([...finite, events])

      const expiresAt = new Date(Date.now() + 1000).toISOString()
      const changed = await asSession(app, cookie, 'PATCH', `/api/keys/${key?.id}`, { expires_at: expiresAt })

      assert.equal(changed.status, 200)
      assert.equal((await events.ended).isComplete, false)
      assert.ok(Date.now() >= Date.parse(expiresAt))
      assert.equal((await app.fetch('/api/v1/stats', { headers })).status, 401)
      for (const { hurry } of finite) hurry()
      for (const { ended } of finite) assert.deepEqual(await ended, { isComplete: true, bytes: SIZE_BYTES })
    })

    it('goes on under the other credentials of the same account, and under those of others', async () => {
      const ada = await app.account()
      const { id } = await putFile(ada, 'a.bin', someBytes(SIZE_BYTES))
      const theirs = await putFile(bob, `${id}.bin`, someBytes(SIZE_BYTES))
      const cookie = await ada.signIn()
      const { headers, end } = await keyRevoked(app, ada)
      const cut = slowDownload(app.url, `/api/v1/files/${id}/content`, headers)
      const others = [
        slowDownload(app.url, `/api/v1/files/${id}/content`, { cookie }),
        slowUpload(app.url, pathOf('b.bin'), { cookie }, SIZE_BYTES),
        slowDownload(app.url, `/api/v1/files/${theirs.id}/content`, { authorization: `Bearer ${bob.key}` }),
      ]
      await allMove([cut, ...others])

      await end()
      assert.equal((await cut.ended).isComplete, false)
      for (const { hurry } of others) hurry()

      for (const { ended } of others) assert.deepEqual(await ended, { isComplete: true, bytes: SIZE_BYTES })
    })
  })
}

const asSession = (app: TestApp, cookie: string, method: string, path: string, body?: unknown): Promise<Response> =>
  app.fetch(path, {
    method,
    headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

const allMove = (running: readonly Slow[]): Promise<void> =>
  eventually(() => {
    for (const { bytes: moved } of running) assert.ok(moved() > 0)
  })

/** A stream of events behind the gate of `app`. @returns Where it is. */
const serveEvents = async (t: TestContext, { app }: TestApp): Promise<string> => {
  const getEvents = endpoint({
    method: 'GET',
    path: EVENTS,
    scope: 'any',
    summary: 'Events',
    returns: [200, bytes('text/event-stream')],
  })
  const server = httpServer({
    routes: [route(getEvents, () => reply(200, Readable.from(ticks()), { 'content-type': 'text/event-stream' }))],
    dialects: surfaces,
    gate: app.core.accounts.gate,
    log: createLog('debug', () => {}),
    clock: systemClock,
    stats: httpStats(),
    trustedProxies: [],
    bodyLimitBytes: 1000,
  })
  t.after(() => {
    server.server.closeAllConnections()
    return server.close()
  })
  return server.listen({ host: '127.0.0.1', port: 0 })
}

async function* ticks(): AsyncIterable<string> {
  for (;;) {
    yield 'data: tick\n\n'
    await wait(20)
  }
}
