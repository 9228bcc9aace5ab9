import { sql, type Transaction } from 'kysely'
import type { Database, SqlDialect } from './index.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    migrations: { id: string; applied_at: number }
  }
}

/** How the two databases spell the column types that we use. */
export interface ColumnTypes {
  /** Compares and sorts by bytes, in both. */
  readonly text: string
  readonly bytes: string
  /** 64 bits; also moments in milliseconds, and 0 or 1 for a truth value. */
  readonly integer: string
}

const TYPES: Record<SqlDialect, ColumnTypes> = {
  sqlite: { text: 'text', bytes: 'blob', integer: 'integer' },
  postgres: { text: 'text collate "C"', bytes: 'bytea', integer: 'bigint' },
}

/** One step in the database's history. It is never changed once released; the next change is another step. */
export interface Migration {
  /** Sorts in the order of application: `0003-cards`. */
  readonly id: string
  readonly up: (types: ColumnTypes, dialect: SqlDialect) => readonly string[]
}

// Any number: what counts is that every process of ours takes the same lock.
const ADVISORY_LOCK = 7_202_611_220

/**
 * Brings the database to the newest form, step by step, each in a transaction of its own. Several processes may do
 * this at once: one works, the others wait and find nothing left to do.
 *
 * @returns The ids that were applied now.
 * @throws when the database has a step that this program does not know: a newer program has written it.
 */
export const migrate = async (
  database: Database,
  migrations: readonly Migration[],
  nowMs: number,
): Promise<string[]> => {
  const applied: string[] = []
  const known = await database.transaction(async (tx) => {
    await lock(database.dialect, tx)
    const { text, integer } = TYPES[database.dialect]
    await sql
      .raw(`create table if not exists migrations (id ${text} primary key, applied_at ${integer} not null)`)
      .execute(tx)
    return knownSteps(tx, migrations)
  })
  for (const migration of migrations.filter(({ id }) => !known.has(id))) {
    const done = await database.transaction(async (tx) => {
      await lock(database.dialect, tx)
      return apply(database.dialect, tx, migration, nowMs)
    })
    if (done) applied.push(migration.id)
  }
  return applied
}

const apply = async (
  dialect: SqlDialect,
  tx: Transaction<Tables>,
  { id, up }: Migration,
  nowMs: number,
): Promise<boolean> => {
  // Another process may have been here since the list was read.
  const done = await tx.selectFrom('migrations').select('id').where('id', '=', id).executeTakeFirst()
  if (done !== undefined) return false
  for (const statement of up(TYPES[dialect], dialect)) await sql.raw(statement).execute(tx)
  await tx.insertInto('migrations').values({ id, applied_at: nowMs }).execute()
  return true
}

/** The steps that the database has taken. @throws when one of them is of a newer program. */
const knownSteps = async (tx: Transaction<Tables>, migrations: readonly Migration[]): Promise<ReadonlySet<string>> => {
  const ours = new Set(migrations.map(({ id }) => id))
  const rows = await tx.selectFrom('migrations').select('id').orderBy('id').execute()
  const newer = rows.find(({ id }) => !ours.has(id))
  if (newer === undefined) return new Set(rows.map(({ id }) => id))
  throw new Error(
    `The database was written by a newer Latchkey (it knows ${newer.id}). Start that version, or restore a backup made before it.`,
  )
}

// SQLite's transactions are exclusive from their first statement already.
const lock = async (dialect: SqlDialect, tx: Transaction<Tables>): Promise<void> => {
  if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK})`.execute(tx)
}
