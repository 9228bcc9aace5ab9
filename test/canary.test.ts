import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it, type TestContext } from 'node:test'
import { newKeyValue } from '../src/accounts/api-keys/grammar.ts'
import { canary, newPassword } from './canary.ts'
import { type Answer, type Call, send, sendTogether } from './requests.ts'
import { createKey, createOwner, postJson, signIn } from './services/owner.ts'
import { spawnLatchkey } from './services/process.ts'
import { tempDir } from './services/temp-dir.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const SURFACES = ['/api/account', '/v1/cards', '/v2/bots', '/nothing']
const botToken = (): string =>
  canary(`${1e9 + randomBytes(4).readUInt32BE()}:AA${randomBytes(25).toString('base64url')}`)

/** Stands in for Telegram: knows every token, or fails. */
const startTelegram = async (t: TestContext) => {
  let works = true
  const server = createServer((request, response) => {
    const id = Number(/\/bot(\d+):/.exec(request.url ?? '')?.[1])
    const result = { id, is_bot: true, first_name: 'Bot', username: 'canary_bot' }
    response.writeHead(works ? 200 : 500, JSON_TYPE).end(JSON.stringify(works ? { ok: true, result } : { ok: false }))
  }).listen(0, '127.0.0.1')
  t.after(() => void server.close().closeAllConnections())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    fail: () => {
      works = false
    },
  }
}

/** Every place of a request in which people put a secret, rightly or not. */
const placesOf = (path: string, secret: string): Call[] => [
  { path, headers: { authorization: `Bearer ${secret}` } },
  { path, headers: { authorization: `bearer  ${secret} ` } },
  { path, headers: { authorization: `Basic ${secret}` } },
  { path, headers: { authorization: secret } },
  { path, headers: { 'x-api-key': secret } },
  { path, headers: { 'x-api-key': `${secret}, ${secret}` } },
  { path, headers: { 'x-hwid': secret } },
  { path, headers: { cookie: `login_token=${secret}` } },
  { path, headers: { cookie: `login_token=${secret}; login_token=${secret}x` } },
  { path, headers: { authorization: `Bearer ${secret}`, 'x-api-key': `${secret}2` } },
  { path: `${path}?api_key=${secret}` },
  { path: `${path}?api%5Fkey=${secret}&api_key=${secret}` },
  { path: `${path}/${encodeURIComponent(secret)}`, headers: { authorization: `Bearer ${secret}` } },
  { path: `${path}?limit=${encodeURIComponent(secret)}`, headers: { authorization: `Bearer ${secret}` } },
  { method: 'POST', path, headers: JSON_TYPE, body: JSON.stringify({ api_key: secret }) },
  { method: 'POST', path, headers: JSON_TYPE, body: `{"api_key": "${secret}", ` },
  { method: 'POST', path, headers: JSON_TYPE, body: JSON.stringify({ api_key: [secret], password: { secret } }) },
  { method: 'POST', path, headers: { 'content-type': 'text/plain', authorization: `Bearer ${secret}` }, body: secret },
]

