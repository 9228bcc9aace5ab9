import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { z } from 'zod'
import { newPassword } from '../canary.ts'
import { send } from '../requests.ts'
import { eventually } from '../services/eventually.ts'
import { cookieOf, createKey, postJson, signIn } from '../services/owner.ts'
import { slowDownload, slowUpload } from '../slow.ts'
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

    it('is cut on the other one where it runs: a download and an upload, of a process that gets no other request', async () => {
      const { a, b, owner } = cluster
      const { id, key } = await createKey(a.url, owner)
      const headers = { authorization: `Bearer ${key}` }
      const path = await storeFile(b.url, owner.cookie)
      const running = [
        slowDownload(b.url, path, headers),
        slowUpload(b.url, '/api/v1/files/content?name=b.bin', headers, FILE_BYTES),
      ]
      await eventually(() => {
        for (const { bytes } of running) assert.ok(bytes() > 0)
      })

      const revoked = await change(a.url, 'DELETE', `/api/keys/${id}`, owner.cookie)

      assert.equal(revoked.status, 200)
      for (const { ended } of running) assert.equal((await ended).isComplete, false)
    })

    it('is a key, a session, a password or an account', async () => {
      await assertRotatedKeyEnds(cluster)
      await assertScopesShrink(cluster)
      await assertSessionsEnd(cluster)
      await assertPasswordChangeEndsSessions(cluster)
    })

    for (const end of ['disabled by an administrator', 'deleted by an administrator', 'deleted by its owner'] as const)
      it(`is an account with its keys and sessions, ${end}`, async () => {
        await assertAccountEnds(cluster, end)
      })

    it('is every setup link, with the first account', async () => {
      const { a, b } = cluster
      const tokens = [a, b].map((server) => /\/setup#t=(\S+)/.exec(server.stdout())?.[1])
      const setUp = { email: 'eve@example.org', password: newPassword() }

      const again = await Promise.all(
        tokens.map((token) => change(b.url, 'POST', '/api/auth/setup', '', { token, ...setUp })),
      )

      assert.equal(new Set(tokens).size, 2)
      assert.deepEqual(
        again.map(({ status }) => status),
        [409, 409],
      )
    })

    it('is an administrator, with the invites', async () => {
      const { a, b, owner } = cluster
      const bob = await joinAs(cluster, 'bob')
      await change(a.url, 'PATCH', `/api/accounts/${bob.id}`, owner.cookie, { is_admin: true })
      const invite = await inviteFrom(b.url, bob.cookie)

      const demoted = await change(a.url, 'PATCH', `/api/accounts/${bob.id}`, owner.cookie, { is_admin: false })

      const signUp = { email: 'guest@example.org', password: newPassword(), invite }
      const used = await change(b.url, 'POST', '/api/auth/sign-up', '', signUp)
      const listed = await statusAt(b.url, '/api/accounts', { cookie: bob.cookie })
      assert.deepEqual([demoted.status, used.status, listed], [200, 400, 403])
    })

    it('is never the last administrator, also when each process is told to demote another one', async () => {
      const { a, b, owner } = cluster
      const bob = await joinAs(cluster, 'second')
      await change(a.url, 'PATCH', `/api/accounts/${bob.id}`, owner.cookie, { is_admin: true })
      const ownerId = (await accountAt(b.url, owner.cookie)).id

      const both = await Promise.all([
        change(a.url, 'PATCH', `/api/accounts/${bob.id}`, owner.cookie, { is_admin: false }),
        change(b.url, 'PATCH', `/api/accounts/${ownerId}`, bob.cookie, { is_admin: false }),
      ])

      assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 403])
      const admins = [await accountAt(b.url, owner.cookie), await accountAt(a.url, bob.cookie)]
      assert.deepEqual(admins.map(({ is_admin }) => is_admin).toSorted(), [false, true])
    })
  })
}

const FILE_BYTES = 24 * 1024 * 1024

/** @returns The path of its bytes. */
const storeFile = async (url: string, cookie: string): Promise<string> => {
  const stored = await fetch(new URL('/api/v1/files/content?name=a.bin', url), {
    method: 'PUT',
    headers: { cookie },
    body: randomBytes(FILE_BYTES),
  })
  const { id } = z.object({ id: z.string() }).parse(await stored.json())
  return `/api/v1/files/${id}/content`
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

const inviteFrom = async (url: string, cookie: string): Promise<string> =>
  JSON.parse(await (await postJson(url, '/api/invites', {}, { cookie })).text()).invite

/** Somebody whom the owner has invited, signed in. */
const joinAs = async ({ a, b, owner }: Two, name: string) => {
  const invite = await inviteFrom(a.url, owner.cookie)
  const person = { email: `${name}@example.org`, password: newPassword() }
  await postJson(b.url, '/api/auth/sign-up', { ...person, invite })
  const cookie = await signIn(b.url, person)
  return { ...person, cookie, id: (await accountAt(b.url, cookie)).id }
}

const accountAt = async (url: string, cookie: string): Promise<{ id: string; is_admin: boolean }> =>
  JSON.parse((await send(url, { path: '/api/account', headers: { cookie } })).body).account

const assertAccountEnds = async (cluster: Two, end: string): Promise<void> => {
  const { a, b, owner } = cluster
  const bob = await joinAs(cluster, end.replaceAll(' ', '.'))
  const { key } = await createKey(b.url, bob)
  const credentials = [{ 'x-api-key': key }, { cookie: bob.cookie }]
  for (const headers of credentials)
    for (const { url } of [a, b]) assert.equal(await statusAt(url, '/api/account', headers), 200)

  const path = `/api/accounts/${bob.id}`
  const ended = end.startsWith('disabled')
    ? await change(a.url, 'PATCH', path, owner.cookie, { status: 'disabled' })
    : end.endsWith('owner')
      ? await change(a.url, 'DELETE', '/api/account', bob.cookie, { password: bob.password })
      : await change(a.url, 'DELETE', path, owner.cookie)

  assert.equal(ended.status, 200)
  for (const headers of credentials)
    for (const { url } of [b, a]) assert.equal(await statusAt(url, '/api/account', headers), 401)
}
