import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { botsContracts } from '../../src/bots/index.ts'
import { simulatedBot } from '../../src/bots/v2.fixture.ts'
import { addressOf } from '../../src/client/index.ts'
import type { EndpointSpec } from '../../src/platform/http/index.ts'
import { accountRow } from '../account-row.ts'
import { type TestApp, testApp } from '../app.ts'
import { canary } from '../canary.ts'
import { dialects } from '../database.ts'

// Members that nobody asks for are ignored, so one body serves every address. A new address that this one does not fit
// fails below, and needs a member here.
const BODY = {
  token: '1234567890:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  version: '4.19.0',
  command: '/hello',
  code: 'x',
  new_name: 'greet',
  folder: null,
  name: 'x',
  value: 'x',
  import_data: { commands: [] },
  to_email: 'nobody@example.org',
  text: 'hi',
  data: 'live',
  message_id: 1,
  chat: { id: -5, type: 'group' },
  status: 'member',
  emoji: ['👍'],
  query: 'x',
  inline_query_id: 'x',
  result_id: 'x',
  run_id: 'x',
  message: {},
  after_seconds: 60,
  speed: 20,
  user_id: 5,
  chat_id: 5,
}
const PARAMS: Readonly<Record<string, string>> = { '*': 'aGVsbG8=', command: 'aGVsbG8=', version: '1', userid: '5' }
const NOT_FOUND = 'Bot not found or not owned by you'

const contracts: readonly EndpointSpec[] = botsContracts
const ROUTES = contracts.filter(({ path }) => path.includes(':botid'))

/** The path of a call about a bot, with something in the place of every other parameter. */
const pathTo = (endpoint: EndpointSpec, botid: string): string => {
  const named = Object.keys(endpoint.params?.shape ?? {}).map((name) => [name, PARAMS[name] ?? 'x1'])
  return addressOf(endpoint, { params: { ...Object.fromEntries(named), botid } })
}

const call = (app: TestApp, endpoint: EndpointSpec, botid: string, headers: Record<string, string>, extra = {}) =>
  app.fetch(pathTo(endpoint, botid), {
    method: endpoint.method,
    headers: { 'content-type': 'application/json', 'x-request-id': 'the-same-one', ...headers },
    ...(endpoint.method === 'GET' ? {} : { body: JSON.stringify({ ...BODY, ...extra }) }),
  })

/** All that a caller can see of an answer but how often it asked. */
const visible = async (response: Response) => ({
  status: response.status,
  body: await response.text(),
  headers: [...response.headers].filter(([name]) => !/^(date|(x-)?ratelimit.*)$/.test(name)),
})

/** Accounts with a key each. Signing up would hash a password for each of them. */
const crowd = async ({ app }: TestApp, count: number): Promise<string[]> => {
  const { database, accounts } = app.core
  const rows = Array.from({ length: count }, () => accountRow())
  for (let at = 0; at < count; at += 50) await database.db.insertInto('accounts').values(rows.slice(at, at + 50)).execute() // biome-ignore format: one line
  const keys: string[] = []
  for (const { id } of rows) keys.push(canary((await accounts.keys.create(id, 'test', { kind: 'bots' })).key))
  return keys
}

describe('the addresses of bots', () => {
  it('are all in this test, each with a body that it takes', () => {
    for (const { method, path, body, params } of ROUTES) {
      const all = { ...Object.fromEntries(Object.keys(params?.shape ?? {}).map((name) => [name, PARAMS[name] ?? 'x1'])) } // biome-ignore format: one line
      assert.ok(params?.safeParse(all).success, `${method} ${path}: a value for each of ${Object.keys(all)} is missing`)
      if (body !== undefined && 'safeParse' in body)
        assert.ok(body.safeParse(BODY).success, `${method} ${path}: ${body.safeParse(BODY).error}`)
    }
    assert.ok(ROUTES.length > 40)
  })
})