it('keeps every secret out of logs, metrics, answers, the database and the data folder', {
  timeout: 120_000,
}, async (t) => {
  const dataDir = join(tempDir(t), 'data')
  const telegram = await startTelegram(t)
  const env = {
    LATCHKEY_LOG_LEVEL: 'debug',
    LATCHKEY_TELEGRAM_API_ROOT: telegram.url,
    LATCHKEY_LIMIT_AUTH_FAILURES_PER_MINUTE: '1000000',
    LATCHKEY_LIMIT_BOTS_PER_MINUTE: '1000000',
    LATCHKEY_LIMIT_FILES_PER_MINUTE: '1000000',
    LATCHKEY_LIMIT_CARDS_PER_MINUTE: '1000000',
  }
  const server = spawnLatchkey({ dataDir, env })
  t.after(async () => void (await server.kill('SIGKILL')))
  const url = await server.ready
  const setupLine =
    server
      .stdout()
      .split('\n')
      .find((line) => line.includes('/setup#t=')) ?? ''
  const owner = await createOwner(server)
  const secrets = new Map<string, string>([
    ['setup token', /#t=(\w+)/.exec(setupLine)?.[1] ?? ''],
    ['password', owner.password],
    ['session', owner.cookie.split('=')[1] ?? ''],
    ['unknown key', newKeyValue('files')],
    ['wrong password', newPassword()],
    ['telegram token', botToken()],
    ['refused telegram token', botToken()],
    ['hwid', canary(`HW${randomBytes(24).toString('hex')}`)],
  ])
  for (const kind of ['files', 'bots', 'cards']) secrets.set(`${kind} key`, (await createKey(url, owner, { kind })).key)
  const session = { ...JSON_TYPE, cookie: owner.cookie }
  const codes = await issueCodes(url, owner.cookie)
  for (const [name, code] of Object.entries(codes)) secrets.set(name, canary(code))
  const answers: Answer[] = []
  const post = async (path: string, body: unknown, headers: Record<string, string> = session): Promise<Answer> => {
    const answer = await send(url, { method: 'POST', path, headers, body: JSON.stringify(body) })
    answers.push(answer)
    return answer
  }
  const secret = (name: string): string => secrets.get(name) ?? assert.fail(name)

  const hwid = secret('hwid')
  const device = { hwid, name: 'Desk', pairing_code: codes.pairingCode }
  assert.equal((await post('/api/devices', device)).status, 201)
  await post('/api/devices', device)
  answers.push(await send(url, { path: '/api/apikeys', headers: { 'x-hwid': hwid } }))
  await post('/api/auth/sign-in', { email: owner.email, password: secret('wrong password') })
  await post('/api/auth/sign-in', { email: owner.email, password: secret('wrong password'), extra: secret('password') })
  await post('/api/auth/setup', {
    token: secret('setup token'),
    email: owner.email,
    password: secret('wrong password'),
  })
  assert.equal((await post('/v2/create-bot', { bot_token: secret('telegram token') })).status, 200)
  await post('/v2/create-bot', { bot_token: secret('telegram token') })
  telegram.fail()
  await post('/v2/create-bot', { bot_token: secret('refused telegram token') })
  for (const value of secrets.values())
    for (const path of SURFACES) answers.push(...(await sendTogether(url, placesOf(path, value))))
  await provokeOutage(dataDir, async () => {
    await post('/api/auth/sign-in', { email: owner.email, password: owner.password })
    await post('/api/auth/sign-up', {
      email: 'b@example.org',
      password: secret('wrong password'),
      invite: secret('invite'),
    })
  })
  secrets.set('second session', (await signIn(url, owner)).split('=')[1] ?? '')
  const metrics = await send(url, { path: '/metrics' })
  assert.equal(metrics.status, 200)
  await server.kill()

  const places: Record<string, string | Buffer> = {
    stdout: server.stdout().replace(setupLine, ''),
    stderr: server.stderr(),
    metrics: metrics.body,
    answers: answers
      .map(({ headers, body }) => JSON.stringify({ ...headers, 'set-cookie': undefined }) + body)
      .join('\n'),
    ...cellsOf(dataDir),
    ...filesOf(dataDir),
  }
  assert.match(server.stderr(), /a request failed/)
  const found = [...secrets].flatMap(([name, value]) => {
    assert.ok(value.length >= 8, name)
    return Object.entries(places)
      .filter(([, text]) => text.includes(value))
      .map(([place]) => `${name} is in ${place}`)
  })
  assert.deepEqual(found, [])
})

/** Codes that let their bearer do something once. */
const issueCodes = async (url: string, cookie: string): Promise<{ invite: string; pairingCode: string }> => {
  const { invite } = Object(await (await postJson(url, '/api/invites', {}, { cookie })).json())
  const { pairing_code } = Object(await (await postJson(url, '/api/devices/pairing-codes', {}, { cookie })).json())
  return { invite: String(invite), pairingCode: String(pairing_code) }
}

/** While `work` runs, nothing can be written. */
const provokeOutage = async (dataDir: string, work: () => Promise<void>): Promise<void> => {
  const database = new DatabaseSync(join(dataDir, 'latchkey.db'), { timeout: 5000 })
  database.exec('begin immediate')
  try {
    await work()
  } finally {
    database.exec('rollback')
    database.close()
  }
}

/** Each column of each table, its values one after the other. */
const cellsOf = (dataDir: string): Record<string, Buffer> => {
  const database = new DatabaseSync(join(dataDir, 'latchkey.db'), { readOnly: true })
  const tables = database.prepare(`select name from sqlite_master where type = 'table'`).all()
  const columns: Record<string, Buffer> = {}
  for (const { name } of tables) {
    for (const row of database.prepare(`select * from "${name}"`).all()) {
      for (const [column, value] of Object.entries(row)) {
        const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value))
        const place = `${name}.${column}`
        columns[place] = Buffer.concat([columns[place] ?? Buffer.alloc(0), bytes, Buffer.from('\n')])
      }
    }
  }
  database.close()
  return columns
}

const filesOf = (dataDir: string): Record<string, Buffer> =>
  Object.fromEntries(
    readdirSync(dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('/secrets'))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(dataDir, path), readFileSync(path)]),
  )
