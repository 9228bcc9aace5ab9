import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { newPassword } from '../canary.ts'
import { send } from '../requests.ts'
import { eventually } from '../services/eventually.ts'
import { cookieOf, createKey, postJson, signIn } from '../services/owner.ts'
import { type Cluster, clusterForSuite } from './cluster.ts'

type Headers = Record<string, string>

/** Clients that keep asking, each on a connection that it keeps, and what they were told since a certain moment. */
const startLoad = (t: TestContext, url: string, path: string, headers: Headers, clients = 8) => {
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  let running = true
  let asked = 0
  let mark = Number.POSITIVE_INFINITY
  const later: number[] = []
  const before: number[] = []
  const ask = () =>
    new Promise<number>((fulfil, reject) => {
      const sent = request(new URL(path, url), { agent, headers })
      sent.once('error', reject).once('response', (response) => {
        response.resume().once('end', () => fulfil(response.statusCode ?? 0))
      })
      sent.end()
    })
  const client = async (): Promise<void> => {
    while (running) {
      asked += 1
      const turn = asked
      const status = await ask()
      if (turn > mark) later.push(status)
      else before.push(status)
    }
  }
  const clientsEnd = Promise.all(Array.from({ length: clients }, client))
  const stop = async (): Promise<void> => {
    running = false
    await clientsEnd
    agent.destroy()
  }
  t.after(stop)
  return {
    /** Statuses of the requests that began before `markNow`. */
    before,
    later,
    /** From here on requests count as later. */
    markNow: () => {
      mark = asked
    },
    stop,
  }
}

const statusAt = async (url: string, path: string, headers: Headers): Promise<number> =>
  (await send(url, { path, headers })).status

const change = async (url: string, method: string, path: string, cookie: string, body?: unknown): Promise<Response> => {
  const headers = { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  return fetch(new URL(path, url), { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
}

for (const redis of [true, false]) {
  describe(`what ends in one process, ${redis ? 'with' : 'without'} Redis,`, () => {
    const cluster = clusterForSuite({ redis })

    for (const path of ['/api/apikeys', '/v1/cards', '/v2/bots']) {
      it(`is refused by the other one from the next request on, while requests are under way on ${path}`, async (t) => {
        const { a, b, owner } = cluster
        const { id, key } = await createKey(a.url, owner)
        const load = startLoad(t, b.url, path, { authorization: `Bearer ${key}` })
        await eventually(() => assert.ok(load.before.length > 50))

        const revoked = await change(a.url, 'DELETE', `/api/keys/${id}`, owner.cookie)
        load.markNow()
        await eventually(() => assert.ok(load.later.length > 50))
        await load.stop()

        assert.equal(revoked.status, 200)
        assert.ok(load.before.includes(200))
        assert.deepEqual(new Set(load.later), new Set([401]))
      })
    }

    it('is a key, a session, a password or an account', async () => {
      await assertRotatedKeyEnds(cluster)
      await assertScopesShrink(cluster)
      await assertSessionsEnd(cluster)
      await assertPasswordChangeEndsSessions(cluster)
      await assertAccountEnds(cluster)
    })
  })
}

type Two = Pick<Cluster, 'a' | 'b' | 'owner'>

const assertRotatedKeyEnds = async ({ a, b, owner }: Two): Promise<void> => {
  const { id, key } = await createKey(a.url, owner)
  assert.equal(await statusAt(b.url, '/api/account', { 'x-api-key': key }), 200)

  const rotated = await change(a.url, 'POST', `/api/keys/${id}/rotate`, owner.cookie, {})

  assert.equal(rotated.status, 201)
  assert.equal(await statusAt(b.url, '/api/account', { 'x-api-key': key }), 401, 'a rotated key')
}

const assertScopesShrink = async ({ a, b, owner }: Two): Promise<void> => {
  const { id, key } = await createKey(a.url, owner)
  assert.equal(await statusAt(b.url, '/v1/cards', { 'x-api-key': key }), 200)

  await change(a.url, 'PATCH', `/api/keys/${id}`, owner.cookie, { scopes: ['files:read'] })

  assert.equal(await statusAt(b.url, '/v1/cards', { 'x-api-key': key }), 403, 'a key that lost a scope')
}

const assertSessionsEnd = async ({ a, b, owner }: Two): Promise<void> => {
  for (const end of ['/api/auth/sign-out', '/api/sessions']) {
    const cookie = await signIn(b.url, owner)
    assert.equal(await statusAt(b.url, '/api/account', { cookie }), 200)

    const ended =
      end === '/api/sessions'
        ? await change(a.url, 'DELETE', `/api/sessions/${await currentSession(a.url, cookie)}`, owner.cookie)
        : await change(a.url, 'POST', end, cookie, {})

    assert.equal(ended.status, 200)
    assert.equal(await statusAt(b.url, '/api/account', { cookie }), 401, end)
  }
}

const currentSession = async (url: string, cookie: string): Promise<string> => {
  const { body } = await send(url, { path: '/api/sessions', headers: { cookie } })
  return JSON.parse(body).sessions.find(({ current }: { current: boolean }) => current).id
}

const assertPasswordChangeEndsSessions = async ({ a, b, owner }: Two): Promise<void> => {
  const cookie = await signIn(b.url, owner)
  const password = newPassword()

  const changed = await postJson(
    a.url,
    '/api/account/password',
    { current_password: owner.password, new_password: password },
    { cookie: owner.cookie },
  )

  assert.equal(await statusAt(b.url, '/api/account', { cookie }), 401, 'a session of the old password')
  assert.equal(await statusAt(b.url, '/api/account', { cookie: owner.cookie }), 401)
  Object.assign(owner, { cookie: cookieOf(changed), password })
  assert.equal(await statusAt(b.url, '/api/account', { cookie: owner.cookie }), 200)
}

const assertAccountEnds = async ({ a, b, owner }: Two): Promise<void> => {
  const { key } = await createKey(a.url, owner)
  const cookie = await signIn(b.url, owner)
  assert.equal(await statusAt(b.url, '/api/account', { 'x-api-key': key }), 200)

  const deleted = await change(a.url, 'DELETE', '/api/account', owner.cookie, { password: owner.password })

  assert.equal(deleted.status, 200)
  assert.equal(await statusAt(b.url, '/api/account', { 'x-api-key': key }), 401, 'a key of a deleted account')
  assert.equal(await statusAt(b.url, '/api/account', { cookie }), 401, 'a session of a deleted account')
}
