import { sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import type { Position } from '../../platform/http/cursor.ts'
import type { FileType } from './contract.ts'
import { nameKey } from './names.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    files: {
      id: string
      account_id: string
      team_id: string | null
      folder_id: string | null
      blob_id: string
      name: string
      name_key: string
      type: FileType
      mime_type: string
      created_at: number
      updated_at: number
    }
  }
}

/** A file as it is kept. Moments are milliseconds. */
export interface StoredFile {
  readonly id: string
  readonly team_id: string | null
  readonly folder_id: string | null
  readonly blob_id: string
  readonly name: string
  readonly type: FileType
  readonly mime_type: string
  readonly created_at: number
  readonly updated_at: number
  readonly size_bytes: number
  readonly sha256: Buffer
  readonly backend: string
  readonly state: string
  readonly replicas: number
  readonly encrypted: number
  /** When these bytes came; a new name does not change it. */
  readonly stored_at: number
}

export interface NewFile {
  readonly id: string
  readonly blobId: string
  readonly name: string
  readonly type: FileType
  readonly mimeType: string
  readonly at: number
}

export interface ListOptions {
  readonly search: string | undefined
  readonly after: Position | undefined
  readonly offset: number
  readonly limit: number
}

const COLUMNS = [
  'files.id',
  'files.team_id',
  'files.folder_id',
  'files.blob_id',
  'files.name',
  'files.type',
  'files.mime_type',
  'files.created_at',
  'files.updated_at',
  'blobs.size_bytes',
  'blobs.sha256',
  'blobs.backend',
  'blobs.state',
  'blobs.replicas',
  'blobs.encrypted',
  'blobs.created_at as stored_at',
] as const

export type FileRepo = ReturnType<typeof fileRepo>

/** Files of an account itself. Those of its teams are asked for by team. */
export const fileRepo = (db: Db) => {
  const own = (accountId: string) =>
    db.selectFrom('files').where('files.account_id', '=', accountId).where('files.team_id', 'is', null)
  const matching = (accountId: string, search: string | undefined) =>
    search === undefined ? own(accountId) : own(accountId).where(contains(search))
  // SQLite has no strpos and PostgreSQL no instr; like would need escapes, and folds in SQLite.
  const contains = (search: string) => sql<boolean>`replace(name_key, ${nameKey(search)}, '') <> name_key`
  // With the expressions of the unique index, or it is not used.
  const named = (accountId: string, name: string) =>
    db
      .selectFrom('files')
      .where(sql`coalesce(team_id, account_id)`, '=', accountId)
      .where(sql`coalesce(folder_id, '')`, '=', '')
      .where('name_key', '=', nameKey(name))

  return {
    find: (accountId: string, id: string): Promise<StoredFile | undefined> =>
      own(accountId)
        .where('files.id', '=', id)
        .innerJoin('blobs', 'blobs.id', 'files.blob_id')
        .select(COLUMNS)
        .executeTakeFirst(),

    /** The file of this name, in any case. */
    findByName: (accountId: string, name: string): Promise<StoredFile | undefined> =>
      named(accountId, name).innerJoin('blobs', 'blobs.id', 'files.blob_id').select(COLUMNS).executeTakeFirst(),

    async isTaken(accountId: string, name: string): Promise<boolean> {
      return (await named(accountId, name).select('files.id').executeTakeFirst()) !== undefined
    },

    /** The newest first. */
    list(accountId: string, { search, after, offset, limit }: ListOptions): Promise<StoredFile[]> {
      let query = matching(accountId, search)
      if (after !== undefined) {
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('files.created_at', 'files.id'), '<', tuple(after.createdAt, after.id)),
        )
      }
      return query
        .innerJoin('blobs', 'blobs.id', 'files.blob_id')
        .select(COLUMNS)
        .orderBy('files.created_at', 'desc')
        .orderBy('files.id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute()
    },

    async count(accountId: string, search: string): Promise<number> {
      const { count } = await matching(accountId, search)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return count
    },

    async insert(accountId: string, { id, blobId, name, type, mimeType, at }: NewFile): Promise<void> {
      const place = { account_id: accountId, team_id: null, folder_id: null }
      const content = { blob_id: blobId, name, name_key: nameKey(name), type, mime_type: mimeType }
      await db
        .insertInto('files')
        .values({ id, ...place, ...content, created_at: at, updated_at: at })
        .execute()
    },

    /** New bytes for the file; it keeps its id and its name. */
    async replace(accountId: string, { id, blobId, type, mimeType, at }: Omit<NewFile, 'name'>): Promise<void> {
      await db
        .updateTable('files')
        .set({ blob_id: blobId, type, mime_type: mimeType, updated_at: at })
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .execute()
    },
  }
}
