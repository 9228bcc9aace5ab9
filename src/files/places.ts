import type { Db } from '../platform/db/index.ts'
import { AppError } from '../platform/errors.ts'
import { FileErrors } from './files/contract.ts'
import { nameKey, numberedName } from './files/names.ts'
import { fileRepo, type StoredFile } from './files/repo.ts'
import { folderRepo, type StoredFolder } from './folders/repo.ts'
import { type Actor, type Need, type Space, spaceResolver } from './spaces.ts'

/** Where things are put: in a folder of a space, or at its top. */
export interface Place {
  readonly space: Space
  /** Null at the top. */
  readonly folderId: string | null
}

/** A place as callers name it. Undefined, null and empty say nothing; a folder alone says whose place it is in. */
export interface PlaceName {
  readonly teamId?: string | null | undefined
  readonly folderId?: string | null | undefined
}

/** What has a name in a place. */
export type Occupant =
  | { readonly kind: 'file'; readonly file: StoredFile }
  | { readonly kind: 'folder'; readonly folder: StoredFolder }

/** Where a path leads. */
export interface Resolved {
  readonly where: Place
  /** Undefined for the top. */
  readonly found: Occupant | undefined
}

const PAGE = 500

export type Places = ReturnType<typeof placeResolver>

/** Finds places and what is called how in them. In a transaction of `Counters.changeIn` the answers stay true. */
export const placeResolver = (db: Db) => {
  const files = fileRepo(db)
  const folders = folderRepo(db)

  /** Undefined if the name is free. Files and folders share their names, or a path would not say what it means. */
  const findOccupant = async ({ space, folderId }: Place, name: string): Promise<Occupant | undefined> => {
    const file = await files.findByName(space, folderId, name)
    if (file !== undefined) return { kind: 'file', file }
    const folder = await folders.findByName(space, folderId, name)
    return folder === undefined ? undefined : { kind: 'folder', folder }
  }

  return {
    findOccupant,

    /**
     * Follows a path from the top, for those who name things by paths.
     *
     * @param names From `parseFileName`; none for the top itself.
     * @returns Undefined if nothing is there. `where` is the place in which it lies, for the top the top.
     */
    async resolve(space: Space, names: readonly string[]): Promise<Resolved | undefined> {
      let where: Place = { space, folderId: null }
      let found: Occupant | undefined
      for (const name of names) {
        if (found?.kind === 'file') return undefined
        if (found !== undefined) where = { space, folderId: found.folder.id }
        found = await findOccupant(where, name)
        if (found === undefined) return undefined
      }
      return { where, found }
    },

    /** Everything in a place, folders first, each by name. In pages, so that a large one does not fill the memory. */
    async *children({ space, folderId }: Place): AsyncGenerator<readonly Occupant[]> {
      let after: { key: string; id: string } | undefined
      do {
        const page = await folders.list(space, { parentId: folderId, after, limit: PAGE })
        yield page.map(({ name_key: _, ...folder }) => ({ kind: 'folder' as const, folder }))
        const last = page.length === PAGE ? page.at(-1) : undefined
        after = last && { key: last.name_key, id: last.id }
      } while (after !== undefined)
      do {
        const page = await files.listByName(space, folderId, after, PAGE)
        yield page.map((file) => ({ kind: 'file' as const, file }))
        const last = page.length === PAGE ? page.at(-1) : undefined
        after = last && { key: nameKey(last.name), id: last.id }
      } while (after !== undefined)
    },

    /** @throws {AppError} TEAM_NOT_FOUND, FOLDER_NOT_FOUND, ROLE_TOO_SMALL */
    async of(actor: Actor, { teamId, folderId }: PlaceName, needed: Need): Promise<Place> {
      const spaces = spaceResolver(db)
      if (folderId === undefined || folderId === null || folderId === '')
        return { space: await spaces.of(actor, teamId, needed), folderId: null }
      const folder = await folders.find(actor.accountId, folderId)
      const isElsewhere = Boolean(teamId) && folder?.team_id !== teamId
      if (folder === undefined || isElsewhere) throw new AppError(FileErrors.FOLDER_NOT_FOUND)
      return { space: await spaces.of(actor, folder.team_id, needed), folderId }
    },

    /**
     * The name, with a number if it is taken. Not always the lowest: a few look-ups find one however many are taken.
     */
    async freeName(place: Place, name: string, kind: 'file' | 'folder'): Promise<string> {
      const isTaken = async (candidate: string) => (await findOccupant(place, candidate)) !== undefined
      if (!(await isTaken(name))) return name
      const numbered = (number: number) => numberedName(name, number, kind)
      let free = 1
      while (await isTaken(numbered(free))) free *= 2
      let taken = Math.floor(free / 2)
      while (free - taken > 1) {
        const middle = Math.floor((free + taken) / 2)
        if (await isTaken(numbered(middle))) taken = middle
        else free = middle
      }
      return numbered(free)
    },
  }
}
