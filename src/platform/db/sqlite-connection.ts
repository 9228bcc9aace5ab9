import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { QueryResult } from 'kysely'

// This is also what the thread that reads starts with: it is to load nothing else.

const STATEMENT_CACHE = 500
// How long to wait for another program's lock. The writer waits in the thread that answers requests: while it does,
// nobody is answered. The reader has a thread of its own.
const WRITER_LOCK_MS = 2_000
const READER_LOCK_MS = 10_000

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
