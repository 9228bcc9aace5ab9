import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dialects } from '../../../test/database.ts'
import { PASSWORD, sessionOf } from '../../../test/surfaces/people.ts'
import { movableClock, type ProbeServer, probeServer } from '../../../test/surfaces/probe-server.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

const post = async (server: ProbeServer, path: string, body: unknown, headers: readonly string[] = []) => {
  const answer = await server.send({
    method: 'POST',
    path,
    headers: ['Content-Type: application/json', ...headers],
    body: JSON.stringify(body),
  })
  return { status: answer.status, json: JSON.parse(answer.body), header: answer.header }
}

const people = (server: ProbeServer) =>
  server.core.database.db.selectFrom('accounts').select(['id', 'email', 'is_admin']).execute()

for (const dialect of dialects) {
  describe(`the first account (${dialect})`, () => {
    it('is made with the token of the setup link, signed in, and owns the server', async () => {
      const server = await probeServer(dialect)
      const token = await server.core.accounts.users.newSetupToken()

      const made = await post(server, '/api/auth/setup', { token, email: 'owner@example.org', password: PASSWORD })

      assert.deepEqual([made.status, made.json.account.is_admin, made.json.account.plan], [201, true, 'selfhost'])
      const cookie = made.header('set-cookie')?.split(';')[0] ?? ''
      assert.equal((await server.send({ path: '/api/account', headers: [`Cookie: ${cookie}`] })).status, 200)
    })

    it('is made once: neither the link nor a new one makes another', async () => {
      const server = await probeServer(dialect)
      const token = await server.core.accounts.users.newSetupToken()
      await post(server, '/api/auth/setup', { token, email: 'owner@example.org', password: PASSWORD })

      const again = await post(server, '/api/auth/setup', { token, email: 'eve@example.org', password: PASSWORD })

      assert.deepEqual([again.status, again.json.code], [409, 'setup_done'])
      assert.equal(await server.core.accounts.users.newSetupToken(), undefined)
      await assert.rejects(server.core.accounts.users.createOwner('eve@example.org', PASSWORD, undefined), {
        code: 'SETUP_DONE',
      })
      assert.equal((await people(server)).length, 1)
    })

    it('needs a link of the last 30 minutes', async () => {
      const clock = movableClock()
      const server = await probeServer(dialect, { clock })
      const token = await server.core.accounts.users.newSetupToken()
      const attempt = async (used: unknown) =>
        (await post(server, '/api/auth/setup', { token: used, email: 'owner@example.org', password: PASSWORD })).json
          .code

      assert.equal(await attempt('guess'), 'code_invalid')
      clock.advance(30 * MINUTE_MS)
      assert.equal(await attempt(token), 'code_invalid')
      assert.equal((await people(server)).length, 0)
      assert.equal(await attempt(await server.core.accounts.users.newSetupToken()), undefined)
    })

    it('is made with any of the links that were printed, and ends them all', async () => {
      const server = await probeServer(dialect)
      const { newSetupToken } = server.core.accounts.users
      const tokens = [await newSetupToken(), await newSetupToken(), await newSetupToken()]
      const attempt = async (token: unknown, email: string) =>
        (await post(server, '/api/auth/setup', { token, email, password: PASSWORD })).json.code

      assert.equal(await attempt(tokens[1], 'owner@example.org'), undefined)

      for (const token of tokens) assert.equal(await attempt(token, 'eve@example.org'), 'setup_done')
      const open = await server.core.database.db
        .selectFrom('one_time_codes')
        .select('hash')
        .where('used_at', 'is', null)
        .execute()
      assert.deepEqual([open.length, (await people(server)).length], [0, 1])
    })

    it('is one, however many try at once', async () => {
      const server = await probeServer(dialect)
      const { createOwner, newSetupToken } = server.core.accounts.users
      const tokens = [await newSetupToken(), await newSetupToken()]

      const byLink = Array.from({ length: 8 }, (_, index) =>
        post(server, '/api/auth/setup', {
          token: tokens[index % 2],
          email: `o${index}@example.org`,
          password: PASSWORD,
        }),
      )
      const byCommand = Array.from({ length: 4 }, (_, index) =>
        createOwner(`c${index}@example.org`, PASSWORD, undefined).catch(() => undefined),
      )
      const outcomes = [
        ...(await Promise.all(byLink)).map(({ status }) => status === 201),
        ...(await Promise.all(byCommand)).map((made) => made !== undefined),
      ]

      assert.equal(outcomes.filter((made) => made).length, 1)
      assert.equal((await people(server)).length, 1)
    })

    it('is not made by signing up, and a weak password makes none', async () => {
      const server = await probeServer(dialect)
      const token = await server.core.accounts.users.newSetupToken()

      assert.equal(
        (await post(server, '/api/auth/sign-up', { email: 'eve@example.org', password: PASSWORD })).json.code,
        'sign_up_closed',
      )
      for (const password of ['password', 'short', '', 'x'.repeat(257), 12345678])
        assert.equal(
          (await post(server, '/api/auth/setup', { token, email: 'owner@example.org', password })).status,
          400,
        )
      assert.equal((await people(server)).length, 0)
      assert.equal(
        (await post(server, '/api/auth/setup', { token, email: 'owner@example.org', password: PASSWORD })).status,
        201,
      )
    })
  })

  describe(`signing up (${dialect})`, async () => {
    const clock = movableClock()
    const server = await probeServer(dialect, { clock, settings: { OPEN_SIGNUP: 'false' } })
    await server.core.accounts.users.createOwner('owner@example.org', PASSWORD, undefined)
    const owner = () => sessionOf(server, 'owner@example.org')
    const invite = async () => (await post(server, '/api/invites', {}, [`Cookie: ${await owner()}`])).json.invite
    const signUp = (email: string, code?: unknown) =>
      post(server, '/api/auth/sign-up', { email, password: PASSWORD, ...(code === undefined ? {} : { invite: code }) })
    const exists = async (email: string) => (await people(server)).some((one) => one.email === email)

    it('is closed to who has no invite', async () => {
      assert.deepEqual((({ status, json }) => [status, json.code])(await signUp('eve@example.org')), [
        403,
        'sign_up_closed',
      ])
      assert.equal((await signUp('eve@example.org', 'guess')).json.code, 'code_invalid')
      assert.equal(await exists('eve@example.org'), false)
    })

    it('takes an invite once, also when two use it at once, and makes no administrator', async () => {
      const code = await invite()

      const both = await Promise.all([signUp('bob@example.org', code), signUp('bea@example.org', code)])

      assert.deepEqual(both.map(({ status }) => status).toSorted(), [202, 400])
      const made = (await people(server)).filter(({ email }) => email.startsWith('b'))
      assert.deepEqual(made.map(({ is_admin }) => is_admin), [0]) // biome-ignore format: one line
      const cookie = await sessionOf(server, made[0]?.email ?? '')
      assert.equal((await post(server, '/api/invites', {}, [`Cookie: ${cookie}`])).json.code, 'admin_only')
    })

    it('takes an invite for 7 days', async () => {
      const code = await invite()
      clock.advance(7 * DAY_MS)

      assert.equal((await signUp('late@example.org', code)).json.code, 'code_invalid')
    })

    it('does not tell who has an account', async () => {
      const [taken, free] = [
        await signUp('OWNER@example.org', await invite()),
        await signUp('free@example.org', await invite()),
      ]

      assert.deepEqual([taken.status, taken.json], [free.status, free.json])
      assert.equal((await people(server)).filter(({ email }) => email.toLowerCase() === 'owner@example.org').length, 1)
      await sessionOf(server, 'owner@example.org')
    })
  })
}
