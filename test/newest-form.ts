import { createHash, randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { migrations } from '../src/migrations/index.ts'
import { migrate, openDatabase, type SqlDialect } from '../src/platform/db/index.ts'
import type { DatabaseTemplate } from './services/postgres.ts'

const CACHE = resolve(import.meta.dirname, '../node_modules/.cache/latchkey/tests')
/** Any types: what counts is that another step, or another text of one, gives another key. */
const TYPES = { text: 'text', bytes: 'bytes', integer: 'integer' }

const keyOf = (dialect: SqlDialect): string => {
  const steps = migrations.map(({ id, up }) => [id, ...up(TYPES, dialect)])
  return createHash('sha256').update(JSON.stringify(steps)).digest('hex')
}

const fill = async (url: string | undefined, dataDir: string): Promise<void> => {
  const database = await openDatabase({ url, dataDir, synchronous: 'NORMAL', own: false })
  try {
    await migrate(database, migrations, 0)
  } finally {
    await database.close()
  }
}

/** For PostgreSQL: a database that has every migration, and no row of anybody. */
export const newestForm = (): DatabaseTemplate => ({
  key: keyOf('postgres'),
  fill: (url) => fill(url, tmpdir()),
})

/** For SQLite: the same, as a file in the data folder. Made once and kept for the next run. */
export const copyNewestForm = async (dataDir: string): Promise<void> => {
  const kept = join(CACHE, `newest-${keyOf('sqlite').slice(0, 16)}.db`)
  if (!existsSync(kept)) await makeNewestForm(kept)
  copyFileSync(kept, join(dataDir, 'latchkey.db'))
}

const makeNewestForm = async (kept: string): Promise<void> => {
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-newest-'))
  const whole = `${kept}.${randomBytes(4).toString('hex')}`
  await fill(undefined, folder)
  // Under its name only when it is whole: several test files may be at this at once.
  copyFileSync(join(folder, 'latchkey.db'), whole)
  renameSync(whole, kept)
  rmSync(folder, { recursive: true })
}
