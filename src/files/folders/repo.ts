import { type GeneratedAlways, sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import { nameKey } from '../files/names.ts'
import { type Space, spaceIdOf } from '../spaces.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    folders: {
      id: string
      account_id: string
      team_id: string | null
      parent_id: string | null
      name: string
      name_key: string
      created_at: number
      updated_at: number
      trashed_at: number | null
      trash_id: string | null
      space_id: GeneratedAlways<string>
      parent_key: GeneratedAlways<string>
    }
  }
}

/** A folder as it is kept. Moments are milliseconds. */
export interface StoredFolder {
  readonly id: string
  readonly account_id: string
  readonly team_id: string | null
  /** Null at the top. */
  readonly parent_id: string | null
  readonly name: string
  readonly created_at: number
  readonly updated_at: number
}

export interface NewFolder {
  readonly id: string
  readonly parentId: string | null
  readonly name: string
  readonly at: number
}

/** Where the next page of folders starts: behind this one. */
export interface FolderPosition {
  readonly key: string
  readonly id: string
}

const COLUMNS = ['id', 'account_id', 'team_id', 'parent_id', 'name', 'created_at', 'updated_at'] as const

/** No path is longer: programs that walk a tree, and paths of 4096 bytes, have an end. */
export const MAX_DEPTH = 64

export type FolderRepo = ReturnType<typeof folderRepo>

/** Folders that are not in the trash. Those of a `Space` are of that place only. */
export const folderRepo = (db: Db) => {
  const within = (space: Space) =>
    db.selectFrom('folders').where('space_id', '=', spaceIdOf(space)).where('trashed_at', 'is', null)
  const named = (space: Space, parentId: string | null, name: string) =>
    within(space)
      .where('parent_key', '=', parentId ?? '')
      .where('name_key', '=', nameKey(name))

  return {
    /** Of the account itself or of any of its teams. */
    find: (accountId: string, id: string): Promise<StoredFolder | undefined> =>
      db
        .selectFrom('folders')
        .select(COLUMNS)
        .where('id', '=', id)
        .where('trashed_at', 'is', null)
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

    findIn: (space: Space, id: string): Promise<StoredFolder | undefined> =>
      within(space).select(COLUMNS).where('id', '=', id).executeTakeFirst(),

    /** The folder of this name, in any case. */
    findByName: (space: Space, parentId: string | null, name: string): Promise<StoredFolder | undefined> =>
      named(space, parentId, name).select(COLUMNS).executeTakeFirst(),

    /** Sorted by name. */
    async list(
      space: Space,
      { parentId, after, limit }: { parentId: string | null; after: FolderPosition | undefined; limit: number },
    ): Promise<(StoredFolder & { name_key: string })[]> {
      return within(space)
        .select([...COLUMNS, 'name_key'])
        .where('parent_key', '=', parentId ?? '')
        .$if(after !== undefined, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('name_key', 'id'), '>', tuple(after?.key ?? '', after?.id ?? '')),
          ),
        )
        .orderBy('name_key')
        .orderBy('id')
        .limit(limit)
        .execute()
    },

    /** The folders in which a folder lies, the top one first, and itself at the end. */
    async path(space: Space, id: string): Promise<{ id: string; name: string }[]> {
      const rows = await sql<{ id: string; name: string }>`
        with recursive above (id, name, parent_id, depth) as (
          select id, name, parent_id, 1 from folders
            where id = ${id} and space_id = ${spaceIdOf(space)} and trashed_at is null
          union all
          select folders.id, folders.name, folders.parent_id, above.depth + 1 from folders
            join above on folders.id = above.parent_id
            where folders.space_id = ${spaceIdOf(space)} and above.depth <= ${2 * MAX_DEPTH}
        )
        select id, name from above order by depth desc`.execute(db)
      return rows.rows
    },

    /** How many levels of folders there are below and with this one. */
    async height(space: Space, id: string): Promise<number> {
      const { rows } = await sql<{ height: number }>`
        with recursive below (id, depth) as (
          select id, 1 from folders where id = ${id} and space_id = ${spaceIdOf(space)}
          union all
          select folders.id, below.depth + 1 from folders
            join below on folders.parent_key = below.id
            where folders.space_id = ${spaceIdOf(space)} and folders.trashed_at is null and below.depth <= ${2 * MAX_DEPTH}
        )
        select max(depth) as height from below`.execute(db)
      return rows[0]?.height ?? 1
    },

    async insert({ accountId, teamId }: Space, { id, parentId, name, at }: NewFolder): Promise<void> {
      const place = { account_id: accountId, team_id: teamId, parent_id: parentId }
      await db
        .insertInto('folders')
        .values({ id, ...place, name, name_key: nameKey(name), created_at: at, updated_at: at })
        .execute()
    },

    async move(
      space: Space,
      id: string,
      { parentId, name, at }: { parentId: string | null; name: string; at: number },
    ): Promise<void> {
      await db
        .updateTable('folders')
        .set({ parent_id: parentId, name, name_key: nameKey(name), updated_at: at })
        .where('id', '=', id)
        .where('space_id', '=', spaceIdOf(space))
        .execute()
    },
  }
}
