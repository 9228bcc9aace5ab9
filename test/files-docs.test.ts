import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { it } from 'node:test'
import { startEmulator } from '../src/platform/telegram/emulator/server.ts'
import { createKey, createOwner } from './services/owner.ts'
import { runPage } from './services/page.ts'
import { type LatchkeyProcess, spawnLatchkey } from './services/process.ts'
import { rcloneProgram } from './services/rclone.ts'
import { tempDir } from './services/temp-dir.ts'

const ROOT = resolve(import.meta.dirname, '..')
const CHANNELS = [-1_001_111_111_111, -1_002_222_222_222]
const PERSON = { id: 4711, first_name: 'Ada', is_bot: false } as const

it('does what the page about files says, block by block, with Telegram as the storage', {
  timeout: 300_000,
}, async (t) => {
  const folder = tempDir(t)
  const { emulator, apiRoot, close } = await startEmulator()
  t.after(close)
  const bots = ['one', 'two', 'three'].map((name) =>
    emulator.addBot({ username: `${name}_keeper_bot`, firstName: name }),
  )
  for (const bot of bots)
    for (const id of CHANNELS)
      emulator.openChat({ botId: bot.id, user: PERSON, chat: { id, type: 'channel', title: 'Parts' } })
  const env = {
    LATCHKEY_TELEGRAM_API_ROOT: apiRoot,
    LATCHKEY_TELEGRAM_BOTS: bots.map(({ token }) => token).join(','),
    LATCHKEY_TELEGRAM_CHATS: CHANNELS.join(','),
  }
  const dataDir = join(folder, 'data')
  const server = spawnLatchkey({ dataDir, env })
  t.after(() => server.kill())
  const url = await server.ready
  const { key, cookies } = await firstAccount(server, folder)

  const path = [shims(folder), dirname(await rcloneProgram()), process.env.PATH].join(delimiter)
  const settings = { ...env, LATCHKEY_DATA_DIR: dataDir, CHAT: `${CHANNELS[0]}`, TELEGRAM_TOKEN: bots[0]?.token ?? '' }
  const { stdout, count } = await runPage('files.md', {
    folder,
    path,
    env: { URL: url, KEY: key, COOKIES: cookies, ...settings },
    timeoutMs: 280_000,
  })

  assert.match(stdout, /Restored 1 accounts/)
  assert.equal(count, 16)
})

/** `npx latchkey`, without asking a registry. */
const shims = (folder: string): string => {
  const path = join(folder, 'bin')
  mkdirSync(path)
  const npx = join(path, 'npx')
  writeFileSync(npx, `#!/bin/sh\nshift\nexec '${process.execPath}' '${join(ROOT, 'bin/main.js')}' "$@"\n`)
  chmodSync(npx, 0o755)
  return path
}

/** The first account with a key, and its session as curl keeps one. */
const firstAccount = async (server: LatchkeyProcess, folder: string) => {
  const owner = await createOwner(server)
  const { key } = await createKey(server.url, owner)
  const cookies = join(folder, 'cookies.txt')
  writeFileSync(cookies, `127.0.0.1\tFALSE\t/\tFALSE\t0\t${owner.cookie.replace('=', '\t')}\n`)
  return { key, cookies }
}
