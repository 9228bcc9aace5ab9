import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import type { Database, Db } from './index.ts'
import { sqliteDialect } from './sqlite.ts'
import { openSqlite, sqliteExecutor } from './sqlite-connection.ts'
import { readerThread } from './sqlite-reader.ts'
import type { Tables } from './tables.ts'

export interface DatabaseOptions {
  /** `postgres://…`; undefined for the SQLite file in the data folder. */
  readonly url: string | undefined
  readonly dataDir: string
  readonly synchronous: 'FULL' | 'NORMAL'
  /** A server owns its SQLite file; a command that runs next to it does not ask for that. */
  readonly own: boolean
}

/** @throws when the file or the server cannot be reached */
export const openDatabase = async (options: DatabaseOptions): Promise<Database> =>
  options.url === undefined ? sqliteDatabase(options) : postgresDatabase(options.url)

const sqliteDatabase = (options: DatabaseOptions): Database => {
  const file = join(options.dataDir, 'latchkey.db')
  const lock = options.own ? takeLock(options.dataDir) : undefined
  const writer = openSqlite({ file, synchronous: options.synchronous, readOnly: false })
  const db = new Kysely<Tables>({ dialect: sqliteDialect(sqliteExecutor(writer)) })
  const reader = new Kysely<Tables>({ dialect: sqliteDialect(readerThread(file)) })
  return {
    dialect: 'sqlite',
    db,
    reader,
    owned: lock !== undefined,
    transaction: (work) => db.transaction().execute(work),
    ping: () => ping(db),
    async close() {
      await reader.destroy()
      await db.destroy()
      lock?.close()
    },
  }
}

/**
 * One server process per data folder: limits, caches and counters live in its memory. The lock is SQLite's own, on a
 * file of its own, so the system drops it with the process however that ends.
 */
const takeLock = (dataDir: string): DatabaseSync | undefined => {
  const lock = new DatabaseSync(join(dataDir, 'server.lock'), { timeout: 2_000 })
  try {
    lock.exec('pragma journal_mode = delete; begin exclusive; create table if not exists holder (pid integer)')
    return lock
  } catch {
    lock.close()
    return undefined
  }
}

const postgresDatabase = async (url: string): Promise<Database> => {
  // Loaded here, like Redis's client: most installations never need them, and each costs megabytes.
  const { openPostgres } = await import('./postgres.ts')
  const { dialect } = openPostgres(url)
  const db = new Kysely<Tables>({ dialect })
  return {
    dialect: 'postgres',
    db,
    reader: db,
    owned: true,
    transaction: (work) => db.transaction().execute(work),
    ping: () => ping(db),
    close: () => db.destroy(),
  }
}

const ping = async (db: Db): Promise<void> => {
  await sql`select 1`.execute(db)
}
