import type { Db } from '../../platform/db/index.ts'
import type { Position } from '../../platform/http/cursor.ts'
import { MAX_PROBLEMS } from './contract.ts'
import type { ImportFormat } from './sources/index.ts'

interface ImportsTable {
  id: string
  account_id: string
  format: ImportFormat
  is_dry_run: number
  /** Of the file to import; it is deleted when the import is over. */
  file_id: string
  file_name: string
  size_bytes: number
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  total: number | null
  /** Entries that are done: a run goes on behind them. */
  processed: number
  created: number
  duplicates: number
  invalid: number
  error_code: string | null
  error: string | null
  created_at: number
  updated_at: number
}

declare module '../../platform/db/tables.ts' {
  interface Tables {
    card_imports: ImportsTable
    card_import_problems: { import_id: string; entry: number; line: number | null; message: string }
  }
}

export type ImportRow = Readonly<ImportsTable>

/** What came of a few entries. */
export interface Step {
  readonly created: number
  readonly duplicates: number
  readonly problems: readonly { readonly entry: number; readonly line: number | null; readonly message: string }[]
}

const LIVE = ['queued', 'running'] as const

export const importRepo = (db: Db) => ({
  async insert(row: ImportRow): Promise<void> {
    await db.insertInto('card_imports').values(row).execute()
  },

  /** Whoever asks runs it. */
  get: (id: string): Promise<ImportRow | undefined> =>
    db.selectFrom('card_imports').selectAll().where('id', '=', id).executeTakeFirst(),

  find: (accountId: string, id: string): Promise<ImportRow | undefined> =>
    db
      .selectFrom('card_imports')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .executeTakeFirst(),

  list: (accountId: string, after: Position | undefined, limit: number): Promise<ImportRow[]> => {
    let query = db.selectFrom('card_imports').selectAll().where('account_id', '=', accountId)
    if (after !== undefined)
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
      )
    return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
  },

  async countLive(accountId: string): Promise<number> {
    const row = await db
      .selectFrom('card_imports')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('account_id', '=', accountId)
      .where('state', 'in', LIVE)
      .executeTakeFirstOrThrow()
    return Number(row.count)
  },

  problems: (id: string) =>
    db
      .selectFrom('card_import_problems')
      .select(['entry', 'line', 'message'])
      .where('import_id', '=', id)
      .orderBy('entry')
      .limit(MAX_PROBLEMS)
      .execute(),

  /** @returns false, with nothing written, if it is over. */
  async update(id: string, changes: Partial<Omit<ImportRow, 'id' | 'account_id'>>): Promise<boolean> {
    const row = await db
      .updateTable('card_imports')
      .set(changes)
      .where('id', '=', id)
      .where('state', 'in', LIVE)
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  },

  /** Begins at the first entry: a run that only counts has left nothing behind. @returns false if it is over. */
  async rewind(id: string, at: number): Promise<boolean> {
    await db.deleteFrom('card_import_problems').where('import_id', '=', id).execute()
    return this.update(id, { state: 'running', processed: 0, created: 0, duplicates: 0, invalid: 0, updated_at: at })
  },

  /**
   * Notes that the entries behind `processed` are done.
   *
   * @param after Where the run stands; nothing is written if the import stands elsewhere by now.
   * @returns false if so, or if it is over.
   */
  async advance(id: string, after: number, step: Step, at: number): Promise<boolean> {
    const { created, duplicates, problems } = step
    const row = await db
      .updateTable('card_imports')
      .set(({ eb }) => ({
        processed: after + created + duplicates + problems.length,
        created: eb('created', '+', created),
        duplicates: eb('duplicates', '+', duplicates),
        invalid: eb('invalid', '+', problems.length),
        updated_at: at,
      }))
      .where('id', '=', id)
      .where('state', '=', 'running')
      .where('processed', '=', after)
      .returning('invalid')
      .executeTakeFirst()
    if (row === undefined) return false
    const told = problems.slice(0, Math.max(0, MAX_PROBLEMS - (row.invalid - problems.length)))
    if (told.length > 0)
      await db
        .insertInto('card_import_problems')
        .values(told.map((problem) => ({ import_id: id, ...problem })))
        .execute()
    return true
  },

  /** Ends those of which nothing was heard since: their jobs are dead. @returns They. */
  failStale: (before: number, failure: Pick<ImportRow, 'error_code' | 'error' | 'updated_at'>) =>
    db
      .updateTable('card_imports')
      .set({ state: 'failed', ...failure })
      .where('state', 'in', LIVE)
      .where('updated_at', '<', before)
      .returning(['account_id', 'file_id'])
      .execute(),

  async forgetBefore(before: number): Promise<void> {
    await db.deleteFrom('card_imports').where('state', 'not in', LIVE).where('updated_at', '<', before).execute()
  },
})
