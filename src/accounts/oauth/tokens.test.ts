import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { PATHS } from './contract.ts'
import { agree, askTokens, codeForm, connect, newClient, newVerifier, refreshForm, skippingClock } from './testing.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

for (const dialect of dialects) {
  describe(`tokens of programs (${dialect})`, async () => {
    const clock = skippingClock()
    const app = await testApp(dialect, { clock })
    const use = async (token: string): Promise<number> =>
      (await app.fetch('/v1/cards', { headers: { authorization: `Bearer ${token}` } })).status
    const ask = (form: Record<string, string> | [string, string][]) => askTokens(app, form)
    const refused = async (form: Record<string, string> | [string, string][], error: string, status = 400) => {
      const answer = await ask(form)
      assert.deepEqual([answer.status, answer.body.error], [status, error], JSON.stringify(form))
      assert.deepEqual(Object.keys(answer.body), ['error', 'error_description'])
      assert.match(String(answer.body.error_description), /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
      assert.equal(answer.headers.get('cache-control'), 'no-store')
      assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
    }

    it('come for a code, are kept by nobody, and open the cards', async () => {
      const ada = await app.account()
      const clientId = await newClient(app)

      const answer = await ask(codeForm(clientId, await agree(app, ada, clientId)))

      const { access_token: access = '', refresh_token: refresh = '', ...rest } = answer.body
      assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'cards:read cards:write' })
      assert.match(access, /^[0-9A-Za-z]{32}$/)
      assert.match(refresh, /^[0-9A-Za-z]{43}$/)
      assert.deepEqual(
        ['cache-control', 'pragma'].map((name) => answer.headers.get(name)),
        ['no-store', 'no-cache'],
      )
      assert.equal(await use(access), 200)
    })

    it('are refused with the words of the standard', async () => {
      const ada = await app.account()
      const clientId = await newClient(app)
      const form = codeForm(clientId, { code: 'x'.repeat(43), verifier: newVerifier().verifier })
      const { code: _code, ...noCode } = form
      const { code_verifier: _verifier, ...noVerifier } = form
      const { grant_type: _type, ...noType } = form
      const { client_id: _client, ...noClient } = form

      await refused(form, 'invalid_grant')
      await refused(noCode, 'invalid_request')
      await refused(noVerifier, 'invalid_request')
      await refused(noType, 'invalid_request')
      await refused({}, 'invalid_request')
      await refused(noClient, 'invalid_client', 401)
      await refused({ ...form, client_id: 'client_unknown' }, 'invalid_client', 401)
      for (const grant_type of ['password', 'client_credentials', 'implicit', '__proto__', 'constructor'])
        await refused({ ...form, grant_type }, 'unsupported_grant_type')
      await refused({ grant_type: 'refresh_token', client_id: clientId }, 'invalid_request')
      await refused(refreshForm(clientId, 'unknown'), 'invalid_grant')
      const { refresh } = await connect(app, ada)
      await refused(refreshForm(clientId, refresh), 'invalid_grant')
    })

    it('are refused for hostile input without a trace of it', async () => {
      const clientId = await newClient(app)
      const form = codeForm(clientId, { code: 'x', verifier: 'y'.repeat(43) })

      for (const name of Object.keys(form)) {
        await refused([...Object.entries(form), [name, 'again']], 'invalid_request')
        await refused({ ...form, [name]: 'x\0y' }, 'invalid_request')
        await refused({ ...form, [name]: 'x'.repeat(3000) }, 'invalid_request')
      }
      for (const [type, body] of [
        ['application/json', '{'],
        ['application/json', '{"grant_type":["a"]}'],
        ['application/json', '[]'],
        ['text/plain', 'grant_type=authorization_code'],
        ['multipart/form-data; boundary=x', '--x--'],
      ] as const) {
        const answer = await app.fetch(PATHS.token, { method: 'POST', headers: { 'content-type': type }, body })
        assert.ok([400, 415].includes(answer.status), `${type}: ${answer.status}`)
        assert.deepEqual(Object.keys(JSON.parse(await answer.text())), ['error', 'error_description'])
      }
      assert.equal((await app.fetch(PATHS.token)).status, 405)
    })

    it('are not given to who shows a secret: there is none', async () => {
      const ada = await app.account()
      const clientId = await newClient(app)
      const form = codeForm(clientId, await agree(app, ada, clientId))

      const answer = await app.fetch(PATHS.token, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${clientId}:secret`).toString('base64')}` },
        body: new URLSearchParams(form),
      })

      assert.equal(answer.status, 401)
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Basic /)
      assert.equal(JSON.parse(await answer.text()).error, 'invalid_client')
    })

    it('want the verifier, the address, the client and the resource of the code, which survives the wrong ones', async () => {
      const ada = await app.account()
      const [clientId, otherId] = [await newClient(app), await newClient(app)]
      const form = codeForm(clientId, await agree(app, ada, clientId, { resource: `${app.url}/mcp` }))

      await refused({ ...form, code_verifier: newVerifier().verifier }, 'invalid_grant')
      await refused({ ...form, code_verifier: 'short' }, 'invalid_grant')
      await refused({ ...form, redirect_uri: 'http://127.0.0.1:3119/callback' }, 'invalid_grant')
      await refused({ ...form, client_id: otherId }, 'invalid_grant')
      await refused({ ...form, client_id: 'teak-cli' }, 'invalid_grant')
      await refused({ ...form, resource: 'https://elsewhere.test/mcp' }, 'invalid_target')
      await refused({ ...form, resource: `${app.url}/v1` }, 'invalid_target')

      assert.equal((await ask({ ...form, resource: `${app.url}/mcp` })).status, 200)
    })

    it('come once for a code: the second time ends what the first has given', async () => {
      const ada = await app.account()
      const clientId = await newClient(app)
      const form = codeForm(clientId, await agree(app, ada, clientId))
      const { access_token: access = '', refresh_token: refresh = '' } = (await ask(form)).body
      assert.equal(await use(access), 200)

      await refused(form, 'invalid_grant')

      assert.equal(await use(access), 401)
      await refused(refreshForm(clientId, refresh), 'invalid_grant')
    })

    it('of one code for many at once are dead in the end', async () => {
      const ada = await app.account()
      const clientId = await newClient(app)
      const form = codeForm(clientId, await agree(app, ada, clientId))

      const answers = await Promise.all(Array.from({ length: 8 }, () => ask(form)))

      const given = answers.filter(({ status }) => status === 200)
      assert.equal(given.length, 1)
      assert.equal(await use(given[0]?.body.access_token ?? ''), 401)
    })

    it('do not come for a code of ten minutes ago, nor of a session that was ended', async () => {
      const ada = await app.account()
      const clientId = await newClient(app)
      const [old, fresh] = [await agree(app, ada, clientId), await agree(app, ada, clientId)]
      await fresh.visitor.open('/')
      const cookie = [...fresh.visitor.cookies].map((pair) => pair.join('=')).join('; ')
      await app.fetch('/api/auth/sign-out', {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json' },
        body: '{}',
      })

      await refused(codeForm(clientId, fresh), 'invalid_grant')
      clock.skip(10 * MINUTE_MS)
      await refused(codeForm(clientId, old), 'invalid_grant')
    })

    it('last an hour, and are renewed for 30 days and no longer', async () => {
      const ada = await app.account()
      const { clientId, access, refresh } = await connect(app, ada)
      clock.skip(59 * MINUTE_MS)
      assert.equal(await use(access), 200)
      clock.skip(2 * MINUTE_MS)
      assert.equal(await use(access), 401)

      const second = (await ask(refreshForm(clientId, refresh))).body
      assert.equal(await use(second.access_token ?? ''), 200)
      clock.skip(30 * DAY_MS - 91 * MINUTE_MS)
      const third = (await ask(refreshForm(clientId, second.refresh_token ?? ''))).body
      assert.ok((third.expires_in ?? 0) <= 30 * 60 && (third.expires_in ?? 0) > 29 * 60, String(third.expires_in))
      clock.skip(31 * MINUTE_MS)

      await refused(refreshForm(clientId, third.refresh_token ?? ''), 'invalid_grant')
      assert.equal(await use(third.access_token ?? ''), 401)
    })

    it('come once for a refresh token: the second time ends all of its family', async () => {
      const ada = await app.account()
      const { clientId, access, refresh } = await connect(app, ada)
      const other = await connect(app, ada)
      const second = (await ask(refreshForm(clientId, refresh))).body
      const third = (await ask(refreshForm(clientId, second.refresh_token ?? ''))).body

      await refused(refreshForm(clientId, refresh), 'invalid_grant')

      for (const token of [access, second.access_token, third.access_token]) assert.equal(await use(token ?? ''), 401)
      await refused(refreshForm(clientId, third.refresh_token ?? ''), 'invalid_grant')
      assert.equal(await use(other.access), 200)
    })

    it('for a refresh token that many send at once are dead in the end', async () => {
      const ada = await app.account()
      const { clientId, refresh } = await connect(app, ada)

      const answers = await Promise.all(Array.from({ length: 8 }, () => ask(refreshForm(clientId, refresh))))

      const given = answers.filter(({ status }) => status === 200)
      assert.equal(given.length, 1)
      assert.equal(await use(given[0]?.body.access_token ?? ''), 401)
    })

    it('may be asked to do less, and never more', async () => {
      const ada = await app.account()
      const { clientId, refresh, scope } = await connect(app, ada, { scope: 'cards:read email offline_access' })
      assert.equal(scope, 'cards:read email offline_access')

      for (const wider of ['cards:read cards:write', 'cards:write', 'profile', 'nonsense', ' '])
        await refused({ ...refreshForm(clientId, refresh), scope: wider }, 'invalid_scope')
      const narrow = (await ask({ ...refreshForm(clientId, refresh), scope: 'cards:read' })).body
      const wide = (await ask(refreshForm(clientId, narrow.refresh_token ?? ''))).body

      const whoIs = async (token = '') =>
        (await app.fetch(PATHS.userinfo, { headers: { authorization: `Bearer ${token}` } })).status
      assert.deepEqual([narrow.scope, wide.scope], ['cards:read', 'cards:read email offline_access'])
      assert.deepEqual([await whoIs(narrow.access_token), await whoIs(wide.access_token)], [403, 200])
    })

    it('are not renewed for a client that has not asked for that', async () => {
      const ada = await app.account()
      const clientId = await newClient(app, { grant_types: ['authorization_code'] })

      const { body } = await ask(codeForm(clientId, await agree(app, ada, clientId)))

      assert.deepEqual(Object.keys(body).toSorted(), ['access_token', 'expires_in', 'scope', 'token_type'])
    })

    it('can be given back, alone or with all that came with them', async () => {
      const ada = await app.account()
      const [one, two, other] = [await connect(app, ada), await connect(app, ada), await connect(app, ada)]
      const revoke = (clientId: string, token: string) =>
        askTokens(app, { client_id: clientId, token, token_type_hint: 'nonsense' }, PATHS.revoke)

      assert.equal((await revoke(one.clientId, one.access)).status, 200)
      assert.equal((await revoke(two.clientId, two.refresh)).status, 200)
      assert.deepEqual((await revoke(two.clientId, other.refresh)).body.error, 'unauthorized_client')
      assert.deepEqual((await revoke(two.clientId, other.access)).body.error, 'unauthorized_client')
      assert.equal((await revoke(two.clientId, ada.key)).status, 200)
      assert.equal((await revoke('client_unknown', other.access)).body.error, 'invalid_client')
      assert.equal((await askTokens(app, { client_id: two.clientId }, PATHS.revoke)).body.error, 'invalid_request')

      assert.deepEqual([await use(one.access), await use(two.access), await use(other.access)], [401, 401, 200])
      assert.equal((await ask(refreshForm(one.clientId, one.refresh))).status, 200)
      await refused(refreshForm(two.clientId, two.refresh), 'invalid_grant')
      assert.equal(await use(ada.key), 200)
    })
  })
}
