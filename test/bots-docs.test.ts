import assert from 'node:assert/strict'
import { join, resolve } from 'node:path'
import { it, type TestContext } from 'node:test'
import { startEmulator } from '../src/platform/telegram/emulator/server.ts'
import { canary } from './canary.ts'
import { eventually } from './services/eventually.ts'
import { createKey, createOwner } from './services/owner.ts'
import { runPage } from './services/page.ts'
import { spawnLatchkey } from './services/process.ts'
import { tempDir } from './services/temp-dir.ts'

// Python's memory image takes seconds to make and is the same for all.
const PYTHON_CACHE = resolve(import.meta.dirname, '../node_modules/.cache/latchkey')

/** A server with a key of it, and a Telegram that knows one bot and Ada. */
const place = async (t: TestContext) => {
  const telegram = await startEmulator()
  t.after(() => telegram.close())
  const { id, token } = telegram.emulator.addBot({ username: 'live_bot', firstName: 'Live' })
  const folder = tempDir(t)
  const env = {
    LATCHKEY_TELEGRAM_API_ROOT: telegram.apiRoot,
    LATCHKEY_LIMIT_BOTS_PER_MINUTE: '1000000',
    LATCHKEY_CACHE_DIR: PYTHON_CACHE,
  }
  const server = spawnLatchkey({ dataDir: join(folder, 'data'), env })
  t.after(() => server.kill())
  const URL = await server.ready
  const { key: KEY } = await createKey(URL, await createOwner(server))
  const write = (text: string) =>
    telegram.emulator.sendAsUser({ botId: id, user: { id: 501, first_name: 'Ada' }, text })
  const answered = (): unknown => telegram.emulator.transcript(id, 501).at(-1)?.text
  return { folder, env: { URL, KEY, TOKEN: canary(token) }, write, answered }
}

it('does what the page about bots says, block by block', { timeout: 240_000 }, async (t) => {
  const { folder, env, write, answered } = await place(t)

  const { stdout, count } = await runPage('bots.md', { folder, env, timeoutMs: 180_000 })
  write('/start')

  await eventually(() => assert.equal(answered(), 'Hello Ada!'))
  assert.ok(!stdout.includes('w-7f3a9c'))
  assert.equal(count, 16)
})

it('moves a bot here as the page about that says, block by block', { timeout: 240_000 }, async (t) => {
  const { folder, env, write, answered } = await place(t)

  const { count } = await runPage('moving-from-telebot-creator.md', { folder, env, timeoutMs: 180_000 })
  write('🛒 Cart')

  await eventually(() => assert.equal(answered(), 'Empty'))
  assert.equal(count, 4)
})