for (const [dialect, count] of [['sqlite', 500], ['postgres', 60]] as const) // biome-ignore format: one line
  describe(`bots of other accounts (${dialect})`, async () => {
    const app = await testApp(dialect)

    it(`are the same as bots that never were, to ${count} accounts and at every address`, async () => {
      const ada = await app.account()
      const victim = await simulatedBot(ada, { hello: 'x' })
      const before = await (await ada.fetch(`/v2/bots/${victim.botid}/export-bot?format=txt`)).text()
      const keys = await crowd(app, count)
      const perAccount = Math.ceil(ROUTES.length / count) * 2
      const seen = new Set<string>()

      const ask = async (key: string, index: number): Promise<void> => {
        for (let n = 0; n < perAccount; n += 1) {
          const endpoint = ROUTES[(index * perAccount + n) % ROUTES.length]
          if (endpoint === undefined) continue
          const headers = { authorization: `Bearer ${key}` }
          const foreign = await visible(await call(app, endpoint, victim.botid, headers))
          const unknown = await visible(await call(app, endpoint, '10000000', headers))
          const name = `${endpoint.method} ${endpoint.path}`
          assert.deepEqual(foreign, unknown, name)
          assert.deepEqual([foreign.status, JSON.parse(foreign.body).result], [404, NOT_FOUND], name)
          seen.add(name)
        }
      }
      for (let at = 0; at < keys.length; at += 10)
        await Promise.all(keys.slice(at, at + 10).map((key, index) => ask(key, at + index)))

      assert.equal(seen.size, ROUTES.length)
      const bot = (await (await ada.fetch(`/v2/bots/${victim.botid}`)).json()) as { result: { status: string } }
      assert.equal(bot.result.status, 'working')
      assert.equal(await (await ada.fetch(`/v2/bots/${victim.botid}/export-bot?format=txt`)).text(), before)
    })
  })

for (const dialect of dialects)
  describe(`credentials of bots (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('are taken in each of the four ways at every address, and an explicit one that is wrong is never made good by a cookie', async () => {
      const ada = await app.account()
      const cookie = await ada.signIn()
      const nobodys = '10000000'

      for (const endpoint of ROUTES) {
        const name = `${endpoint.method} ${endpoint.path}`
        const results = async (response: Response): Promise<unknown[]> => [
          response.status,
          ((await response.json()) as { result: unknown }).result,
        ]
        const send = (headers: Record<string, string>, extra?: object) => call(app, endpoint, nobodys, headers, extra)
        const byQuery = async (key: string, headers = {}) =>
          app.fetch(`${pathTo(endpoint, nobodys)}?api_key=${key}`, {
            method: endpoint.method,
            headers: { 'content-type': 'application/json', ...headers },
            ...(endpoint.method === 'GET' ? {} : { body: JSON.stringify(BODY) }),
          })

        const good = [
          await send({ authorization: `Bearer ${ada.key}` }),
          await byQuery(ada.key),
          await send({ cookie }),
        ]
        if (endpoint.method !== 'GET') good.push(await send({}, { api_key: ada.key }))
        for (const answer of good) assert.deepEqual(await results(answer), [404, NOT_FOUND], name)

        const wrong = [await send({ authorization: 'Bearer wrong', cookie }), await byQuery('wrong', { cookie })]
        if (endpoint.method !== 'GET') wrong.push(await send({ cookie }, { api_key: 'wrong' }))
        for (const answer of wrong) assert.deepEqual(await results(answer), [401, 'Invalid API key'], name)
        assert.deepEqual(await results(await send({})), [401, 'Authentication required'], name)
      }
    })
  })

describe('the limit of the published page', async () => {
  const app = await testApp('sqlite', { settings: { LIMIT_BOTS_PER_MINUTE: '60' } })

  it('lets sixty requests of an address through in a minute, and says in every answer how many are left', async () => {
    const ada = await app.account()
    const answers: Response[] = []
    for (let n = 0; n < 61; n += 1)
      answers.push(await ada.fetch(n % 2 === 0 ? '/v2/bots' : '/v2/bots/10000000', { signal: AbortSignal.timeout(10_000) })) // biome-ignore format: one line

    const left = answers.map((answer) => answer.headers.get('x-ratelimit-remaining'))
    assert.deepEqual(
      left.slice(0, 60),
      Array.from({ length: 60 }, (_, n) => String(59 - n)),
    )
    assert.ok(answers.every((answer) => answer.headers.get('x-ratelimit-limit') === '60'))
    assert.ok(answers.every((answer) => /^\d{10}$/.test(answer.headers.get('x-ratelimit-reset') ?? '')))
    const last = answers[60]
    assert.equal(last?.status, 429)
    assert.match(last?.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
    const body = { ok: false, result: 'Rate limit exceeded', msg: 'Rate limit exceeded', code: 'rate_limited' }
    assert.deepEqual(await last?.json(), body)
  })
})
