import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dialects } from '../../../test/database.ts'
import { PASSWORD, sessionOf } from '../../../test/surfaces/people.ts'
import { type ProbeServer, probeServer, SURFACE_NAMES, SURFACES } from '../../../test/surfaces/probe-server.ts'
import type { ManagedAccount } from './admin-contract.ts'

const JSON_TYPE = 'Content-Type: application/json'

const answerOf = async (server: ProbeServer, method: string, path: string, cookie: string, body?: unknown) => {
  const { status, body: text } = await server.send({
    method,
    path,
    headers: [`Cookie: ${cookie}`, ...(body === undefined ? [] : [JSON_TYPE])],
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status, json: JSON.parse(text) }
}

/** A server with ada, who owns it, and the means to act for whoever is signed in. */
const administered = async (server: ProbeServer) => {
  const ada = await server.account()
  const cookie = await sessionOf(server, ada.email)
  const as = (who: string) => ({
    patch: (id: string, body: unknown) => answerOf(server, 'PATCH', `/api/accounts/${id}`, who, body),
    remove: (id: string) => answerOf(server, 'DELETE', `/api/accounts/${id}`, who),
    list: (query = '') => answerOf(server, 'GET', `/api/accounts${query}`, who),
    invite: () => answerOf(server, 'POST', '/api/invites', who, {}),
  })
  const admin = async () => {
    const account = await server.account()
    assert.equal((await as(cookie).patch(account.id, { is_admin: true })).status, 200)
    return { ...account, cookie: await sessionOf(server, account.email) }
  }
  const status = async (headers: readonly string[], path = '/api/account') =>
    (await server.send({ path, headers })).status
  const signUp = async (email: string, invite: unknown) => {
    const body = JSON.stringify({ email, password: PASSWORD, invite })
    const answer = await server.send({ method: 'POST', path: '/api/auth/sign-up', headers: [JSON_TYPE], body })
    return [answer.status, JSON.parse(answer.body).code]
  }
  return { ada: { ...ada, cookie }, as, admin, status, signUp }
}

const activeAdmins = async (server: ProbeServer): Promise<string[]> => {
  const rows = await server.core.database.db
    .selectFrom('accounts')
    .select('id')
    .where('is_admin', '=', 1)
    .where('status', '=', 'active')
    .execute()
  return rows.map(({ id }) => id)
}

for (const dialect of dialects) {
  describe(`administrators (${dialect})`, async () => {
    const server = await probeServer(dialect)
    const { ada, as, admin, status, signUp } = await administered(server)

    it('see every account that is not deleted, page by page, newest first', async () => {
      const [bob, eve, gone] = [await server.account(), await server.account(), await server.account()]
      await sessionOf(server, bob.email)
      await as(ada.cookie).remove(gone.id)
      const seen: ManagedAccount[] = []

      let query = '?limit=1'
      for (;;) {
        const { status: code, json } = await as(ada.cookie).list(query)
        assert.equal(code, 200)
        seen.push(...json.accounts)
        if (json.next_cursor === null) break
        query = `?limit=1&cursor=${json.next_cursor}`
      }

      const ids = seen.map(({ id }) => id)
      assert.deepEqual(
        ids,
        (await as(ada.cookie).list()).json.accounts.map(({ id }: { id: string }) => id),
      )
      assert.deepEqual([ids.includes(gone.id), new Set(ids).size], [false, ids.length])
      const found = (id: string) => seen.find((account) => account.id === id)
      assert.deepEqual(Object.keys(found(bob.id) ?? {}).toSorted(), ['created_at', 'email', 'id', 'is_admin', 'last_sign_in_at', 'plan', 'status']) // biome-ignore format: a table
      assert.deepEqual(
        [found(bob.id)?.email, found(bob.id)?.status, found(bob.id)?.is_admin],
        [bob.email, 'active', false],
      )
      assert.ok(typeof found(bob.id)?.last_sign_in_at === 'string' && found(eve.id)?.last_sign_in_at === null)
    })

    it('are the only ones who may, and only signed in', async () => {
      const bob = await server.account()
      const cookie = await sessionOf(server, bob.email)

      for (const refused of [as(cookie).list(), as(cookie).patch(ada.id, { status: 'disabled' }), as(cookie).remove(ada.id), as(cookie).patch(bob.id, { is_admin: true })]) // biome-ignore format: a table
        assert.deepEqual(await refused.then(({ status: code, json }) => [code, json.code]), [403, 'admin_only'])

      const byKey = await server.send({ path: '/api/accounts', headers: [`X-API-Key: ${ada.key}`] })
      assert.deepEqual([byKey.status, await status([`Cookie: ${ada.cookie}`])], [403, 200])
    })

    it('end cookies, keys and sign-ins of an account that they disable, from the next request on', async () => {
      const bob = await server.account()
      const cookie = await sessionOf(server, bob.email)
      const credentials = [[`Cookie: ${cookie}`], [`X-API-Key: ${bob.key}`]]
      for (const headers of credentials) assert.equal(await status(headers), 200)

      const disabled = await as(ada.cookie).patch(bob.id, { status: 'disabled' })

      assert.deepEqual([disabled.status, disabled.json.account.status], [200, 'disabled'])
      for (const surface of SURFACE_NAMES)
        for (const headers of [[`Cookie: ${cookie}`], [`Authorization: Bearer ${bob.key}`]])
          assert.equal(await status(headers, SURFACES[surface].base), 401, surface)
      await assert.rejects(sessionOf(server, bob.email))
    })

    it('give an account that they enable its keys back, but no session from before', async () => {
      const bob = await server.account()
      const cookie = await sessionOf(server, bob.email)
      await as(ada.cookie).patch(bob.id, { status: 'disabled' })
      assert.equal(await status([`X-API-Key: ${bob.key}`]), 401)

      const enabled = await as(ada.cookie).patch(bob.id, { status: 'active' })

      assert.equal(enabled.json.account.status, 'active')
      assert.deepEqual([await status([`X-API-Key: ${bob.key}`]), await status([`Cookie: ${cookie}`])], [200, 401])
      assert.equal(await status([`Cookie: ${await sessionOf(server, bob.email)}`]), 200)
    })

    it('delete an account of somebody else for good, and never their own this way', async () => {
      const bob = await server.account()
      const cookie = await sessionOf(server, bob.email)

      const deleted = await as(ada.cookie).remove(bob.id)

      assert.equal(deleted.status, 200)
      assert.deepEqual([await status([`Cookie: ${cookie}`]), await status([`X-API-Key: ${bob.key}`])], [401, 401])
      const again = await as(ada.cookie).remove(bob.id)
      const enabled = await as(ada.cookie).patch(bob.id, { status: 'active' })
      const own = await as(ada.cookie).remove(ada.id)
      assert.deepEqual([again, enabled, own].map(({ json }) => json.code), ['account_not_found', 'account_not_found', 'own_account']) // biome-ignore format: a table
    })

    it('change a plan, which counts from the next request on', async () => {
      const bob = await server.account()
      const { base } = SURFACES.files
      assert.equal(await status([`X-API-Key: ${bob.key}`], base), 200)

      const changed = await as(ada.cookie).patch(bob.id, { plan: 'free' })

      assert.deepEqual([changed.status, changed.json.account.plan], [200, 'free'])
      assert.equal(await status([`X-API-Key: ${bob.key}`], base), 403)
      assert.deepEqual((await as(ada.cookie).patch(bob.id, { plan: 'gold' })).json.code, 'plan_unknown')
    })

    it('can change nothing that is not offered', async () => {
      const bob = await server.account()

      for (const body of [{ status: 'deleted' }, { is_admin: 1 }, { email: 'eve@example.org' }, { token_version: 1 }, { password_hash: '' }, { id: ada.id }, []]) // biome-ignore format: a table
        assert.equal((await as(ada.cookie).patch(bob.id, body)).status, 400, JSON.stringify(body))

      assert.equal(await status([`X-API-Key: ${bob.key}`]), 200)
    })

    it('leave their changes in their own audit log and in that of the account', async () => {
      const bob = await server.account()

      await as(ada.cookie).patch(bob.id, { status: 'disabled', plan: 'pro' })
      await as(ada.cookie).remove(bob.id)

      for (const owner of [ada.id, bob.id]) {
        const { entries } = await server.core.accounts.users.auditPage(owner, 2, undefined)
        assert.deepEqual(
          entries.map(({ action, target, data }) => [action, target, data]),
          [
            ['account.deleted', bob.id, {}],
            ['account.changed', bob.id, { status: 'disabled', plan: 'pro' }],
          ],
        )
        assert.ok(entries.every(({ actor }) => actor.startsWith('session:sess_')))
      }
    })

    it('lose their invites when they are disabled, demoted or deleted, and do not get them back', async () => {
      const ends: [string, (id: string) => Promise<unknown>][] = [
        ['disabled', (id) => as(ada.cookie).patch(id, { status: 'disabled' })],
        ['demoted', (id) => as(ada.cookie).patch(id, { is_admin: false })],
        ['deleted', (id) => as(ada.cookie).remove(id)],
      ]
      for (const [name, end] of ends) {
        const bob = await admin()
        const { invite } = (await as(bob.cookie).invite()).json

        await end(bob.id)

        assert.deepEqual(await signUp(`guest.${name}@example.org`, invite), [400, 'code_invalid'], name)
        await as(ada.cookie).patch(bob.id, { status: 'active', is_admin: true })
        assert.deepEqual(await signUp(`guest.${name}@example.org`, invite), [400, 'code_invalid'], name)
      }
    })

    it('administer no more from the moment they are demoted', async () => {
      const bob = await admin()
      assert.equal((await as(bob.cookie).list()).status, 200)

      await as(ada.cookie).patch(bob.id, { is_admin: false })

      for (const refused of [as(bob.cookie).list(), as(bob.cookie).invite(), as(bob.cookie).patch(ada.id, {})])
        assert.deepEqual(await refused.then(({ json }) => json.code), 'admin_only')
      assert.equal(await status([`Cookie: ${bob.cookie}`]), 200)
    })
  })

  describe(`the last administrator (${dialect})`, () => {
    const deleteOwn = (server: ProbeServer, cookie: string) =>
      answerOf(server, 'DELETE', '/api/account', cookie, { password: PASSWORD })

    it('cannot be disabled, demoted or deleted, whoever else there is', async () => {
      const server = await probeServer(dialect)
      const { ada, as, admin, status } = await administered(server)
      const [bob, eve] = [await admin(), await server.account()]
      await as(ada.cookie).patch(bob.id, { status: 'disabled' })

      const refused = [
        await as(ada.cookie).patch(ada.id, { status: 'disabled' }),
        await as(ada.cookie).patch(ada.id, { is_admin: false }),
        await as(ada.cookie).patch(ada.id, { is_admin: false, status: 'disabled', plan: 'free' }),
        await deleteOwn(server, ada.cookie),
      ]

      for (const { status: code, json } of refused) {
        assert.deepEqual([code, json.code], [409, 'last_admin'])
        assert.match(json.error, /last active administrator/)
      }
      assert.equal(await status([`Cookie: ${ada.cookie}`]), 200)
      assert.equal((await as(ada.cookie).list()).json.accounts.find(({ id }: { id: string }) => id === ada.id).plan, 'selfhost') // biome-ignore format: one line
      await as(ada.cookie).patch(eve.id, { is_admin: true })
      assert.equal((await deleteOwn(server, ada.cookie)).status, 200)
      assert.deepEqual(await activeAdmins(server), [eve.id])
    })

    it('stays, whatever two of them do to each other and to themselves at the same time', async () => {
      const server = await probeServer(dialect)
      const { ada, as, admin } = await administered(server)
      const pair = { one: { id: ada.id, cookie: ada.cookie }, two: await admin() }
      const attacks: [string, (by: { id: string; cookie: string }, other: { id: string }) => Promise<unknown>][] = [
        ['demote each other', (by, other) => as(by.cookie).patch(other.id, { is_admin: false })],
        ['demote themselves', (by) => as(by.cookie).patch(by.id, { is_admin: false })],
        ['disable each other', (by, other) => as(by.cookie).patch(other.id, { status: 'disabled' })],
        ['delete each other', (by, other) => as(by.cookie).remove(other.id)],
        ['delete themselves', (by) => deleteOwn(server, by.cookie)],
      ]
      for (const [name, attack] of attacks) {
        await Promise.all([attack(pair.one, pair.two), attack(pair.two, pair.one)])

        const left = await activeAdmins(server)
        assert.equal(left.length, 1, `${name}: ${left.length} left`)
        const survivor = left[0] === pair.one.id ? pair.one : pair.two
        const next = await server.account()
        assert.equal((await as(survivor.cookie).patch(next.id, { is_admin: true })).status, 200)
        pair.one = survivor
        pair.two = { ...next, cookie: await sessionOf(server, next.email) }
      }
    })
  })
}
