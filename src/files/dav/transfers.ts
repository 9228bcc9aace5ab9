import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { lockBlobs } from '../files/blobs.ts'
import { additions } from '../files/placing.ts'
import { assertRoom } from '../files/quota.ts'
import { fileRepo, type StoredFile } from '../files/repo.ts'
import { folderRepo, MAX_DEPTH, type StoredFolder } from '../folders/repo.ts'
import { type Occupant, type Place, placeResolver } from '../places.ts'
import { type Actor, type Space, spaceResolver } from '../spaces.ts'
import type { Counters, LockFigures } from '../stats/counters.ts'
import { type Addition, NO_COUNTERS } from '../stats/repo.ts'
import { putFileIntoTrash, putFolderIntoTrash, type TrashService } from '../trash/service.ts'
import { DavErrors } from './contract.ts'
import { davRepo, propertyRepo } from './repo.ts'

export interface TransferParts {
  readonly database: Database
  readonly counters: Counters
  readonly trash: TrashService
  readonly clock: Clock
}

/** Where something goes, under which name. */
export interface Destination {
  readonly place: Place
  readonly name: string
  /** False: what is there already stays, and nothing happens. True: the trash takes it. */
  readonly overwrite: boolean
  /** When it was last changed, as the client says; undefined as the original. */
  readonly modifiedAt: number | undefined
  /** How many folders it will be in. */
  readonly depth: number
  /** Called in the transaction, before anything is changed. */
  readonly assertUnlocked: (tx: Db) => Promise<void>
}

/** False if it took the place of something. */
export interface Transferred {
  readonly created: boolean
}

type Additions = ReadonlyMap<string, Addition>

interface Ready {
  readonly created: boolean
  readonly place: Place
  readonly add: Additions
}

export type Transfers = ReturnType<typeof resourceTransfers>

