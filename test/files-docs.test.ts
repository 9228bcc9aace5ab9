import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { delimiter, dirname, join, resolve } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import { startEmulator } from '../src/platform/telegram/emulator/server.ts'
import { spawnLatchkey } from './services/process.ts'
import { rcloneProgram } from './services/rclone.ts'
import { tempDir } from './services/temp-dir.ts'

const run = promisify(execFile)
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
  const { key, cookies } = await firstAccount(url, /\/setup#t=(\w+)/.exec(server.stdout())?.[1] ?? '', folder)

  const text = await readFile(join(ROOT, 'docs/files.md'), 'utf8')
  const script = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join('\n')
  const PATH = [shims(folder), dirname(await rcloneProgram()), process.env.PATH].join(delimiter)
  const settings = { ...env, LATCHKEY_DATA_DIR: dataDir, CHAT: `${CHANNELS[0]}`, TELEGRAM_TOKEN: bots[0]?.token ?? '' }
  const { stdout } = await run('bash', ['--norc', '-c', `set -euo pipefail\n${script}`], {
    cwd: folder,
    env: { PATH, HOME: folder, URL: url, KEY: key, COOKIES: cookies, ...settings },
    timeout: 280_000,
  })

  assert.match(stdout, /Restored 1 accounts/)
  assert.equal([...text.matchAll(/^```sh$/gm)].length, 15)
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

const firstAccount = async (url: string, token: string, folder: string) => {
  const post = async (path: string, body: object, cookie = '') => {
    const answer = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify(body),
    })
    assert.ok(answer.ok, `${path} answered ${answer.status}`)
    return answer
  }
  const account = { token, email: 'me@example.org', password: 'correct horse battery staple' }
  const [cookie = ''] = ((await post('/api/auth/setup', account)).headers.get('set-cookie') ?? '').split(';')
  const made = (await (await post('/api/keys', { kind: 'files', name: 'Docs' }, cookie)).json()) as { key: string }
  const cookies = join(folder, 'cookies.txt')
  writeFileSync(cookies, `127.0.0.1\tFALSE\t/\tFALSE\t0\t${cookie.replace('=', '\t')}\n`)
  return { key: made.key, cookies }
}
