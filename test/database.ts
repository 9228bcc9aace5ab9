import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { type Database, openDatabase, type SqlDialect } from '../src/platform/db/index.ts'
import { closeAfter } from './closing.ts'
import { copyNewestForm, newestForm } from './newest-form.ts'
import { type DatabaseTemplate, startPostgres } from './services/postgres.ts'

/** Every test of a repo or a resource runs once for each. */
export const dialects: readonly SqlDialect[] = ['sqlite', 'postgres']

let server: Awaited<ReturnType<typeof startPostgres>> | undefined
let starting: ReturnType<typeof startPostgres> | undefined

/** The PostgreSQL of this test file: the one of the whole run, or else one started for it and stopped behind it. */
export const postgres = async (): Promise<NonNullable<typeof server>> => {
  starting ??= startPostgres()
  server = await starting
  return server
}

after(async () => {
  await (await starting)?.stop()
})

/** A place for a database: a folder of its own, and for PostgreSQL a database of its own. */
export interface TestPlace {
  readonly dataDir: string
  readonly url: string | undefined
  remove(): Promise<void>
}

/** A place whose database is in its newest form: the migrations ran once, for all tests. */
export const testPlace = async (dialect: SqlDialect): Promise<TestPlace> => {
  const place = await emptyPlace(dialect, newestForm())
  if (dialect === 'sqlite') await copyNewestForm(place.dataDir)
  return place
}

/** A place where the migrations are still to run. */
export const emptyPlace = async (dialect: SqlDialect, template?: DatabaseTemplate): Promise<TestPlace> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-test-'))
  const created = dialect === 'postgres' ? await (await postgres()).createDatabase(template) : undefined
  return {
    dataDir,
    url: created?.url,
    async remove() {
      await created?.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** A database in its newest form, closed and removed when the file's tests are over. */
export const testDatabase = async (dialect: SqlDialect): Promise<Database> => {
  const place = await testPlace(dialect)
  const database = await openDatabase({ url: place.url, dataDir: place.dataDir, synchronous: 'NORMAL', own: false })
  closeAfter(async () => {
    await database.close()
    await place.remove()
  })
  return database
}
