import type { Db } from '../platform/db/index.ts'
import { AppError } from '../platform/errors.ts'
import { FileErrors } from './files/contract.ts'
import { numberedName } from './files/names.ts'
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
