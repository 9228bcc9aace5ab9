import { sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import { KEPT_TABLES, type KeptTable } from './tables.ts'

type Row = Record<string, unknown>

const PAGE = 500

const LOCAL_BACKEND = 'disk'

/** @returns The migrations of the database, the newest last. */
export const migrationsOf = async (db: Db): Promise<string[]> => {
  const rows = await db.selectFrom('migrations').select('id').orderBy('id').execute()
  return rows.map(({ id }) => id)
}

/**
 * Everything that belongs into an index, a row a line: `["files",{"id":…}]`. It is read page by page while others write,
 * so it may hold a row and not the one it points to; who loads it passes over such rows.
 */
export async function* dumpLines(db: Db): AsyncGenerator<string> {
  const done = new Set(await migrationsOf(db))
  for (const table of KEPT_TABLES) {
    if (!done.has(table.since)) continue
    for await (const row of rowsOf(db, table)) yield `${JSON.stringify([table.name, encode(row)])}\n`
  }
}

async function* rowsOf(db: Db, { name, key, computed = [] }: KeptTable): AsyncGenerator<Row> {
  const columns = sql.join(key.map((column) => sql.ref(column)))
  let after: unknown[] | undefined
  for (;;) {
    const behind = after === undefined ? sql`` : sql`where (${columns}) > (${sql.join(after)})`
    const { rows } = await sql<Row>`
      select * from ${sql.table(name)} ${behind} order by ${columns} limit ${sql.lit(PAGE)}`.execute(db)
    for (const row of rows) {
      for (const column of computed) delete row[column]
      yield row
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = key.map((column) => last[column])
  }
}

const encode = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value,
    ]),
  )

const decode = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'base64' in value ? Buffer.from(String(value.base64), 'base64') : value

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Writes the lines of a dump into an empty database. `tx` is a transaction. Copies on a disk are left out: that disk is
 * what was lost.
 *
 * @returns How many rows each table got.
 * @throws if a line is none of a dump
 */
export const loadLines = async (tx: Db, lines: AsyncIterable<string>): Promise<ReadonlyMap<string, number>> => {
  const tables = new Map(KEPT_TABLES.map((table) => [table.name, table]))
  const ids = new Map<string, Set<unknown>>(KEPT_TABLES.map(({ name }) => [name, new Set()]))
  const counts = new Map<string, number>()
  for await (const line of lines) {
    const parsed: unknown = JSON.parse(line)
    const [name, given]: unknown[] = Array.isArray(parsed) ? parsed : []
    const table = tables.get(String(name))
    if (table === undefined || !isRow(given))
      throw new Error('The index holds something that this version does not know.')
    const row = Object.fromEntries(Object.entries(given).map(([column, value]) => [column, decode(value)]))
    if (!isWanted(table, row, ids)) continue
    const columns = Object.keys(row)
    await sql`insert into ${sql.table(table.name)} (${sql.join(columns.map((column) => sql.ref(column)))})
      values (${sql.join(Object.values(row))}) on conflict do nothing`.execute(tx)
    ids.get(table.name)?.add(row.id)
    counts.set(table.name, (counts.get(table.name) ?? 0) + 1)
  }
  return counts
}

const isWanted = (table: KeptTable, row: Row, ids: ReadonlyMap<string, ReadonlySet<unknown>>): boolean => {
  if (table.name === 'chunk_copies' && row.backend === LOCAL_BACKEND) return false
  return Object.entries(table.needs ?? {}).every(([column, other]) => {
    const value = row[column]
    return value === null || value === undefined || ids.get(other)?.has(value) === true
  })
}

/** Says of each blob what is true now that copies are missing. @returns How many files are lost, and how many are not whole. */
export const settleBlobs = async (tx: Db): Promise<{ lost: number }> => {
  const good = sql`select 1 from chunk_copies where chunk_copies.chunk_id = chunks.id and chunk_copies.state = 'good'`
  const chunks = sql`select 1 from chunks where chunks.blob_id = blobs.id`
  await sql`update blobs set state = 'degraded', backend = 'telegram', replicas = 1
    where backend <> 'database' and exists (${chunks})`.execute(tx)
  await sql`update blobs set state = 'lost', replicas = 0
    where exists (${chunks} and not exists (${good}))`.execute(tx)
  const row = await tx
    .selectFrom('files')
    .innerJoin('blobs', 'blobs.id', 'files.blob_id')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('blobs.state', '=', 'lost')
    .executeTakeFirstOrThrow()
  return { lost: row.count }
}
