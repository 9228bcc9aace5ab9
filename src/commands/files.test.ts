import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { CHANNEL, oneOf, SCRATCH, SECRET, telegramSetting } from '../files/backends/telegram/testing.ts'
import { driveSnapshots } from '../files/recovery/index.ts'
import { systemClock } from '../platform/clock.ts'
import { createLog } from '../platform/log/index.ts'

const RUN = `const { filesRestore } = await import(process.argv[1]); process.exitCode = await filesRestore.run(JSON.parse(process.argv[2]))`
const PEPPER = 'a pepper that is long enough for tests'

it('restores a drive into a new data folder, with its secrets, and names what came after the index', async (t) => {
  const { place, database, backend } = await telegramSetting(t)
  const snapshots = driveSnapshots({
    database,
    telegram: backend,
    secret: SECRET,
    keyPepper: PEPPER,
    clock: systemClock,
    log: createLog('silent'),
  })
  await snapshots.make()
  await backend.put('copy_later', oneOf(Buffer.from('later')), 5, { about: { blob: 'blob_1', n: 0, of: 1 } })
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-restore-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const key = join(folder, 'key')
  writeFileSync(key, `${SECRET}\n`)
  const dataDir = join(folder, 'data')
  const values = { chat: `${CHANNEL}`, token: place.bots[0]?.token, 'key-file': key, 'scratch-chat': `${SCRATCH}` }

  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', RUN, join(import.meta.dirname, 'files.ts'), JSON.stringify(values)],
    { env: { PATH: process.env.PATH, LATCHKEY_DATA_DIR: dataDir, LATCHKEY_TELEGRAM_API_ROOT: place.apiRoot } },
  )
  let [text, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    errors += piece
  })
  const [code]: unknown[] = await once(child, 'close')

  assert.equal(code, 0, errors)
  assert.match(text, /Restored 0 accounts, 0 folders and 0 files/)
  assert.equal(readFileSync(join(dataDir, 'secrets/encryption-key'), 'utf8').trim(), SECRET)
  assert.equal(readFileSync(join(dataDir, 'secrets/key-pepper'), 'utf8').trim(), PEPPER)
  assert.match(text, /copy_later, 5 bytes, \{"blob":"blob_1","n":0,"of":1\}/)
  assert.doesNotMatch(text + errors, new RegExp(place.bots[0]?.token.split(':')[1] ?? ' '))
})
