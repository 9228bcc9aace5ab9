import { type GeneratedAlways, sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import { nameKey } from '../files/names.ts'
import { type Space, spaceIdOf } from '../spaces.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    trash: TrashRow & { space_id: GeneratedAlways<string> }
  }
}

interface TrashRow {
  id: string
  kind: 'file' | 'folder'
  account_id: string
  team_id: string | null
  name: string
  files: number
  folders: number
  size_bytes: number
  trashed_at: number
}

/** One thing that was put into the trash. `account_id` is who did it. */
export type TrashEntry = Readonly<TrashRow>

/** What lies in the trash of one account's bytes. */
export interface TrashedSum {
  readonly account_id: string
  readonly files: number
  readonly size_bytes: number
}

/** Where something goes that comes back. */
export interface Return {
  readonly folderId: string | null
  readonly name: string
  readonly at: number
}

/** What a row is and where it was, for who brings it back. */
export interface TrashedRow {
  readonly id: string
  readonly account_id: string
  readonly team_id: string | null
  readonly name: string
  readonly folder_id: string | null
  readonly trash_id: string
  readonly size_bytes: number
}

const COLUMNS = ['id', 'kind', 'account_id', 'team_id', 'name', 'files', 'folders', 'size_bytes', 'trashed_at'] as const

export type TrashRepo = ReturnType<typeof trashRepo>

