import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { type Call, send, sendPipelined } from '../requests.ts'
import { createKey, createOwner, type NewKey, type Owner, postJson } from '../services/owner.ts'
import { type LatchkeyProcess, spawnLatchkey } from '../services/process.ts'
import { tempDir } from '../services/temp-dir.ts'

const ROUNDS = Number(process.env.TEST_CRASH_ROUNDS ?? 3)
const CALLS_A_DAY = 3000
const SIZES = [100_000, 100_000, 100_000, 400_000, 400_000, 2_000_000, 20_000_000]
const SETTINGS = {
  LATCHKEY_LIMIT_FILES_PER_MINUTE: '1000000',
  LATCHKEY_LIMIT_CARDS_PER_MINUTE: '1000000',
  LATCHKEY_LIMIT_CARD_CREATION_PER_MINUTE: '0',
  LATCHKEY_LIMIT_SESSION_PER_MINUTE: '1000000',
  LATCHKEY_LIMIT_AUTH_FAILURES_PER_MINUTE: '1000000',
}

/** What the server has said that it did, and what was seen of it after a crash. */
interface Ledger {
  readonly keys: NewKey[]
  readonly revoked: NewKey[]
  /** A word that only this card has, by its id. */
  readonly cards: Map<string, string>
  /** SHA-256 in hexadecimal, by the file's id. */
  readonly files: Map<string, string>
  readonly checkedCards: Set<string>
  readonly checkedFiles: Set<string>
  /** Calls of the key whose day is limited. */
  passed: number
  refused: number
}

const Files = z.object({
  files: z.array(z.object({ id: z.string(), file_size: z.number(), sha256: z.string() })),
  pagination: z.object({ total: z.number() }),
})
const Cards = z.object({
  items: z.array(z.object({ id: z.string(), content: z.string() })),
  pageInfo: z.object({ hasMore: z.boolean(), nextCursor: z.string().nullable() }),
})
const Found = z.object({ items: z.array(z.object({ id: z.string() })) })
const CreatedFile = z.object({ id: z.string() })
const CreatedCard = z.object({ cardId: z.string() })

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

it(`keeps what it acknowledged and shows nothing half-made over ${ROUNDS} kills`, async (t) => {
  const dataDir = join(tempDir(t), 'data')
  let server = await start(dataDir)
  t.after(() => server.kill('SIGKILL'))
  const owner = await createOwner(server)
  limitDays(dataDir)
  const limited = await createKey(server.url, owner)
  const ledger: Ledger = {
    keys: [],
    revoked: [],
    cards: new Map(),
    files: new Map(),
    checkedCards: new Set(),
    checkedFiles: new Set(),
    passed: 0,
    refused: 0,
  }
  const firstDay = today()

  for (let round = 0; round < ROUNDS; round += 1) {
    const busy = load(server.url, owner, limited, ledger)
    await wait(300 + Math.random() * 900)
    await server.kill('SIGKILL')
    await busy
    server = await start(dataDir)
    await assertWhole(server.url, dataDir, owner, ledger)
  }

  ledger.checkedFiles.clear()
  ledger.checkedCards.clear()
  await assertWhole(server.url, dataDir, owner, ledger)
  assert.ok(ledger.passed <= CALLS_A_DAY * (today() - firstDay + 1), `${ledger.passed} calls passed`)
  assert.ok(ledger.keys.length > 0 && ledger.revoked.length > 0 && ledger.cards.size > 0 && ledger.files.size > 0)
  assert.deepEqual(await server.kill(), { code: 0, signal: null })
  const { keys, revoked, cards, files, passed, refused } = ledger
  t.diagnostic(
    `${ROUNDS} kills: kept ${keys.length} keys, ${revoked.length} revocations, ${cards.size} cards, ${files.size} files; ` +
      `of the day's ${CALLS_A_DAY} calls ${passed} passed, ${refused} more were refused`,
  )
})

const today = (): number => Math.floor(Date.now() / 86_400_000)

const start = async (dataDir: string): Promise<LatchkeyProcess> => {
  const server = spawnLatchkey({ dataDir, env: SETTINGS })
  await server.ready
  return server
}

const limitDays = (dataDir: string): void => {
  const database = new DatabaseSync(join(dataDir, 'latchkey.db'), { timeout: 5000 })
  database.exec(`update plans set per_day = ${CALLS_A_DAY}`)
  database.close()
}

/** Writes everything at once until the server is gone; notes only what came back complete. */
const load = async (url: string, owner: Owner, limited: NewKey, ledger: Ledger): Promise<void> => {
  const { key } = await createKey(url, owner)
  await Promise.all([
    untilGone(() => createAndRevoke(url, owner, ledger)),
    untilGone(() => saveCard(url, key, ledger)),
    untilGone(() => saveCard(url, key, ledger)),
    untilGone(() => uploadRaw(url, key, ledger)),
    untilGone(() => uploadForm(url, key, ledger)),
    untilGone(() => uploadForm(url, key, ledger)),
    untilGone(() => spendDay(url, limited, ledger)),
  ])
}

/** Repeats until the connection breaks. An answer that is no success is a failure of the test. */
const untilGone = async (act: () => Promise<void>): Promise<void> => {
  for (;;) {
    try {
      await act()
    } catch (error) {
      if (isBroken(error)) return
      throw error
    }
  }
}

const isBroken = (error: unknown): boolean =>
  error instanceof TypeError ||
  (error instanceof Error && 'code' in error && /^(ECONN|EPIPE|UND_ERR)/.test(String(error.code)))

