import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { PATHS } from './contract.ts'
import { agree, askTokens, codeForm, connect, newClient, REDIRECT, refreshForm, skippingClock } from './testing.ts'

const Apps = z.object({ apps: z.array(z.looseObject({ id: z.string(), last_used_at: z.string() })) })
const Rpc = z.looseObject({ result: z.looseObject({ isError: z.boolean().optional() }) })
const JSON_TYPE = { 'content-type': 'application/json' }
const MCP = { ...JSON_TYPE, accept: 'application/json, text/event-stream' }
const DAY_MS = 86_400_000

for (const dialect of dialects) {
  describe(`connected apps (${dialect})`, async () => {
    const clock = skippingClock()
    const app = await testApp(dialect, { clock })
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
    const use = async (token: string, path = '/v1/cards'): Promise<number> =>
      (await app.fetch(path, { headers: bearer(token) })).status
    const list = async (cookie: string) =>
      Apps.parse(await (await app.fetch('/api/connected-apps', { headers: { cookie } })).json()).apps
    const disconnect = async (cookie: string, id: string): Promise<number> =>
      (await app.fetch(`/api/connected-apps/${id}`, { method: 'DELETE', headers: { cookie, ...JSON_TYPE } })).status
    const callTool = async (token: string, name: string, given: object) => {
      const answer = await app.fetch('/mcp', {
        method: 'POST',
        headers: { ...MCP, ...bearer(token) },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: given } }),
      })
      return { status: answer.status, failed: Rpc.parse(await answer.json()).result.isError === true }
    }
    const isRefused = async (clientId: string, refresh: string): Promise<boolean> =>
      (await askTokens(app, refreshForm(clientId, refresh))).body.error === 'invalid_grant'
    const setStatus = async (owner: TestAccount, id: string, status: string) => {
      const headers = { cookie: await owner.signIn(), ...JSON_TYPE }
      const body = JSON.stringify({ status })
      assert.equal((await app.fetch(`/api/accounts/${id}`, { method: 'PATCH', headers, body })).status, 200)
    }
    const owner = await app.account()

    it('do what they were let in for, on /v1 and on /mcp, and nothing else', async () => {
      const ada = await app.account()
      const reader = await connect(app, ada, { scope: 'cards:read' })
      const both = await connect(app, ada)
      const save = async (token: string): Promise<number> =>
        (
          await app.fetch('/v1/cards', {
            method: 'POST',
            headers: { ...bearer(token), ...JSON_TYPE },
            body: '{"content":"Leek soup"}',
          })
        ).status

      assert.deepEqual([await use(reader.access), await save(reader.access)], [200, 403])
      assert.deepEqual([await use(both.access), await save(both.access)], [200, 200])
      assert.deepEqual(await callTool(reader.access, 'teak_v1_list_cards', {}), { status: 200, failed: false })
      const write = ['teak_v1_create_card', { content: 'Rye bread' }] as const
      assert.deepEqual(await callTool(reader.access, ...write), { status: 200, failed: true })
      assert.deepEqual(await callTool(both.access, ...write), { status: 200, failed: false })
      for (const path of [
        '/api/v1/files',
        '/api/keys',
        '/api/apikeys',
        '/api/account',
        '/api/connected-apps',
        '/v2/bots',
      ])
        assert.equal(await use(both.access, path), 401, path)
      assert.equal(await use(both.access, '/api/v1/tags'), 200)
    })

    it('show nothing of who did not let them in', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      const made = await ada.fetch('/v1/cards', { method: 'POST', headers: JSON_TYPE, body: '{"content":"Secret"}' })
      const { cardId } = z.looseObject({ cardId: z.string() }).parse(await made.json())
      const mine = await connect(app, eve)

      assert.equal(await use(mine.access, `/v1/cards/${cardId}`), 404)
      const who = await app.fetch(PATHS.userinfo, {
        headers: bearer((await connect(app, eve, { scope: 'email' })).access),
      })
      assert.deepEqual(await who.json(), { sub: eve.id, email: eve.email })
    })

    it('are told that a token has ended in the words by which they get another one', async () => {
      const ada = await app.account()
      const { access, refresh, clientId } = await connect(app, ada)
      await askTokens(app, { client_id: clientId, token: refresh }, PATHS.revoke)

      const answer = await app.fetch('/v1/cards', { headers: bearer(access) })
      const mcp = await app.fetch('/mcp', { method: 'POST', headers: { ...MCP, ...bearer(access) }, body: '{}' })

      const { code } = z.looseObject({ code: z.string() }).parse(await answer.json())
      assert.deepEqual([answer.status, code, mcp.status], [401, 'UNAUTHORIZED', 401])
      const metadata = `${app.url}/.well-known/oauth-protected-resource/mcp`
      assert.equal(
        mcp.headers.get('www-authenticate'),
        `Bearer realm="latchkey", error="invalid_token", resource_metadata="${metadata}"`,
      )
    })

    it('are listed with what they may do, and are no keys', async () => {
      const ada = await app.account()
      const cookie = await ada.signIn()
      const { clientId, access } = await connect(app, ada, { scope: 'cards:read offline_access' })
      clock.skip(1000)
      await use(access)

      const [shown, ...others] = await list(cookie)

      assert.deepEqual(others, [])
      const { id, connected_at, last_used_at, expires_at, ...rest } = z
        .looseObject({ id: z.string(), connected_at: z.string(), last_used_at: z.string(), expires_at: z.string() })
        .parse(shown)
      assert.deepEqual(rest, {
        client_id: clientId,
        name: 'Test client',
        redirect_host: new URL(REDIRECT).host,
        scopes: ['cards:read', 'offline_access'],
      })
      assert.ok(Date.parse(last_used_at) >= Date.parse(connected_at) + 1000)
      assert.equal(Date.parse(expires_at) - Date.parse(connected_at), 30 * DAY_MS)
      const { keys } = z
        .object({ keys: z.array(z.looseObject({ id: z.string(), kind: z.string() })) })
        .parse(await (await app.fetch('/api/keys', { headers: { cookie } })).json())
      assert.deepEqual(
        keys.map(({ kind }) => kind),
        ['files'],
      )
      const row = await app.app.core.database.db
        .selectFrom('api_keys')
        .select('id')
        .where('grant_id', '=', id)
        .executeTakeFirstOrThrow()
      for (const method of ['DELETE', 'PATCH'])
        assert.equal(
          (await app.fetch(`/api/keys/${row.id}`, { method, headers: { cookie, ...JSON_TYPE }, body: '{}' })).status,
          404,
        )
      assert.equal(await use(access), 200)
    })

    it('end with the next request when they are disconnected, by nobody but who let them in', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      const [cookie, foreign] = [await ada.signIn(), await eve.signIn()]
      const [one, two] = [await connect(app, ada), await connect(app, ada)]
      const [second, first] = await list(cookie)

      assert.deepEqual(await list(foreign), [])
      assert.equal(await disconnect(foreign, first?.id ?? ''), 404)
      assert.equal(await disconnect(cookie, 'grant_unknown'), 404)
      assert.equal(await disconnect(cookie, 'x'.repeat(65)), 400)
      assert.equal((await app.fetch('/api/connected-apps', { headers: bearer(ada.key) })).status, 403)
      assert.deepEqual([await use(one.access), await use(two.access)], [200, 200])
      assert.equal(await disconnect(cookie, first?.id ?? ''), 200)

      assert.deepEqual([await use(one.access), await use(two.access)], [401, 200])
      assert.ok(await isRefused(one.clientId, one.refresh))
      assert.equal(await disconnect(cookie, first?.id ?? ''), 404)
      assert.deepEqual(
        (await list(cookie)).map(({ id }) => id),
        [second?.id],
      )
      const log = await (await app.fetch('/api/audit-log', { headers: { cookie } })).text()
      for (const action of ['app.connected', 'app.disconnected']) assert.ok(log.includes(action), action)
    })

    it('do nothing for an account that is disabled, and go on when it is enabled', async () => {
      const ada = await app.account()
      const { clientId, access, refresh } = await connect(app, ada)
      const pending = await agree(app, ada, clientId)

      await setStatus(owner, ada.id, 'disabled')

      assert.equal(await use(access), 401)
      assert.ok(await isRefused(clientId, refresh))
      assert.equal((await askTokens(app, codeForm(clientId, pending))).body.error, 'invalid_grant')
      await setStatus(owner, ada.id, 'active')
      assert.equal(await use(access), 200)
      assert.equal((await askTokens(app, refreshForm(clientId, refresh))).status, 200)
      assert.equal((await askTokens(app, codeForm(clientId, pending))).body.error, 'invalid_grant')
    })

    it('end with the account', async () => {
      const ada = await app.account()
      const { clientId, access, refresh } = await connect(app, ada)

      const gone = await app.fetch('/api/account', {
        method: 'DELETE',
        headers: { cookie: await ada.signIn(), ...JSON_TYPE },
        body: JSON.stringify({ password: ada.password }),
      })

      assert.equal(gone.status, 200)
      assert.equal(await use(access), 401)
      assert.ok(await isRefused(clientId, refresh))
    })

    it('stay, like keys, when the password is changed; codes that nobody has used do not', async () => {
      const ada = await app.account()
      const { clientId, access, refresh } = await connect(app, ada)
      const pending = await agree(app, ada, clientId)

      const changed = await app.fetch('/api/account/password', {
        method: 'POST',
        headers: { cookie: await ada.signIn(), ...JSON_TYPE },
        body: JSON.stringify({ current_password: ada.password, new_password: `${ada.password}-2` }),
      })

      assert.equal(changed.status, 200)
      assert.equal((await askTokens(app, codeForm(clientId, pending))).body.error, 'invalid_grant')
      assert.equal(await use(access), 200)
      assert.equal((await askTokens(app, refreshForm(clientId, refresh))).status, 200)
    })

    it('leave no secret in the log or the database', async () => {
      const ada = await app.account()
      const clientId = await newClient(app)
      const code = await agree(app, ada, clientId)
      const first = (await askTokens(app, codeForm(clientId, code))).body
      await use(first.access_token ?? '')
      const second = (await askTokens(app, refreshForm(clientId, first.refresh_token ?? ''))).body
      await askTokens(app, refreshForm(clientId, first.refresh_token ?? ''))
      await askTokens(app, codeForm(clientId, code))
      await use(second.access_token ?? '')

      const secrets = [code.code, code.verifier, first.access_token, first.refresh_token, second.access_token]
      const { db } = app.app.core.database
      const rows = JSON.stringify([
        await db.selectFrom('api_keys').selectAll().where('account_id', '=', ada.id).execute(),
        await db.selectFrom('oauth_codes').selectAll().execute(),
        await db.selectFrom('oauth_refresh_tokens').selectAll().execute(),
        await db.selectFrom('oauth_grants').selectAll().execute(),
        await db.selectFrom('audit_log').selectAll().where('account_id', '=', ada.id).execute(),
      ])
      for (const secret of secrets) {
        assert.ok(secret !== undefined && secret !== '')
        assert.ok(!app.log.join('').includes(secret))
        assert.ok(!rows.includes(secret) && !rows.includes(Buffer.from(secret).toJSON().data.join(',')))
      }
    })

    it('and their clients are forgotten when they have ended long ago', async () => {
      const ada = await app.account()
      const cookie = await ada.signIn(true)
      const { db } = app.app.core.database
      const idle = await newClient(app)
      const ended = await connect(app, ada)
      const [grant] = await list(cookie)
      await disconnect(cookie, grant?.id ?? '')
      clock.skip(31 * DAY_MS)
      const fresh = await newClient(app)
      const live = await connect(app, ada)

      await app.app.core.accounts.forgetBefore(clock.now().getTime() - 30 * DAY_MS)

      const clients = [idle, ended.clientId, fresh, live.clientId]
      const known = await db.selectFrom('oauth_clients').select('id').where('id', 'in', clients).execute()
      const held = await db.selectFrom('oauth_grants').select('client_id').where('account_id', '=', ada.id).execute()
      assert.deepEqual(known.map(({ id }) => id).toSorted(), [fresh, live.clientId].toSorted())
      assert.deepEqual(held, [{ client_id: live.clientId }])
      assert.equal(await use(live.access), 200)
    })
  })

  describe(`limits of programs (${dialect})`, () => {
    it('count tokens and registrations by address', async () => {
      const clock = skippingClock()
      const settings = { LIMIT_OAUTH_TOKENS_PER_MINUTE: '30', LIMIT_OAUTH_REGISTRATIONS_PER_HOUR: '10' }
      const app = await testApp(dialect, { clock, settings })
      const register = async (): Promise<Response> =>
        app.fetch(PATHS.register, {
          method: 'POST',
          headers: JSON_TYPE,
          body: JSON.stringify({ redirect_uris: [REDIRECT] }),
        })
      const form = refreshForm('teak-cli', 'unknown')

      const registered = await Promise.all(Array.from({ length: 12 }, register))
      const asked = await Promise.all(Array.from({ length: 35 }, () => askTokens(app, form)))

      const statuses = (answers: readonly { status: number }[]) => answers.map(({ status }) => status).toSorted()
      assert.deepEqual(statuses(registered), [...Array(10).fill(201), 429, 429])
      assert.deepEqual(statuses(asked), [...Array(30).fill(400), ...Array(5).fill(429)])
      const refused = asked.find(({ status }) => status === 429)
      assert.equal(refused?.body.error, 'temporarily_unavailable')
      const waitS = Number(refused?.headers.get('retry-after'))
      assert.ok(waitS >= 1 && waitS <= 60)
      clock.skip(waitS * 1000)
      assert.equal((await askTokens(app, form)).status, 400)
      assert.equal((await register()).status, 429)
      clock.skip(3_600_000)
      assert.equal((await register()).status, 201)
    })

    it('count the calls of a program for an account together, whatever token it sends', async () => {
      const app = await testApp(dialect, { clock: skippingClock(), settings: { LIMIT_CARDS_PER_MINUTE: '10' } })
      const ada = await app.account()
      const { clientId, access, refresh } = await connect(app, ada)
      const again = (await askTokens(app, refreshForm(clientId, refresh))).body.access_token ?? ''
      const other = await connect(app, ada)
      const use = async (token: string): Promise<number> =>
        (await app.fetch('/v1/cards', { headers: { authorization: `Bearer ${token}` } })).status

      const statuses: number[] = []
      for (let turn = 0; turn < 6; turn += 1) statuses.push(await use(access), await use(again))

      assert.deepEqual(statuses, [...Array(10).fill(200), 429, 429])
      assert.equal(await use(other.access), 200)
    })
  })
}
