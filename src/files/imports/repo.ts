import type { Db } from '../../platform/db/index.ts'
import type { Position } from '../../platform/http/cursor.ts'
import type { Import } from './contract.ts'

/** An import as it is kept. Moments are milliseconds. */
export interface ImportRow {
  readonly id: string
  readonly account_id: string
  readonly url: string
  readonly state: Import['state']
  readonly file_name: string | null
  readonly folder_id: string | null
  readonly team_id: string | null
  /** Where its bytes go. */
  readonly upload_id: string | null
  /** The strong ETag of what the upload has the first bytes of, where the other server can go on in the middle. */
  readonly validator: string | null
  readonly received_bytes: number
  readonly total_bytes: number | null
  readonly file_id: string | null
  readonly error_code: string | null
  readonly error: string | null
  readonly created_at: number
  readonly updated_at: number
}

declare module '../../platform/db/tables.ts' {
  interface Tables {
    file_imports: ImportRow
  }
}

const LIVE = ['queued', 'running'] as const

export type ImportRepo = ReturnType<typeof importRepo>

export const importRepo = (db: Db) => {
  // The upload knows best how many bytes there are.
  const withProgress = (accountId: string) =>
    db
      .selectFrom('file_imports')
      .leftJoin('file_uploads', 'file_uploads.id', 'file_imports.upload_id')
      .selectAll('file_imports')
      .select('file_uploads.offset_bytes')
      .where('file_imports.account_id', '=', accountId)

  return {
    async insert(row: ImportRow): Promise<void> {
      await db.insertInto('file_imports').values(row).execute()
    },

    /** For the job, which has been told the id by ourselves. */
    get: (id: string): Promise<ImportRow | undefined> =>
      db.selectFrom('file_imports').selectAll().where('id', '=', id).executeTakeFirst(),

    find: (accountId: string, id: string) =>
      withProgress(accountId).where('file_imports.id', '=', id).executeTakeFirst(),

    list(accountId: string, after: Position | undefined, limit: number) {
      let query = withProgress(accountId)
      if (after !== undefined)
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('file_imports.created_at', 'file_imports.id'), '<', tuple(after.createdAt, after.id)),
        )
      return query.orderBy('file_imports.created_at', 'desc').orderBy('file_imports.id', 'desc').limit(limit).execute()
    },

    async countLive(accountId: string): Promise<number> {
      const { count } = await db
        .selectFrom('file_imports')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('account_id', '=', accountId)
        .where('state', 'in', LIVE)
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    /** Changes an import that is not over. @returns false if it is. */
    async update(id: string, change: Partial<Omit<ImportRow, 'id' | 'account_id'>>): Promise<boolean> {
      const row = await db
        .updateTable('file_imports')
        .set(change)
        .where('id', '=', id)
        .where('state', 'in', LIVE)
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },

    /** Those of which nothing was heard any more: their job is dead. @returns Their ids. */
    async failStale(before: number, change: Pick<ImportRow, 'error_code' | 'error' | 'updated_at'>): Promise<string[]> {
      const rows = await db
        .updateTable('file_imports')
        .set({ ...change, state: 'failed' })
        .where('state', 'in', LIVE)
        .where('updated_at', '<', before)
        .returning('id')
        .execute()
      return rows.map(({ id }) => id)
    },

    async forgetBefore(before: number): Promise<void> {
      await db.deleteFrom('file_imports').where('state', 'not in', LIVE).where('updated_at', '<', before).execute()
    },
  }
}