const createAndRevoke = async (url: string, owner: Owner, ledger: Ledger): Promise<void> => {
  const made = await createKey(url, owner)
  // A key whose revocation is not answered may live or not: it is in neither list.
  if (Math.random() < 0.5) return void ledger.keys.push(made)
  const response = await fetch(new URL(`/api/keys/${made.id}`, url), {
    method: 'DELETE',
    headers: { cookie: owner.cookie },
  })
  if (response.status === 200) ledger.revoked.push(made)
}

const saveCard = async (url: string, key: string, ledger: Ledger): Promise<void> => {
  const word = `w${randomBytes(8).toString('hex')}`
  const response = await postJson(url, '/v1/cards', { content: `A card about ${word}` }, bearer(key))
  ledger.cards.set(CreatedCard.parse(await response.json()).cardId, word)
}

const someBytes = (): Buffer<ArrayBuffer> => randomBytes(SIZES[Math.floor(Math.random() * SIZES.length)] ?? 0)

const uploadRaw = async (url: string, key: string, ledger: Ledger): Promise<void> => {
  const body = someBytes()
  const path = `/api/v1/files/content?name=${randomBytes(8).toString('hex')}`
  await noteFile(await fetch(new URL(path, url), { method: 'PUT', headers: bearer(key), body }), body, ledger)
}

const uploadForm = async (url: string, key: string, ledger: Ledger): Promise<void> => {
  const body = someBytes()
  const form = new FormData()
  form.set('file', new Blob([body]), randomBytes(8).toString('hex'))
  await noteFile(
    await fetch(new URL('/api/v1/files', url), { method: 'POST', headers: bearer(key), body: form }),
    body,
    ledger,
  )
}

const noteFile = async (response: Response, bytes: Uint8Array, ledger: Ledger): Promise<void> => {
  const answer = await response.text()
  assert.equal(response.status, 201, answer)
  ledger.files.set(CreatedFile.parse(JSON.parse(answer)).id, sha256(bytes))
}

const spendDay = async (url: string, { key }: NewKey, ledger: Ledger): Promise<void> => {
  const call: Call = { path: '/api/account', headers: { 'x-api-key': key } }
  const answers = await sendPipelined(url, new Array(50).fill(call))
  // A connection that broke gives no error, only fewer answers.
  if (answers.length < 50) throw new TypeError('The server is gone.')
  for (const { status } of answers) {
    if (status === 200) ledger.passed += 1
    else ledger.refused += 1
  }
}

const assertWhole = async (url: string, dataDir: string, owner: Owner, ledger: Ledger): Promise<void> => {
  const { key } = await createKey(url, owner)
  await assertKeys(url, ledger)
  await assertCards(url, key, ledger)
  await assertFiles(url, key, ledger)
  const database = new DatabaseSync(join(dataDir, 'latchkey.db'), { readOnly: true, timeout: 5000 })
  assert.deepEqual({ ...database.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' })
  assert.deepEqual(database.prepare('pragma foreign_key_check').all(), [])
  database.close()
}

const assertKeys = async (url: string, { keys, revoked }: Ledger): Promise<void> => {
  const calls = (list: readonly NewKey[]): Call[] =>
    list.map(({ key }) => ({ path: '/api/account', headers: { 'x-api-key': key } }))
  for (const { status } of await sendPipelined(url, calls(keys))) assert.equal(status, 200, 'a key is gone')
  for (const { status } of await sendPipelined(url, calls(revoked))) assert.equal(status, 401, 'a revoked key is back')
}

/** Every acknowledged card is there, and every card that is there is found by its word. */
const assertCards = async (url: string, key: string, { cards, checkedCards }: Ledger): Promise<void> => {
  const seen = new Map<string, string>()
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { items, pageInfo } = Cards.parse(await getJson(url, `/v1/cards?limit=100${query}`, key))
    for (const { id, content } of items) seen.set(id, content)
    cursor = pageInfo.hasMore ? pageInfo.nextCursor : null
  }
  for (const id of cards.keys()) assert.ok(seen.has(id), 'a card is gone')
  for (const [id, content] of seen) {
    if (checkedCards.has(id)) continue
    const word = /w[0-9a-f]{16}$/.exec(content)?.[0]
    const { items } = Found.parse(await getJson(url, `/v1/cards/search?q=${word}`, key))
    assert.deepEqual(
      items.map((card) => card.id),
      [id],
      'a card is not found',
    )
    checkedCards.add(id)
  }
}

/** Every acknowledged file is there, and the bytes of every file that is there are the ones it says it has. */
const assertFiles = async (url: string, key: string, { files, checkedFiles }: Ledger): Promise<void> => {
  const seen = new Map<string, { file_size: number; sha256: string }>()
  for (let offset = 0, total = 1; offset < total; offset += 200) {
    const page = Files.parse(await getJson(url, `/api/v1/files?limit=200&offset=${offset}`, key))
    total = page.pagination.total
    for (const { id, ...file } of page.files) seen.set(id, file)
  }
  for (const [id, hash] of files) assert.equal(seen.get(id)?.sha256, hash, 'a file is gone')
  for (const [id, file] of seen) {
    if (checkedFiles.has(id)) continue
    const response = await fetch(new URL(`/api/v1/files/${id}/content`, url), { headers: bearer(key) })
    const bytes = new Uint8Array(await response.arrayBuffer())
    assert.deepEqual([response.status, bytes.length, sha256(bytes)], [200, file.file_size, file.sha256])
    checkedFiles.add(id)
  }
}

const getJson = async (url: string, path: string, key: string): Promise<unknown> => {
  const { status, body } = await send(url, { path, headers: bearer(key) })
  assert.equal(status, 200, body)
  return JSON.parse(body)
}
