import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { target } from '../folders/service.ts'
import { type Place, type PlaceName, placeResolver } from '../places.ts'
import { type Actor, type Space, spaceResolver } from '../spaces.ts'
import type { Counters } from '../stats/counters.ts'
import { type Addition, NO_COUNTERS } from '../stats/repo.ts'
import { putFileIntoTrash } from '../trash/service.ts'
import { lockBlobs } from './blobs.ts'
import { FileErrors, type OnConflict } from './contract.ts'
import { parseFileName } from './names.ts'
import { additions } from './placing.ts'
import { assertRoom } from './quota.ts'
import { fileRepo, type StoredFile } from './repo.ts'

/** What becomes of a file; undefined stays. */
export interface FileChange {
  readonly name?: string | undefined
  /** Null and empty: the top. */
  readonly folderId?: string | null | undefined
  /** Of a name that is taken; `replace` puts the other file into the trash. */
  readonly onConflict?: OnConflict | undefined
}

/** Where a copy goes. Without any of these it lies beside the file. */
export interface CopyWish extends PlaceName {
  readonly name?: string | undefined
}

export type FileMover = ReturnType<typeof fileMover>

/** New names and places for files, and copies that share the bytes. */
export const fileMover = ({ database, counters, clock }: { database: Database; counters: Counters; clock: Clock }) => {
  const nowMs = (): number => clock.now().getTime()

  const find = async (actor: Actor, id: string): Promise<StoredFile> => {
    const file = await fileRepo(database.db).find(actor.accountId, id)
    if (file === undefined) throw new AppError(FileErrors.FILE_NOT_FOUND)
    return file
  }

  /** The name that the file can have there, and what the trash takes for it. */
  const makeRoom = async (
    tx: Db,
    place: Place,
    { id, name, onConflict }: { id: string; name: string; onConflict: OnConflict },
  ): Promise<{ name: string; add: ReadonlyMap<string, Addition> }> => {
    const places = placeResolver(tx)
    const occupant = await places.findOccupant(place, name)
    if (occupant === undefined || (occupant.kind === 'file' && occupant.file.id === id)) return { name, add: new Map() }
    if (onConflict === 'rename') return { name: await places.freeName(place, name, 'file'), add: new Map() }
    if (occupant.kind === 'folder') throw new AppError(FileErrors.FOLDER_EXISTS)
    if (onConflict === 'fail') throw new AppError(FileErrors.FILE_EXISTS)
    const { add } = await putFileIntoTrash(tx, place.space, occupant.file, nowMs())
    return { name, add }
  }

  const placeOfCopy = async (
    db: Db,
    actor: Actor,
    file: StoredFile,
    { teamId, folderId }: CopyWish,
  ): Promise<Place> => {
    const isBeside = teamId === undefined && folderId === undefined
    return placeResolver(db).of(
      actor,
      isBeside ? { teamId: file.team_id, folderId: file.folder_id } : { teamId, folderId },
      'write',
    )
  }

  return {
    /**
     * Renames or moves, within its place.
     *
     * @throws {AppError} FILE_NOT_FOUND, FOLDER_NOT_FOUND, ROLE_TOO_SMALL, INVALID_INPUT, OTHER_SPACE, FILE_EXISTS,
     * FOLDER_EXISTS
     */
    async change(actor: Actor, id: string, change: FileChange): Promise<StoredFile> {
      const wanted = change.name === undefined ? undefined : parseFileName(change.name)
      const seen = await find(actor, id)
      const space = await spaceResolver(database.db).around(actor, seen, 'write')
      if (space === undefined) throw new AppError(FileErrors.FILE_NOT_FOUND)
      return counters.changeIn(space, async (tx) => {
        const files = fileRepo(tx)
        const file = await files.findIn(space, id)
        if (file === undefined) throw new AppError(FileErrors.FILE_NOT_FOUND)
        const place = await placeAfter(tx, space, file, change)
        const isSame = (wanted ?? file.name) === file.name && place.folderId === file.folder_id
        if (isSame) return { result: file, add: new Map() }
        const { onConflict = 'fail' } = change
        const { name, add } = await makeRoom(tx, place, { id, name: wanted ?? file.name, onConflict })
        await files.move(space, id, { folderId: place.folderId, name, at: nowMs() })
        return { result: (await files.findIn(space, id)) ?? file, add }
      })
    },

    /**
     * Another file with the same bytes: none of them moves, and all of them count again.
     *
     * @throws {AppError} FILE_NOT_FOUND, FOLDER_NOT_FOUND, TEAM_NOT_FOUND, ROLE_TOO_SMALL, INVALID_INPUT, QUOTA_EXCEEDED
     */
    async copy(actor: Actor, id: string, wish: CopyWish): Promise<StoredFile> {
      const wanted = wish.name === undefined ? undefined : parseFileName(wish.name)
      const seen = await find(actor, id)
      const { space } = await placeOfCopy(database.db, actor, seen, wish)
      return counters.changeIn(space, async (tx, lock) => {
        const { accountId } = space
        const figures = await lock([accountId])
        const place = await placeOfCopy(tx, actor, seen, wish)
        const file = await fileRepo(tx).find(accountId, id)
        const [blobId] = file === undefined ? [] : await lockBlobs(tx, [file.blob_id], database.dialect)
        if (file === undefined || blobId === undefined) throw new AppError(FileErrors.FILE_NOT_FOUND)
        await assertRoom(tx, accountId, figures.get(accountId) ?? NO_COUNTERS, file.size_bytes)
        const copy = await insertCopy(tx, place, file, wanted ?? file.name, nowMs())
        return { result: copy, add: additions([{ ...copy, sign: 1 }]) }
      })
    },
  }
}

const placeAfter = async (tx: Db, space: Space, file: StoredFile, { folderId }: FileChange): Promise<Place> =>
  folderId === undefined ? { space, folderId: file.folder_id } : target(tx, space, folderId)

const insertCopy = async (
  tx: Db,
  { space, folderId }: Place,
  file: StoredFile,
  wanted: string,
  at: number,
): Promise<StoredFile> => {
  const name = await placeResolver(tx).freeName({ space, folderId }, wanted, 'file')
  const [id, content] = [newId('file'), { blobId: file.blob_id, type: file.type, mimeType: file.mime_type }]
  await fileRepo(tx).insert(space, { id, folderId, name, ...content, sizeBytes: file.size_bytes, at })
  const copy = await fileRepo(tx).findIn(space, id)
  if (copy === undefined) throw new Error('A copy was not written.')
  return copy
}
