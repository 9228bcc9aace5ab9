import type { Kysely, Transaction } from 'kysely'
import type { Tables } from './tables.ts'

export { inBatches } from './batches.ts'
export { type ColumnTypes, type Migration, migrate } from './migrate.ts'
export { type DatabaseOptions, openDatabase } from './open.ts'
export { prepared } from './prepared.ts'
export type { Tables } from './tables.ts'
export { type Writer, writeTogether } from './together.ts'

export type SqlDialect = 'sqlite' | 'postgres'

/** Where queries are written to: the database itself or a transaction of it. */
export type Db = Kysely<Tables>

/**
 * An open database. `db` and `reader` show the same rows; the reader is for searches, exports and everything else that
 * may take long, and writes nothing.
 */
export interface Database {
  readonly dialect: SqlDialect
  readonly db: Db
  readonly reader: Db
  /**
   * Runs `work` in one transaction that has the right to write from its first statement. Inside, only `tx` may be
   * used: on SQLite there is one writer, and a query past the transaction would wait for it forever.
   */
  transaction<T>(work: (tx: Transaction<Tables>) => Promise<T>): Promise<T>
  /** @throws when the database does not answer */
  ping(): Promise<void>
  /** SQLite: held until `close`; false when another server process has this data folder. */
  readonly owned: boolean
  close(): Promise<void>
}
