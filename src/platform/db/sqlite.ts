import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { SqliteExecutor } from './sqlite-connection.ts'

const WRITER_WAIT_MS = 30_000

/** Kysely over one connection: queries take turns, and a transaction has the connection to itself. */
export const sqliteDialect = (executor: SqliteExecutor): Dialect => ({
  createAdapter: () => new InTurnsAdapter(),
  createDriver: () => sqliteDriver(executor),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
})

/** Kysely's own line has no end for who waits in it in vain: the driver below keeps one that has. */
class InTurnsAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

const sqliteDriver = (executor: SqliteExecutor): Driver => {
  let tail: Promise<void> = Promise.resolve()
  let taken = 0
  const releases = new WeakMap<DatabaseConnection, () => void>()
  return {
    init: async () => {},
    async acquireConnection() {
      const before = tail
      const turn = Promise.withResolvers<void>()
      tail = turn.promise
      taken += 1
      const release = (): void => {
        taken -= 1
        turn.resolve()
      }
      if (taken > 1)
        await within(before, WRITER_WAIT_MS).catch((error: unknown) => {
          // Whoever stands behind still waits for the one in front.
          before.then(release)
          throw error
        })
      const connection: DatabaseConnection = {
        executeQuery: async <R>(query: CompiledQuery) =>
          (await executor.execute(query.sql, query.parameters)) as QueryResult<R>,
        streamQuery: () => {
          throw new Error('Page through large results instead of streaming them.')
        },
      }
      releases.set(connection, release)
      return connection
    },
    releaseConnection: async (connection) => releases.get(connection)?.(),
    beginTransaction: async (connection) => void (await connection.executeQuery(CompiledQuery.raw('begin immediate'))),
    commitTransaction: async (connection) => void (await connection.executeQuery(CompiledQuery.raw('commit'))),
    rollbackTransaction: async (connection) => void (await connection.executeQuery(CompiledQuery.raw('rollback'))),
    destroy: async () => {
      await executor.close()
    },
  }
}

// A query inside a transaction that goes past it would wait for itself; this turns the hang into an error.
const within = async (turn: Promise<void>, waitMs: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(notGivenBack()), waitMs)
  })
  try {
    await Promise.race([turn, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Its code says that the same may pass later. */
const notGivenBack = (): Error =>
  Object.assign(new Error('The database connection was not given back in time.'), { code: 'ETIMEDOUT' })
