import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { parseCursor, toCursor } from '../cursors.ts'
import { FileErrors } from '../files/contract.ts'
import { numberedName, parseFolderName } from '../files/names.ts'
import { type Place, type PlaceName, placeResolver } from '../places.ts'
import { type Actor, type Need, type Space, spaceIdOf, spaceResolver } from '../spaces.ts'
import type { Counters } from '../stats/counters.ts'
import { FolderErrors } from './contract.ts'
import { folderRepo, MAX_DEPTH, type StoredFolder } from './repo.ts'

export interface FolderServiceParts {
  readonly database: Database
  readonly counters: Counters
  readonly clock: Clock
}

export interface FolderPage {
  readonly folders: StoredFolder[]
  readonly next_cursor: string | null
}

/** What becomes of a folder; undefined stays. */
export interface FolderChange {
  readonly name?: string | undefined
  /** Null and empty: the top. */
  readonly parentId?: string | null | undefined
}

export type FolderService = ReturnType<typeof folderService>

export const folderService = ({ database, counters, clock }: FolderServiceParts) => {
  const folders = folderRepo(database.db)
  const places = placeResolver(database.db)

  const get = async (actor: Actor, id: string, needed: Need): Promise<{ folder: StoredFolder; space: Space }> => {
    const folder = await folders.find(actor.accountId, id)
    const space = folder && (await spaceResolver(database.db).around(actor, folder, needed))
    if (folder === undefined || space === undefined) throw new AppError(FileErrors.FOLDER_NOT_FOUND)
    return { folder, space }
  }

  return {
    /** A folder of the account or of one of its teams. @throws {AppError} FOLDER_NOT_FOUND, ROLE_TOO_SMALL */
    get,

    /** The folders it is in, the top one first, and itself at the end. */
    path: (space: Space, id: string): Promise<{ id: string; name: string }[]> => folders.path(space, id),

    /** By name. @throws {AppError} FOLDER_NOT_FOUND, TEAM_NOT_FOUND; INVALID_INPUT for a cursor of another list */
    async list(actor: Actor, where: PlaceName, limit: number, cursor = ''): Promise<FolderPage> {
      const { space, folderId } = await places.of(actor, where, 'read')
      const list = ['folders', spaceIdOf(space), folderId]
      const after = cursor === '' ? undefined : parseCursor(cursor, list, 'string')
      const position = after && { key: String(after.value), id: after.id }
      const found = await folders.list(space, { parentId: folderId, after: position, limit: limit + 1 })
      const last = found.length > limit ? found[limit - 1] : undefined
      return {
        folders: found.slice(0, limit),
        next_cursor: last === undefined ? null : toCursor({ value: last.name_key, id: last.id }, list),
      }
    },

    /**
     * @param before Called in the transaction, and may refuse.
     * @throws {AppError} INVALID_INPUT, FOLDER_NOT_FOUND, TEAM_NOT_FOUND, ROLE_TOO_SMALL, FILE_EXISTS, FOLDER_EXISTS,
     * FOLDERS_TOO_DEEP
     */
    async create(
      actor: Actor,
      where: PlaceName,
      given: string,
      before: (tx: Db) => Promise<void> = async () => {},
    ): Promise<StoredFolder> {
      const name = parseFolderName(given)
      const { space } = await places.of(actor, where, 'write')
      return counters.changeIn(space, async (tx) => {
        await before(tx)
        const place = await placeResolver(tx).of(actor, where, 'write')
        await assertFree(tx, place, name)
        await assertDepth(tx, place, 1)
        const id = newId('folder')
        await folderRepo(tx).insert(space, { id, parentId: place.folderId, name, at: clock.now().getTime() })
        return { result: await written(tx, space, id), add: new Map() }
      })
    },

    /**
     * The folder of this name at the top of the account's own drive, made if there is none. Where a file has the name it
     * is a numbered one.
     */
    ensure: ({ accountId }: Actor, given: string): Promise<StoredFolder> => {
      const [space, first] = [{ accountId, teamId: null }, parseFolderName(given)]
      return counters.changeIn(space, async (tx) => {
        for (let number = 1; ; number += 1) {
          const name = number === 1 ? first : numberedName(first, number, 'folder')
          const occupant = await placeResolver(tx).findOccupant({ space, folderId: null }, name)
          if (occupant?.kind === 'folder') return { result: occupant.folder, add: new Map() }
          if (occupant !== undefined) continue
          const id = newId('folder')
          await folderRepo(tx).insert(space, { id, parentId: null, name, at: clock.now().getTime() })
          return { result: await written(tx, space, id), add: new Map() }
        }
      })
    },

    /** Renames or moves. @throws {AppError} as `create`, and FOLDER_IN_ITSELF, OTHER_SPACE */
    async change(actor: Actor, id: string, { name: given, parentId }: FolderChange): Promise<StoredFolder> {
      const wanted = given === undefined ? undefined : parseFolderName(given)
      const { space } = await get(actor, id, 'write')
      return counters.changeIn(space, async (tx) => {
        const repo = folderRepo(tx)
        const folder = await repo.findIn(space, id)
        if (folder === undefined) throw new AppError(FileErrors.FOLDER_NOT_FOUND)
        const place = parentId === undefined ? { space, folderId: folder.parent_id } : await target(tx, space, parentId)
        const name = wanted ?? folder.name
        if (name === folder.name && place.folderId === folder.parent_id) return { result: folder, add: new Map() }
        if (place.folderId !== folder.parent_id) await assertFits(tx, place, id)
        await assertFree(tx, place, name, id)
        await repo.move(space, id, { parentId: place.folderId, name, at: clock.now().getTime() })
        return { result: await written(tx, space, id), add: new Map() }
      })
    },
  }
}

