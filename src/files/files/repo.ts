import type { GeneratedAlways } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import { type Space, spaceIdOf } from '../spaces.ts'
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
      size_bytes: number
      trashed_at: number | null
      trash_id: string | null
      space_id: GeneratedAlways<string>
      folder_key: GeneratedAlways<string>
      /** SQLite only: the row of `file_names`. */
      number: GeneratedAlways<number>
    }
  }
}

/** A file as it is kept. Moments are milliseconds. */
export interface StoredFile {
  readonly id: string
  /** Who stored it and pays for its bytes. */
  readonly account_id: string
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
  readonly folderId: string | null
  readonly blobId: string
  readonly name: string
  readonly type: FileType
  readonly mimeType: string
  readonly sizeBytes: number
  readonly at: number
}

/** Of files joined with their blobs: what a `StoredFile` is made of. */
export const FILE_COLUMNS = [
  'files.id',
  'files.account_id',
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

/** Files that are not in the trash. Those of a `Space` are of that place only. */
export const fileRepo = (db: Db) => {
  const within = (space: Space) =>
    db.selectFrom('files').where('files.space_id', '=', spaceIdOf(space)).where('files.trashed_at', 'is', null)
  /** What the account may know of: its own files, and those of its teams. */
  const visible = (accountId: string, id: string) =>
    db
      .selectFrom('files')
      .where('files.id', '=', id)
      .where((eb) =>
        eb.or([
          eb.and([eb('files.team_id', 'is', null), eb('files.account_id', '=', accountId)]),
          eb(
            'files.team_id',
            'in',
            eb
              .selectFrom('team_members')
              .select('team_members.team_id')
              .where('team_members.account_id', '=', accountId),
          ),
        ]),
      )

  return {
    /** Of the account itself or of any of its teams. */
    find: (accountId: string, id: string): Promise<StoredFile | undefined> =>
      visible(accountId, id)
        .where('files.trashed_at', 'is', null)
        .innerJoin('blobs', 'blobs.id', 'files.blob_id')
        .select(FILE_COLUMNS)
        .executeTakeFirst(),

    /** The same, also from the trash. */
    findAnywhere: (accountId: string, id: string): Promise<StoredFile | undefined> =>
      visible(accountId, id).innerJoin('blobs', 'blobs.id', 'files.blob_id').select(FILE_COLUMNS).executeTakeFirst(),

    findIn: (space: Space, id: string): Promise<StoredFile | undefined> =>
      within(space)
        .where('files.id', '=', id)
        .innerJoin('blobs', 'blobs.id', 'files.blob_id')
        .select(FILE_COLUMNS)
        .executeTakeFirst(),

    /** The file of this name, in any case. */
    findByName: (space: Space, folderId: string | null, name: string): Promise<StoredFile | undefined> =>
      within(space)
        .where('files.folder_key', '=', folderId ?? '')
        .where('files.name_key', '=', nameKey(name))
        .innerJoin('blobs', 'blobs.id', 'files.blob_id')
        .select(FILE_COLUMNS)
        .executeTakeFirst(),

    /** The files of one folder by name, behind the one of `after`. */
    listByName: (
      space: Space,
      folderId: string | null,
      after: { readonly key: string } | undefined,
      limit: number,
    ): Promise<StoredFile[]> =>
      within(space)
        .where('files.folder_key', '=', folderId ?? '')
        .$if(after !== undefined, (query) => query.where('files.name_key', '>', after?.key ?? ''))
        .innerJoin('blobs', 'blobs.id', 'files.blob_id')
        .select(FILE_COLUMNS)
        .orderBy('files.name_key')
        .limit(limit)
        .execute(),

    async insert({ accountId, teamId }: Space, file: NewFile): Promise<void> {
      const { id, folderId, blobId, name, type, mimeType, sizeBytes, at } = file
      const place = { account_id: accountId, team_id: teamId, folder_id: folderId }
      const content = {
        blob_id: blobId,
        name,
        name_key: nameKey(name),
        type,
        mime_type: mimeType,
        size_bytes: sizeBytes,
      }
      await db
        .insertInto('files')
        .values({ id, ...place, ...content, created_at: at, updated_at: at })
        .execute()
    },

    /** New bytes for the file, and who pays for them; it keeps its id, its name and its place. */
    async replace(space: Space, file: Omit<NewFile, 'name' | 'folderId'>): Promise<void> {
      const { id, blobId, type, mimeType, sizeBytes, at } = file
      const content = { blob_id: blobId, type, mime_type: mimeType, size_bytes: sizeBytes }
      await db
        .updateTable('files')
        .set({ account_id: space.accountId, ...content, updated_at: at })
        .where('space_id', '=', spaceIdOf(space))
        .where('id', '=', id)
        .execute()
    },

    async move(
      space: Space,
      id: string,
      { folderId, name, at }: { folderId: string | null; name: string; at: number },
    ): Promise<void> {
      await db
        .updateTable('files')
        .set({ folder_id: folderId, name, name_key: nameKey(name), updated_at: at })
        .where('space_id', '=', spaceIdOf(space))
        .where('id', '=', id)
        .execute()
    },
  }
}