/** What was put into the trash, and what went along: rows of files and folders with the same `trash_id`. */
export const trashRepo = (db: Db) => {
  const trashedFiles = (space: Space, trashId: string) =>
    db
      .selectFrom('files')
      .where('space_id', '=', spaceIdOf(space))
      .where('trash_id', '=', trashId)
      .where('trashed_at', 'is not', null)

  return {
    /** Those of the account and of its teams. */
    find: (accountId: string, id: string): Promise<TrashEntry | undefined> =>
      db
        .selectFrom('trash')
        .select(COLUMNS)
        .where('id', '=', id)
        .where((eb) =>
          eb.or([
            eb.and([eb('team_id', 'is', null), eb('account_id', '=', accountId)]),
            eb(
              'team_id',
              'in',
              eb
                .selectFrom('team_members')
                .select('team_members.team_id')
                .where('team_members.account_id', '=', accountId),
            ),
          ]),
        )
        .executeTakeFirst(),

    findIn: (space: Space, id: string): Promise<TrashEntry | undefined> =>
      db
        .selectFrom('trash')
        .select(COLUMNS)
        .where('space_id', '=', spaceIdOf(space))
        .where('id', '=', id)
        .executeTakeFirst(),

    /** The newest first. */
    list: (
      space: Space,
      { after, limit }: { after: { value: number; id: string } | undefined; limit: number },
    ): Promise<TrashEntry[]> =>
      db
        .selectFrom('trash')
        .select(COLUMNS)
        .where('space_id', '=', spaceIdOf(space))
        .$if(after !== undefined, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('trashed_at', 'id'), '<', tuple(after?.value ?? 0, after?.id ?? '')),
          ),
        )
        .orderBy('trashed_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    /** Of everybody, the oldest first. */
    older: (beforeMs: number, limit: number): Promise<TrashEntry[]> =>
      db
        .selectFrom('trash')
        .select(COLUMNS)
        .where('trashed_at', '<', beforeMs)
        .orderBy('trashed_at')
        .limit(limit)
        .execute(),

    async insert(entry: TrashEntry): Promise<void> {
      await db.insertInto('trash').values(entry).execute()
    },

    async delete(space: Space, id: string): Promise<void> {
      await db.deleteFrom('trash').where('space_id', '=', spaceIdOf(space)).where('id', '=', id).execute()
    },

    /** One of the files that went along is taken out. */
    async shrink(space: Space, id: string, sizeBytes: number): Promise<void> {
      await db
        .updateTable('trash')
        .set((eb) => ({ files: eb('files', '-', 1), size_bytes: eb('size_bytes', '-', sizeBytes) }))
        .where('space_id', '=', spaceIdOf(space))
        .where('id', '=', id)
        .execute()
    },

    async trashFile(space: Space, id: string, at: number): Promise<void> {
      await db
        .updateTable('files')
        .set({ trashed_at: at, trash_id: id })
        .where('space_id', '=', spaceIdOf(space))
        .where('id', '=', id)
        .where('trashed_at', 'is', null)
        .execute()
    },

    /** The folder and everything in it that is not in the trash already. @returns How many folders. */
    async trashTree(space: Space, id: string, at: number): Promise<number> {
      const spaceId = spaceIdOf(space)
      const folders = await sql<{ id: string }>`
        with recursive tree (id) as (
          select id from folders where id = ${id} and space_id = ${spaceId} and trashed_at is null
          union all
          select folders.id from folders join tree on folders.parent_key = tree.id
            where folders.space_id = ${spaceId} and folders.trashed_at is null
        )
        update folders set trashed_at = ${at}, trash_id = ${id} where id in (select id from tree) returning id`.execute(
        db,
      )
      await sql`update files set trashed_at = ${at}, trash_id = ${id}
        where space_id = ${spaceId} and trashed_at is null and folder_key in (
          select id from folders where space_id = ${spaceId} and trash_id = ${id} and trashed_at is not null
        )`.execute(db)
      return folders.rows.length
    },

    /** What lies in the trash under one id, by who pays for it. */
    sums: (space: Space, trashId: string): Promise<TrashedSum[]> =>
      trashedFiles(space, trashId)
        .select((eb) => [
          'account_id',
          eb.fn.countAll<number>().as('files'),
          eb.fn.sum<number>('size_bytes').as('size_bytes'),
        ])
        .groupBy('account_id')
        .orderBy('account_id')
        .execute(),

    /** How many levels of folders went there under one id. */
    async height(space: Space, id: string): Promise<number> {
      const { rows } = await sql<{ height: number }>`
        with recursive below (id, depth) as (
          select id, 1 from folders where id = ${id} and space_id = ${spaceIdOf(space)} and trash_id = ${id}
          union all
          select folders.id, below.depth + 1 from folders join below on folders.parent_id = below.id
            where folders.space_id = ${spaceIdOf(space)} and folders.trash_id = ${id} and folders.trashed_at is not null
        )
        select max(depth) as height from below`.execute(db)
      return rows[0]?.height ?? 1
    },

    findFile: (accountId: string, id: string): Promise<TrashedRow | undefined> =>
      visibleTrashed(db, 'files', accountId, id).then(([row]) => row),

    findFolder: (accountId: string, id: string): Promise<TrashedRow | undefined> =>
      visibleTrashed(db, 'folders', accountId, id).then(([row]) => row),

    async restoreFile(space: Space, id: string, { folderId, name, at }: Return): Promise<void> {
      await db
        .updateTable('files')
        .set({ trashed_at: null, trash_id: null, folder_id: folderId, name, name_key: nameKey(name), updated_at: at })
        .where('space_id', '=', spaceIdOf(space))
        .where('id', '=', id)
        .execute()
    },

    /** The folder first, so that what is in it comes back into a folder that is there. */
    async restoreTree(space: Space, id: string, { folderId, name, at }: Return): Promise<void> {
      const spaceId = spaceIdOf(space)
      await db
        .updateTable('folders')
        .set({ trashed_at: null, trash_id: null, parent_id: folderId, name, name_key: nameKey(name), updated_at: at })
        .where('space_id', '=', spaceId)
        .where('id', '=', id)
        .execute()
      for (const table of ['folders', 'files'] as const)
        await db
          .updateTable(table)
          .set({ trashed_at: null, trash_id: null })
          .where('space_id', '=', spaceId)
          .where('trash_id', '=', id)
          .where('trashed_at', 'is not', null)
          .execute()
    },

    async fileIds(space: Space, trashId: string): Promise<string[]> {
      const rows = await trashedFiles(space, trashId).select('id').execute()
      return rows.map(({ id }) => id)
    },

    async blobIds(space: Space, trashId: string): Promise<string[]> {
      const rows = await trashedFiles(space, trashId).select('blob_id').distinct().orderBy('blob_id').execute()
      return rows.map(({ blob_id }) => blob_id)
    },

    async folderIds(space: Space, trashId: string): Promise<string[]> {
      const rows = await db
        .selectFrom('folders')
        .select('id')
        .where('space_id', '=', spaceIdOf(space))
        .where('trash_id', '=', trashId)
        .where('trashed_at', 'is not', null)
        .execute()
      return rows.map(({ id }) => id)
    },

    /** Forgets the rows of files and folders; those of other ids that lay in the folders are at the top from now on. */
    async deleteTree(space: Space, trashId: string): Promise<void> {
      const spaceId = spaceIdOf(space)
      const gone = sql`select id from folders
        where space_id = ${spaceId} and trash_id = ${trashId} and trashed_at is not null`
      await sql`delete from files
        where space_id = ${spaceId} and trash_id = ${trashId} and trashed_at is not null`.execute(db)
      await sql`update files set folder_id = null
        where space_id = ${spaceId} and trashed_at is not null and folder_key in (${gone})`.execute(db)
      await sql`update folders set parent_id = null
        where space_id = ${spaceId} and trashed_at is not null and trash_id <> ${trashId} and parent_key in (${gone})`.execute(
        db,
      )
      await sql`delete from folders
        where space_id = ${spaceId} and trash_id = ${trashId} and trashed_at is not null`.execute(db)
    },
  }
}

const visibleTrashed = async (
  db: Db,
  table: 'files' | 'folders',
  accountId: string,
  id: string,
): Promise<TrashedRow[]> => {
  const place = sql.raw(table === 'files' ? 'folder_id, size_bytes' : 'parent_id as folder_id, 0 as size_bytes')
  const { rows } = await sql<TrashedRow>`
    select id, account_id, team_id, name, trash_id, ${place} from ${sql.table(table)}
    where id = ${id} and trashed_at is not null and (
      (team_id is null and account_id = ${accountId})
      or team_id in (select team_members.team_id from team_members where team_members.account_id = ${accountId})
    )`.execute(db)
  return rows
}