/**
 * Where something of a space is to be moved.
 *
 * @param folderId Null and empty: the top.
 * @throws {AppError} FOLDER_NOT_FOUND; OTHER_SPACE for a folder that the account may see but that lies elsewhere
 */
export const target = async (tx: Db, space: Space, folderId: string | null): Promise<Place> => {
  if (folderId === null || folderId === '') return { space, folderId: null }
  const folder = await folderRepo(tx).find(space.accountId, folderId)
  if (folder === undefined) throw new AppError(FileErrors.FOLDER_NOT_FOUND)
  if (folder.team_id !== space.teamId) throw new AppError(FileErrors.OTHER_SPACE)
  return { space, folderId }
}

const assertFree = async (tx: Db, place: Place, name: string, exceptId?: string): Promise<void> => {
  const occupant = await placeResolver(tx).findOccupant(place, name)
  if (occupant?.kind === 'file')
    throw new AppError(FileErrors.FILE_EXISTS, {
      message: 'There is a file of this name already. Choose another name.',
    })
  if (occupant !== undefined && occupant.folder.id !== exceptId) throw new AppError(FileErrors.FOLDER_EXISTS)
}

const assertDepth = async (tx: Db, { space, folderId }: Place, height: number): Promise<void> => {
  const depth = folderId === null ? 0 : (await folderRepo(tx).path(space, folderId)).length
  if (depth + height > MAX_DEPTH) throw new AppError(FolderErrors.FOLDERS_TOO_DEEP)
}

const assertFits = async (tx: Db, place: Place, id: string): Promise<void> => {
  if (place.folderId === null) return
  const path = await folderRepo(tx).path(place.space, place.folderId)
  if (path.some((above) => above.id === id)) throw new AppError(FolderErrors.FOLDER_IN_ITSELF)
  await assertDepth(tx, place, await folderRepo(tx).height(place.space, id))
}

const written = async (tx: Db, space: Space, id: string): Promise<StoredFolder> => {
  const folder = await folderRepo(tx).findIn(space, id)
  if (folder === undefined) throw new Error('A folder was not written.')
  return folder
}
