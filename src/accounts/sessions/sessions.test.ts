import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { dialects } from '../../../test/database.ts'
import { PASSWORD, sessionOf } from '../../../test/surfaces/people.ts'
import { movableClock, probeServer, SURFACE_NAMES, SURFACES } from '../../../test/surfaces/probe-server.ts'
import type { WireAnswer } from '../../../test/surfaces/wire.ts'

const SECRET = 'the secret of the sessions of a test'
const HOUR_MS = 3_600_000
const JSON_TYPE = 'Content-Type: application/json'
const Sessions = z.object({ sessions: z.array(z.looseObject({ id: z.string(), current: z.boolean() })) })

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const cookiesOf = ({ headers }: WireAnswer): string[] =>
  headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value)
const tokenOf = (cookie: string): string => cookie.slice('login_token='.length)

for (const dialect of dialects) {
  describe(`sessions (${dialect})`, async () => {
    const clock = movableClock()
    const server = await probeServer(dialect, {
      clock,
      settings: { SESSION_SECRET: SECRET, PUBLIC_URL: 'http://latchkey.test' },
    })
    const ada = await server.account()
    const signIn = (remember = false) => sessionOf(server, ada.email, PASSWORD, remember)
    const post = (path: string, cookie: string, body: unknown = {}, method = 'POST') =>
      server.send({ method, path, headers: [JSON_TYPE, `Cookie: ${cookie}`], body: JSON.stringify(body) })
    const get = async (cookie: string, path: string = SURFACES.files.base) =>
      (await server.send({ path, headers: [`Cookie: ${cookie}`] })).status

    describe('the cookie', () => {
      it('lives for 6 hours, or 30 days for who wants to be remembered', async () => {
        for (const [remember, hours] of [
          [false, 6],
          [true, 720],
        ] as const) {
          // biome-ignore format: a table
          const body = JSON.stringify({ email: ada.email, password: PASSWORD, remember_me: remember })
          const answer = await server.send({ method: 'POST', path: '/api/auth/sign-in', headers: [JSON_TYPE], body })
          const [cookie = '', ...rest] = cookiesOf(answer)

          assert.deepEqual(rest, [])
          assert.match(
            cookie,
            new RegExp(`^login_token=[\\w.-]+; Path=/; HttpOnly; SameSite=Lax; Max-Age=${hours * 3600}$`),
          )
          const token = cookie.split(';')[0] ?? ''
          clock.advance(hours * HOUR_MS - 1000)
          assert.equal(await get(token), 200)
          clock.advance(1000)
          assert.equal(await get(token), 401)
        }
      })

      it('opens all three surfaces and the account', async () => {
        const cookie = await signIn()

        for (const surface of SURFACE_NAMES) assert.equal(await get(cookie, SURFACES[surface].base), 200)
        assert.equal(await get(cookie, '/api/account'), 200)
      })

      it('is bound to the own host where people come by https', async () => {
        const secure = await probeServer(dialect, { settings: { PUBLIC_URL: 'https://latchkey.test' } })
        const { email } = await secure.account()
        const body = JSON.stringify({ email, password: PASSWORD })

        const answer = await secure.send({ method: 'POST', path: '/api/auth/sign-in', headers: [JSON_TYPE], body })

        const [host = '', plain = ''] = cookiesOf(answer)
        assert.match(host, /^__Host-login_token=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=21600; Secure$/)
        assert.match(plain, /^login_token=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=21600; Secure$/)
      })

      it('says HS256 and what it is for', async () => {
        const [header = '', payload = ''] = tokenOf(await signIn()).split('.')

        assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), { alg: 'HS256', typ: 'JWT' })
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
        assert.deepEqual(
          [claims.aud, claims.typ, claims.exp - claims.iat, claims.sub],
          ['latchkey', 'session', 6 * 3600, ada.id],
        )
      })
    })

    describe('a forged token', () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const hmac = (text: string, secret = SECRET) => createHmac('sha256', secret).update(text).digest('base64url')
      const forge = (header: object, claims: unknown, secret = SECRET) => {
        const text = `${encode(header)}.${encode(claims)}`
        return `${text}.${hmac(text, secret)}`
      }
      const HS256 = { alg: 'HS256', typ: 'JWT' }

      it('is refused, whatever it claims and however it is signed', async () => {
        const real = tokenOf(await signIn())
        const [header = '', payload = '', signature = ''] = real.split('.')
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
        const without = (name: string) => Object.fromEntries(Object.entries(claims).filter(([one]) => one !== name))
        const rs256 = `${encode({ alg: 'RS256', typ: 'JWT' })}.${payload}`
        const tokens = {
          'the algorithm none': `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
          'none with a signature': `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.${signature}`,
          'None in another case': `${encode({ alg: 'nOnE', typ: 'JWT' })}.${payload}.${signature}`,
          'another algorithm': `${rs256}.${sign('sha256', Buffer.from(rs256), privateKey).toString('base64url')}`,
          'HS512, rightly signed': forge({ alg: 'HS512', typ: 'JWT' }, claims),
          'another secret': forge(HS256, claims, 'another secret of the same length!!'),
          'an empty secret': forge(HS256, claims, ''),
          'a key id with a path': forge({ ...HS256, kid: '../../dev/null' }, claims),
          'a key of its own': forge({ ...HS256, jwk: { kty: 'oct', k: encode(SECRET) } }, claims),
          'an address of keys': forge({ ...HS256, jku: 'http://127.0.0.1/keys' }, claims),
          'a critical extension': forge({ ...HS256, crit: ['exp'] }, claims),
          'the same header in another order': forge({ typ: 'JWT', alg: 'HS256' }, claims),
          'the same header with a space': `${encode('{"alg": "HS256","typ":"JWT"}')}.${payload}.${hmac(`${encode('{"alg": "HS256","typ":"JWT"}')}.${payload}`)}`,
          'no expiry': forge(HS256, without('exp')),
          'an expiry as text': forge(HS256, { ...claims, exp: String(claims.exp) }),
          'an expiry beyond numbers': forge(HS256, { ...claims, exp: 1e300 }),
          'no session': forge(HS256, without('sid')),
          'the session of nobody': forge(HS256, { ...claims, sid: 'sess_nobody' }),
          'another account': forge(HS256, { ...claims, sub: 'acct_other' }),
          'another purpose': forge(HS256, { ...claims, typ: 'access' }),
          'another audience': forge(HS256, { ...claims, aud: 'other' }),
          'a list of audiences': forge(HS256, { ...claims, aud: ['latchkey'] }),
          'an older version of the account': forge(HS256, { ...claims, tv: claims.tv - 1 }),
          'a claim more': forge(HS256, { ...claims, admin: true }),
          'an expiry that passed': forge(HS256, { ...claims, exp: claims.iat - 1 }),
          'claims that are no object': forge(HS256, [claims]),
          'claims that are no JSON': forge(HS256, 'claims'),
          '8 KB': forge(HS256, { ...claims, ip: 'x'.repeat(8000) }),
          'no signature': `${header}.${payload}`,
          'an empty signature': `${header}.${payload}.`,
          'a part more': `${real}.${signature}`,
          'a signature of another spelling': `${real.slice(0, -1)}${String.fromCharCode(real.charCodeAt(real.length - 1) + 1)}`,
          'padding': `${real}=`,
          'only dots': '..',
        } // biome-ignore format: a table

        for (const [name, token] of Object.entries(tokens)) {
          const before = server.log.length
          const answer = await server.send({ path: SURFACES.files.base, headers: [`Cookie: login_token=${token}`] })

          assert.equal(answer.status, 401, name)
          assert.equal(answer.header('www-authenticate'), 'Bearer realm="latchkey", error="invalid_token"')
          const lines = server.log.slice(before)
          assert.equal(lines.length, 1, `${name}: ${lines}`)
          assert.ok(!lines.join().includes(token === '..' ? 'login_token' : token))
        }
        assert.equal(await get(`login_token=${real}`), 200)
      })
    })

    describe('ends', () => {
      it('for the browser that signs out, and for no other', async () => {
        const [here, there] = [await signIn(), await signIn()]

        const answer = await post('/api/auth/sign-out', here)

        assert.equal(answer.status, 200)
        assert.match(cookiesOf(answer)[0] ?? '', /^login_token=; Path=\/; HttpOnly; SameSite=Lax; Max-Age=0$/)
        assert.deepEqual([await get(here), await get(there)], [401, 200])
      })

      it('one by one or all together, as their owner says', async () => {
        const bob = await server.account()
        const sign = () => sessionOf(server, bob.email)
        const [one, two, three] = [await sign(), await sign(), await sign()]
        const listOf = async (cookie: string) =>
          Sessions.parse(
            JSON.parse(
              (await server.send({ path: '/api/sessions', headers: [`Cookie: ${cookie}`, 'User-Agent: Browser'] }))
                .body,
            ),
          ).sessions
        const listed = await listOf(one)
        assert.deepEqual([listed.length, listed.filter(({ current }) => current).length], [3, 1])
        const claims = JSON.parse(Buffer.from(two.split('.')[1] ?? '', 'base64url').toString())

        assert.equal((await post(`/api/sessions/${claims.sid}`, await signIn(), {}, 'DELETE')).status, 404)
        assert.equal((await post(`/api/sessions/${claims.sid}`, one, {}, 'DELETE')).status, 200)
        assert.deepEqual([await get(one), await get(two), await get(three)], [200, 401, 200])
        assert.equal((await listOf(one)).length, 2)
        assert.equal((await post('/api/sessions', one, {}, 'DELETE')).status, 200)
        assert.deepEqual([await get(one), await get(three)], [401, 401])
      })

      it('everywhere when the password is changed, but for who changed it', async () => {
        const bob = await server.account()
        const [here, there] = [await sessionOf(server, bob.email), await sessionOf(server, bob.email)]
        const change = { current_password: PASSWORD, new_password: 'a much better password' }
        assert.equal(
          (await post('/api/account/password', here, { ...change, current_password: 'wrong password' })).status,
          401,
        )
        assert.equal((await post('/api/account/password', here, { ...change, new_password: 'password1' })).status, 400)
        assert.deepEqual([await get(here), await get(there)], [200, 200])

        const answer = await post('/api/account/password', here, change)

        const renewed = cookiesOf(answer)[0]?.split(';')[0] ?? ''
        assert.deepEqual([answer.status, await get(here), await get(there), await get(renewed)], [200, 401, 401, 200])
        await assert.rejects(sessionOf(server, bob.email))
        assert.equal(await get(await sessionOf(server, bob.email, 'a much better password')), 200)
      })

      it('with the account, and so do its keys; its address is free again', async () => {
        const bob = await server.account()
        const cookie = await sessionOf(server, bob.email)
        assert.equal((await server.send({ path: SURFACES.files.base, headers: [`X-API-Key: ${bob.key}`] })).status, 200)
        assert.equal((await post('/api/account', cookie, { password: 'wrong password' }, 'DELETE')).status, 401)
        assert.equal(await get(cookie), 200)

        assert.equal((await post('/api/account', cookie, { password: PASSWORD }, 'DELETE')).status, 200)

        assert.equal(await get(cookie), 401)
        assert.equal((await server.send({ path: SURFACES.files.base, headers: [`X-API-Key: ${bob.key}`] })).status, 401)
        await assert.rejects(sessionOf(server, bob.email))
      })

      it('with a disabled account', async () => {
        const bob = await server.account()
        const cookie = await sessionOf(server, bob.email)
        await server.core.database.db
          .updateTable('accounts')
          .set({ status: 'disabled' })
          .where('id', '=', bob.id)
          .execute()

        assert.equal(await get(cookie), 401)
        await assert.rejects(sessionOf(server, bob.email))
      })
    })

    describe('signing in', () => {
      it('says the same of an unknown address and a wrong password', async () => {
        const attempt = (email: string, password: string) =>
          server.send({
            method: 'POST',
            path: '/api/auth/sign-in',
            headers: [JSON_TYPE, 'X-Request-Id: the-same-one'],
            body: JSON.stringify({ email, password }),
          })

        const [wrong, unknown] = [
          await attempt(ada.email, 'wrong password'),
          await attempt('nobody@example.org', 'wrong password'),
        ]

        assert.equal(wrong.status, 401)
        assert.deepEqual([unknown.status, unknown.body], [wrong.status, wrong.body])
        const names = (answer: WireAnswer) => answer.headers.map(([name]) => name)
        assert.deepEqual(names(unknown), names(wrong))
        assert.equal(wrong.header('www-authenticate'), 'Bearer realm="latchkey"')
        assert.deepEqual(cookiesOf(wrong), [])
      })

      it('finds the address in any case, and takes a password in either Unicode form', async () => {
        assert.equal(await get(await sessionOf(server, ada.email.toUpperCase())), 200)
      })

      it('gives a new session each time', async () => {
        assert.notEqual(await signIn(), await signIn())
      })
    })

    describe('a request from another site', () => {
      const attack = async (
        headers: readonly string[],
        method = 'POST',
        body: string | undefined = '{"kind":"files","name":"Planted"}',
      ) => {
        const cookie = await signIn()
        const payload = body === undefined ? {} : { body }
        return (
          await server.send({ method, path: '/api/keys', headers: [`Cookie: ${cookie}`, ...headers], ...payload })
        ).status
      }

      it('changes nothing with the cookie of who visits it', async () => {
        const before = (await server.core.accounts.keys.list(ada.id)).length
        const refused: [string, readonly string[], string?, string?][] = [
          [
            'a form',
            [
              'Content-Type: application/x-www-form-urlencoded',
              'Origin: http://evil.test',
              'Sec-Fetch-Site: cross-site',
            ],
            'POST',
            'kind=files',
          ],
          ['a form of an old browser', ['Content-Type: application/x-www-form-urlencoded'], 'POST', 'kind=files'],
          ['a form of parts', ['Content-Type: multipart/form-data; boundary=x'], 'POST', '--x--'],
          ['JSON as text', ['Content-Type: text/plain', 'Sec-Fetch-Site: cross-site']],
          ['JSON as text of an old browser', ['Content-Type: text/plain']],
          ['no type', []],
          ['a foreign page', [JSON_TYPE, 'Sec-Fetch-Site: cross-site']],
          ['a sibling host', [JSON_TYPE, 'Sec-Fetch-Site: same-site', 'Origin: http://evil.latchkey.test']],
          ['a foreign origin', [JSON_TYPE, 'Origin: http://evil.test']],
          ['a sandboxed frame', [JSON_TYPE, 'Origin: null']],
          ['another port', [JSON_TYPE, 'Origin: http://localhost:9999']],
          ['an origin that begins alike', [JSON_TYPE, 'Origin: http://latchkey.test.evil.test']],
          ['a contradiction', [JSON_TYPE, 'Origin: http://latchkey.test', 'Sec-Fetch-Site: cross-site']],
          ['a made-up site', [JSON_TYPE, 'Sec-Fetch-Site: trust-me']],
          ['a JSON type that is none', ['Content-Type: application/jsonp; charset=text/plain']],
        ]
        for (const [name, headers, method, body] of refused)
          assert.equal(await attack(headers, method, body), 403, name)
        for (const method of ['DELETE', 'PATCH', 'PUT'])
          assert.ok([403, 404, 405].includes(await attack(['Sec-Fetch-Site: cross-site', JSON_TYPE], method)), method)

        assert.equal((await server.core.accounts.keys.list(ada.id)).length, before)
      })

      it('cannot pass a change off as reading', async () => {
        const before = (await server.core.accounts.keys.list(ada.id)).length

        for (const name of ['X-HTTP-Method-Override', 'X-Method-Override', 'X-HTTP-Method'])
          assert.equal(await attack([`${name}: POST`, JSON_TYPE], 'GET'), 200)
        assert.equal(
          (await server.send({ path: '/api/keys?_method=POST', headers: [`Cookie: ${await signIn()}`] })).status,
          200,
        )

        assert.equal((await server.core.accounts.keys.list(ada.id)).length, before)
      })

      it('is told apart from our own page and from what is no browser', async () => {
        const port = new URL(server.url).port
        const cookie = await signIn()
        const create = async (headers: readonly string[]) =>
          (
            await server.send({
              method: 'POST',
              path: '/api/keys',
              headers: [`Cookie: ${cookie}`, JSON_TYPE, ...headers],
              body: '{"kind":"files"}',
            })
          ).status

        assert.equal(await create(['Sec-Fetch-Site: same-origin']), 201)
        assert.equal(await create(['Sec-Fetch-Site: none']), 201)
        assert.equal(await create(['Origin: http://latchkey.test']), 201)
        assert.equal(await create(['Origin: http://localhost']), 201)
        assert.equal(await create([]), 201)
        assert.equal(await create([`Origin: http://localhost:${port}`]), 403)
      })

      it('may read and write with a key, which no browser sends by itself', async () => {
        const headers = [`X-API-Key: ${ada.key}`, JSON_TYPE, 'Origin: http://evil.test', 'Sec-Fetch-Site: cross-site']

        assert.equal(
          (await server.send({ method: 'POST', path: SURFACES.files.base, headers, body: '{}' })).status,
          200,
        )
      })

      it('signs nobody in: a form cannot send what signing in takes', async () => {
        for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x']) {
          const body = JSON.stringify({ email: ada.email, password: PASSWORD })
          const answer = await server.send({
            method: 'POST',
            path: '/api/auth/sign-in',
            headers: [`Content-Type: ${type}`],
            body,
          })

          assert.deepEqual([answer.status, cookiesOf(answer)], [415, []])
        }
      })
    })
  })
}
