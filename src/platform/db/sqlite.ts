import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
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

const STATEMENT_CACHE = 500
const WRITER_WAIT_MS = 30_000
// How long to wait for another program's lock. The writer waits in the thread that answers requests: while it does,
// nobody is answered. The reader has a thread of its own.
const WRITER_LOCK_MS = 2_000
const READER_LOCK_MS = 10_000

/** Runs one compiled query on a connection and returns its rows. */
export interface SqliteExecutor {
  execute(sql: string, parameters: readonly unknown[]): QueryResult<unknown> | Promise<QueryResult<unknown>>
  close(): void | Promise<void>
}

/** A connection in this thread, with its prepared statements kept. */
export const sqliteExecutor = (database: DatabaseSync): SqliteExecutor => {
  // Whether it answers with rows is asked once: the list of columns is made anew each time.
  const statements = new Map<string, { statement: StatementSync; hasRows: boolean }>()
  const prepare = (sql: string) => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const prepared = database.prepare(sql)
    const statement = { statement: prepared, hasRows: prepared.columns().length > 0 }
    // The number of the last row comes with every answer, and a full-text index gives its own rows numbers that no
    // JavaScript number holds: asked for as one, it fails statements that have nothing to do with that row.
    if (!statement.hasRows) prepared.setReadBigInts(true)
    if (statements.size >= STATEMENT_CACHE) statements.delete(statements.keys().next().value ?? '')
    statements.set(sql, statement)
    return statement
  }
  return {
    execute(sql, parameters) {
      const { statement, hasRows } = prepare(sql)
      const values = parameters.map(toSqlite)
      if (hasRows) return { rows: statement.all(...values).map(fromSqlite) }
      const { changes, lastInsertRowid } = statement.run(...values)
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
    },
    close: () => database.close(),
  }
}

const toSqlite = (value: unknown): SQLInputValue => {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value === undefined) return null
  return value as SQLInputValue
}

// Both databases hand out bytes as Buffer, and rows as plain objects.
const fromSqlite = (row: Record<string, unknown>): unknown => {
  const plain: Record<string, unknown> = {}
  for (const name in row) {
    const value = row[name]
    plain[name] = value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value
  }
  return plain
}

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

export interface SqliteSettings {
  readonly file: string
  readonly synchronous: 'FULL' | 'NORMAL'
  readonly readOnly: boolean
}

export const openSqlite = ({ file, synchronous, readOnly }: SqliteSettings): DatabaseSync => {
  const timeout = readOnly ? READER_LOCK_MS : WRITER_LOCK_MS
  const database = new DatabaseSync(file, { readOnly, enableForeignKeyConstraints: true, timeout })
  database.exec('pragma cache_size = -65536; pragma temp_store = memory;')
  if (!readOnly) database.exec(`pragma journal_mode = wal; pragma synchronous = ${synchronous};`)
  return database
}