/** Moves and copies files and folders to names that may be taken. */
export const resourceTransfers = ({ database, counters, trash, clock }: TransferParts) => {
  const nowMs = (): number => clock.now().getTime()

  /** Makes sure that the folder is there, and the name free. @param movedId What may have the name already. */
  const makeRoom = async (tx: Db, destination: Destination, movedId?: string): Promise<Ready> => {
    const { name, overwrite } = destination
    const { space, folderId } = destination.place
    await spaceResolver(tx).of(space, space.teamId, 'write')
    if (folderId !== null && (await folderRepo(tx).findIn(space, folderId)) === undefined)
      throw new AppError(DavErrors.NO_PARENT)
    await destination.assertUnlocked(tx)
    const place = { space, folderId }
    const occupant = await placeResolver(tx).findOccupant(place, name)
    if (occupant === undefined || idOf(occupant) === movedId) return { created: true, place, add: new Map() }
    if (!overwrite) throw new AppError(DavErrors.DESTINATION_EXISTS)
    const { add } =
      occupant.kind === 'file'
        ? await putFileIntoTrash(tx, space, occupant.file, nowMs())
        : await putFolderIntoTrash(tx, space, occupant.folder, nowMs())
    return { created: false, place, add }
  }

  const assertFits = async (db: Db, space: Space, folder: StoredFolder, depth: number): Promise<void> => {
    if (depth + (await folderRepo(db).height(space, folder.id)) > MAX_DEPTH) throw new AppError(DavErrors.TOO_DEEP)
  }

  const moveWithin = (source: Occupant, destination: Destination): Promise<Transferred> =>
    counters.changeIn(destination.place.space, async (tx) => {
      const { space } = destination.place
      const id = idOf(source)
      const { created, place, add } = await makeRoom(tx, destination, id)
      const repo = source.kind === 'file' ? fileRepo(tx) : folderRepo(tx)
      const now = await repo.findIn(space, id)
      if (now === undefined) throw new AppError(DavErrors.RESOURCE_NOT_FOUND)
      const { name } = destination
      const at = destination.modifiedAt ?? now.updated_at
      if (source.kind === 'file') await fileRepo(tx).move(space, id, { folderId: place.folderId, name, at })
      else {
        await assertFits(tx, space, source.folder, destination.depth)
        await folderRepo(tx).move(space, id, { parentId: place.folderId, name, at })
      }
      return { result: { created }, add }
    })

  /** Files get new rows with the same bytes, in one transaction. @returns The ids of the copies by those of the originals. */
  const insertFiles = async (
    tx: Db,
    { space, folderId }: Place,
    files: readonly StoredFile[],
    lock: LockFigures,
    modifiedAt?: number,
  ): Promise<Additions> => {
    const { accountId, teamId } = space
    const figures = await lock([accountId])
    const total = files.reduce((sum, { size_bytes }) => sum + size_bytes, 0)
    await assertRoom(tx, accountId, figures.get(accountId) ?? NO_COUNTERS, total)
    const blobs = new Set(await lockBlobs(tx, [...new Set(files.map(({ blob_id }) => blob_id))], database.dialect))
    const there = files.filter(({ blob_id }) => blobs.has(blob_id))
    const copies = new Map<string, string>()
    for (const file of there) {
      const [id, content] = [newId('file'), { blobId: file.blob_id, type: file.type, mimeType: file.mime_type }]
      await fileRepo(tx).insert(space, {
        id,
        folderId,
        name: file.name,
        ...content,
        sizeBytes: file.size_bytes,
        at: nowMs(),
      })
      await davRepo(tx).setModified(space, 'file', id, modifiedAt ?? file.updated_at)
      copies.set(file.id, id)
    }
    await propertyRepo(tx).copy('file', copies)
    const add = { account_id: accountId, team_id: teamId, sign: 1 }
    return additions(there.map(({ size_bytes }) => ({ ...add, size_bytes })))
  }

  const insertFolder = async (
    tx: Db,
    { space, folderId }: Place,
    folder: StoredFolder,
    name: string,
  ): Promise<string> => {
    const id = newId('folder')
    await folderRepo(tx).insert(space, { id, parentId: folderId, name, at: nowMs() })
    await propertyRepo(tx).copy('folder', new Map([[folder.id, id]]))
    return id
  }

  const copyFile = (actor: Actor, { id }: StoredFile, destination: Destination): Promise<Transferred> =>
    counters.changeIn(destination.place.space, async (tx, lock) => {
      const file = await fileRepo(tx).find(actor.accountId, id)
      if (file === undefined) throw new AppError(DavErrors.RESOURCE_NOT_FOUND)
      const { created, place, add } = await makeRoom(tx, destination)
      const { name, modifiedAt } = destination
      const added = await insertFiles(tx, place, [{ ...file, name }], lock, modifiedAt)
      if (added.size === 0) throw new AppError(DavErrors.RESOURCE_NOT_FOUND)
      return { result: { created }, add: merged(add, added) }
    })

  /** Page by page, each in a transaction: a tree of any size holds nobody up. */
  const copyInside = async (from: Place, to: Place): Promise<void> => {
    const folders: [StoredFolder, string][] = []
    for await (const page of placeResolver(database.db).children(from)) {
      if (page.length === 0) continue
      await counters.changeIn(to.space, async (tx, lock) => {
        for (const one of page)
          if (one.kind === 'folder') folders.push([one.folder, await insertFolder(tx, to, one.folder, one.folder.name)])
        const files = page.flatMap((one) => (one.kind === 'file' ? [one.file] : []))
        return { result: undefined, add: files.length === 0 ? new Map() : await insertFiles(tx, to, files, lock) }
      })
    }
    for (const [folder, id] of folders) await copyInside({ ...from, folderId: folder.id }, { ...to, folderId: id })
  }

  const copyFolder = async (
    from: Space,
    folder: StoredFolder,
    destination: Destination,
    isDeep: boolean,
  ): Promise<Transferred> => {
    const { accountId } = destination.place.space
    if (isDeep) await assertFits(database.db, from, folder, destination.depth)
    const bytes = isDeep ? await davRepo(database.db).treeBytes(from, folder.id) : 0
    const made = await counters.changeIn(destination.place.space, async (tx, lock) => {
      // Asked for the whole tree before anything of it is there.
      await assertRoom(tx, accountId, (await lock([accountId])).get(accountId) ?? NO_COUNTERS, bytes)
      const { created, place, add } = await makeRoom(tx, destination)
      return { result: { created, place, id: await insertFolder(tx, place, folder, destination.name) }, add }
    })
    if (isDeep) await copyInside({ space: from, folderId: folder.id }, { ...made.place, folderId: made.id })
    return { created: made.created }
  }

  const copy = (
    actor: Actor,
    from: Space,
    source: Occupant,
    destination: Destination,
    isDeep: boolean,
  ): Promise<Transferred> =>
    source.kind === 'file'
      ? copyFile(actor, source.file, destination)
      : copyFolder(from, source.folder, destination, isDeep)

  return {
    /**
     * No byte moves: a copy shares those of the original.
     *
     * @param from The place in which the source is.
     * @param isDeep False: of a folder only itself.
     * @throws {AppError} DESTINATION_EXISTS, NO_PARENT, RESOURCE_NOT_FOUND, TOO_DEEP, QUOTA_EXCEEDED, ROLE_TOO_SMALL,
     * LOCKED
     */
    copy,

    /**
     * In one transaction, with its links and its trash. To another place it is a copy, and the original goes into the
     * trash when that is complete.
     *
     * @throws {AppError} as `copy`
     */
    async move(actor: Actor, from: Space, source: Occupant, destination: Destination): Promise<Transferred> {
      if (from.teamId === destination.place.space.teamId) return moveWithin(source, destination)
      await spaceResolver(database.db).of(actor, from.teamId, 'delete')
      const transferred = await copy(actor, from, source, destination, true)
      if (source.kind === 'file') await trash.trashFile(actor, source.file.id)
      else await trash.trashFolder(actor, source.folder.id)
      return transferred
    },
  }
}

const idOf = (occupant: Occupant): string => (occupant.kind === 'file' ? occupant.file.id : occupant.folder.id)

const merged = (a: Additions, b: Additions): Additions => {
  const sums = new Map(a)
  for (const [accountId, addition] of b) sums.set(accountId, added(sums.get(accountId) ?? {}, addition))
  return sums
}

const added = (a: Addition, b: Addition): Addition => ({
  files: (a.files ?? 0) + (b.files ?? 0),
  sizeBytes: (a.sizeBytes ?? 0) + (b.sizeBytes ?? 0),
  teamFiles: (a.teamFiles ?? 0) + (b.teamFiles ?? 0),
  trashBytes: (a.trashBytes ?? 0) + (b.trashBytes ?? 0),
})
