import { sql } from 'kysely'
import { type Db, inBatches } from '../../platform/db/index.ts'
import { newId } from '../../platform/ids.ts'
import { type Space, spaceIdOf } from '../spaces.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    dav_locks: StoredLock
    dav_properties: { id: string; file_id: string | null; folder_id: string | null; name: string; value: string }
  }
}

/** A lock on a path of a place, and on all below it if its depth is infinite. */
export interface StoredLock {
  readonly token: string
  readonly space_id: string
  readonly account_id: string
  /** Name keys, each with a slash behind it, and a slash in front: `/` is the top. */
  readonly path: string
  /** What the client that made it calls the resource. */
  readonly href: string
  readonly depth: '0' | 'infinity'
  readonly scope: 'exclusive' | 'shared'
  /** The children of the client's `owner` element as XML, or nothing. */
  readonly owner: string
  readonly expires_at: number
}

const LOCK_COLUMNS = [
  'token',
  'space_id',
  'account_id',
  'path',
  'href',
  'depth',
  'scope',
  'owner',
  'expires_at',
] as const

export const lockRepo = (db: Db) => ({
  live: (space: Space, nowMs: number): Promise<StoredLock[]> =>
    db
      .selectFrom('dav_locks')
      .select(LOCK_COLUMNS)
      .where('space_id', '=', spaceIdOf(space))
      .where('expires_at', '>', nowMs)
      .orderBy('token')
      .execute(),

  async insert(lock: StoredLock): Promise<void> {
    await db.insertInto('dav_locks').values(lock).execute()
  },

  async extend(space: Space, token: string, expiresAt: number): Promise<void> {
    await db
      .updateTable('dav_locks')
      .set({ expires_at: expiresAt })
      .where('space_id', '=', spaceIdOf(space))
      .where('token', '=', token)
      .execute()
  },

  async delete(space: Space, tokens: readonly string[]): Promise<void> {
    for (const batch of inBatches(tokens))
      await db.deleteFrom('dav_locks').where('space_id', '=', spaceIdOf(space)).where('token', 'in', batch).execute()
  },

  /** Of everybody. */
  async deleteExpired(nowMs: number): Promise<void> {
    await db.deleteFrom('dav_locks').where('expires_at', '<=', nowMs).execute()
  },
})

/** What a client keeps on a file or a folder. */
export interface DeadProperty {
  /** See `nameText`. */
  readonly name: string
  /** The whole element as XML. */
  readonly value: string
}

export type Owner = 'file' | 'folder'

/** Properties that mean nothing to the server, by the id of what they are on. Who calls has made sure of the place. */
export const propertyRepo = (db: Db) => {
  const column = (owner: Owner) => (owner === 'file' ? 'file_id' : 'folder_id')
  return {
    async of(owner: Owner, ids: readonly string[]): Promise<Map<string, DeadProperty[]>> {
      const found = new Map<string, DeadProperty[]>()
      for (const batch of inBatches(ids)) {
        const rows = await db
          .selectFrom('dav_properties')
          .select([`${column(owner)} as owner_id`, 'name', 'value'])
          .where(column(owner), 'in', batch)
          .orderBy('name')
          .execute()
        for (const { owner_id, name, value } of rows)
          if (owner_id !== null) found.set(owner_id, [...(found.get(owner_id) ?? []), { name, value }])
      }
      return found
    },

    async set(owner: Owner, id: string, { name, value }: DeadProperty): Promise<void> {
      await this.remove(owner, id, name)
      const on = owner === 'file' ? { file_id: id, folder_id: null } : { file_id: null, folder_id: id }
      await db
        .insertInto('dav_properties')
        .values({ id: newId('property'), ...on, name, value })
        .execute()
    },

    async remove(owner: Owner, id: string, name: string): Promise<void> {
      await db.deleteFrom('dav_properties').where(column(owner), '=', id).where('name', '=', name).execute()
    },

    /** @param copies Ids of copies by the ids of what they are copies of. */
    async copy(owner: Owner, copies: ReadonlyMap<string, string>): Promise<void> {
      const rows = [...(await this.of(owner, [...copies.keys()]))].flatMap(([id, properties]) =>
        properties.map((property) => ({ copyId: copies.get(id) ?? '', property })),
      )
      for (const { copyId, property } of rows) await this.set(owner, copyId, property)
    },
  }
}

/** A team as a folder: it has a name, which need not be unique or fit into a path. */
export interface TeamPlace {
  readonly id: string
  readonly name: string
  readonly created_at: number
}

export const davRepo = (db: Db) => ({
  /** In the order in which the account joined them. */
  teams: (accountId: string): Promise<TeamPlace[]> =>
    db
      .selectFrom('team_members')
      .innerJoin('teams', 'teams.id', 'team_members.team_id')
      .select(['teams.id', 'teams.name', 'teams.created_at'])
      .where('team_members.account_id', '=', accountId)
      .orderBy('team_members.joined_at')
      .orderBy('teams.id')
      .execute(),

  /** When it was last changed, as the client says. */
  async setModified(space: Space, owner: Owner, id: string, at: number): Promise<void> {
    await db
      .updateTable(owner === 'file' ? 'files' : 'folders')
      .set({ updated_at: at })
      .where('space_id', '=', spaceIdOf(space))
      .where('id', '=', id)
      .execute()
  },

  /** The bytes of all files in a folder and below it. */
  async treeBytes(space: Space, id: string): Promise<number> {
    const spaceId = spaceIdOf(space)
    const { rows } = await sql<{ total: number | null }>`
      with recursive tree (id) as (
        select id from folders where id = ${id} and space_id = ${spaceId} and trashed_at is null
        union all
        select folders.id from folders join tree on folders.parent_key = tree.id
          where folders.space_id = ${spaceId} and folders.trashed_at is null
      )
      select cast(sum(size_bytes) as bigint) as total from files
        where space_id = ${spaceId} and trashed_at is null and folder_key in (select id from tree)`.execute(db)
    return Number(rows[0]?.total ?? 0)
  },
})
