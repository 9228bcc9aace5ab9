import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { sql } from 'kysely'
import { newKeyValue } from '../../src/accounts/api-keys/grammar.ts'
import { testApp } from '../app.ts'
import { testPlace } from '../database.ts'
import { type Answer, type Call, send } from '../requests.ts'
import { eventually } from '../services/eventually.ts'
import { createKey, createOwner } from '../services/owner.ts'
import { startPostgres } from '../services/postgres.ts'
import { spawnLatchkey } from '../services/process.ts'
import { tempDir } from '../services/temp-dir.ts'

const PATHS = ['/api/apikeys', '/v1/cards', '/v2/bots']

const assertUnavailable = ({ status, headers, body }: Answer): void => {
  assert.equal(status, 503, body)
  assert.ok(Number(headers['retry-after']) >= 1)
  assert.doesNotMatch(body, /sqlite|locked|disk|postgres|connection/i)
}

it('answers 503 while somebody else has locked the database, and goes on afterwards', async (t) => {
  const place = await testPlace('sqlite')
  t.after(() => place.remove())
  const app = await testApp('sqlite', { place, roles: new Set(['http']) })
  const ada = await app.account()
  const cookie = await ada.signIn()
  const create: Call = {
    method: 'POST',
    path: '/api/keys',
    headers: { cookie, 'content-type': 'application/json' },
    body: '{"kind":"files"}',
  }
  const other = new DatabaseSync(join(place.dataDir, 'latchkey.db'))

  other.exec('begin immediate')
  const locked = await send(app.url, create)
  other.exec('rollback')
  other.close()
  const afterwards = await send(app.url, create)

  assertUnavailable(locked)
  assert.equal(afterwards.status, 201)
})

it('answers 503 when the disk is full, keeps what it has, and lets nobody in', async () => {
  const app = await testApp('sqlite', { roles: new Set(['http']) })
  const ada = await app.account()
  const { db } = app.app.core.database
  const pages = await sql<{ page_count: number }>`pragma page_count`.execute(db)
  await sql.raw(`pragma max_page_count = ${pages.rows[0]?.page_count}`).execute(db)

  const answers: Answer[] = []
  await eventually(async () => {
    const body = JSON.stringify({ content: 'A card that needs room. '.repeat(2000) })
    const headers = { authorization: `Bearer ${ada.key}`, 'content-type': 'application/json' }
    answers.push(await send(app.url, { method: 'POST', path: '/v1/cards', headers, body }))
    assert.notEqual(answers.at(-1)?.status, 200)
  })

  const refused = answers.at(-1)
  assert.ok(refused !== undefined)
  assertUnavailable(refused)
  for (const path of PATHS) {
    assert.equal((await ada.fetch(path)).status, 200)
    const guess = await send(app.url, { path, headers: { authorization: `Bearer ${newKeyValue('files')}` } })
    assert.ok([401, 503].includes(guess.status))
  }
})

it('answers 503 without PostgreSQL, to good keys and to bad ones, and goes on once it is back', async (t) => {
  const dataDir = tempDir(t)
  const postgres = await startPostgres({ durable: true })
  t.after(() => postgres.stop())
  const { url } = await postgres.createDatabase()
  const server = spawnLatchkey({ dataDir, env: { LATCHKEY_DATABASE_URL: url } })
  t.after(async () => void (await server.kill()))
  await server.ready
  const owner = await createOwner(server)
  const { key } = await createKey(server.url, owner)
  const call = (path: string, token: string): Call => ({ path, headers: { authorization: `Bearer ${token}` } })
  assert.equal((await send(server.url, call('/api/account', key))).status, 200)

  await postgres.kill()
  for (const path of PATHS)
    for (const token of [key, newKeyValue('files')]) assertUnavailable(await send(server.url, call(path, token)))
  assert.equal((await send(server.url, { path: '/healthz' })).status, 200)
  assert.equal((await send(server.url, { path: '/readyz' })).status, 503)
  await postgres.restart()

  await eventually(async () => assert.equal((await send(server.url, call('/api/account', key))).status, 200))
})
