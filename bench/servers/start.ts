import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createApp, ROLES } from '../../src/app.ts'
import { type Clock, systemClock } from '../../src/platform/clock.ts'
import { loadConfig } from '../../src/platform/config/index.ts'
import { createLog } from '../../src/platform/log/index.ts'

const OWNER = { email: 'ada@example.org', password: 'correct horse battery staple' }

/** Has the disk encrypt what is stored there, as an administrator does it. */
const encryptDisk = async (url: string): Promise<void> => {
  const send = (path: string, method: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(new URL(path, url), {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const [cookie = ''] = (await send('/api/auth/sign-in', 'POST', OWNER)).headers.getSetCookie()
  const session = { cookie: cookie.split(';')[0] ?? '', origin: new URL(url).origin }
  const { status } = await send('/api/v1/storage/backends/disk', 'PATCH', { encrypt: true }, session)
  if (status !== 200) throw new Error(`The disk was not set to encrypt: ${status}`)
}

/** The whole program in this process, on an empty folder, with an account and limits that nobody reaches. */
export const startLatchkey = async (settings: Readonly<Record<string, string>> = {}, clock: Clock = systemClock) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }))
  const app = await createApp({
    config: loadConfig(
      // Where the Python of the machine is looked for.
      { PATH: process.env.PATH },
      {
        HOST: '127.0.0.1',
        PORT: '0',
        DATA_DIR: dataDir,
        // Python's memory image takes seconds to make and is the same for all.
        CACHE_DIR: resolve(import.meta.dirname, '../../node_modules/.cache/latchkey'),
        LIMIT_FILES_PER_MINUTE: '1000000',
        ...settings,
      },
    ),
    clock,
    log: createLog('error'),
    roles: new Set(ROLES),
  })
  const url = await app.start()
  const { users, keys } = app.core.accounts
  await users.createOwner(OWNER.email, OWNER.password, undefined)
  const { id } = await app.core.database.db.selectFrom('accounts').select('id').executeTakeFirstOrThrow()
  const newKey = async (): Promise<string> => (await keys.create(id, 'bench', { kind: 'files', name: 'Bench' })).key
  return { url, dataDir, newKey, accountKey: await newKey(), encryptDisk: () => encryptDisk(url) }
}
