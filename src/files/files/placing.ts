import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Backend } from '../backends/backend.ts'
import { answerRange, type ConditionalHeaders } from '../chunks/range.ts'
import { type Occupant, type Place, placeResolver } from '../places.ts'
import type { CountedIn, Counters, LockFigures } from '../stats/counters.ts'
import { type Addition, NO_COUNTERS } from '../stats/repo.ts'
import { blobRepo, lockBlobs } from './blobs.ts'
import { FileErrors, type OnConflict } from './contract.ts'
import { fileTypeOf } from './media-type.ts'
import { assertRoom } from './quota.ts'
import { fileRepo, type StoredFile } from './repo.ts'
import { toRepresentation } from './representation.ts'

/** How long the objects of replaced content stay for those who are downloading it. */
const DISCARD_AFTER_MS = 60 * 60_000

/** What bytes are to become. */
export interface Draft {
  /** From `parseFileName`. */
  readonly name: string
  readonly mediaType: string
  /** Undefined and empty: the top. */
  readonly folderId: string | undefined
  /** Undefined and empty: the drive of who uploads, or the one that the folder is in. */
  readonly teamId?: string | undefined
  readonly onConflict: OnConflict
  /** `If-Match` and `If-None-Match`, of the file that has the name. */
  readonly conditions?: ConditionalHeaders
}

/** Bytes that are durable and belong to no file yet. */
export interface StoredBytes {
  readonly sizeBytes: number
  /** Writes the rows of their blob, in the transaction that makes the file. @returns The id of the blob. */
  place(tx: Db, at: number): Promise<string>
}

export interface Uploaded {
  readonly file: StoredFile
  /** False if a file got new content. */
  readonly created: boolean
}

export interface PlacerParts {
  readonly database: Database
  readonly backends: ReadonlyMap<string, Backend>
  readonly counters: Counters
  readonly clock: Clock
}

export type FilePlacer = ReturnType<typeof filePlacer>

/** Makes files of bytes that are durable: the one transaction from which on they are seen and counted. */
export const filePlacer = ({ database, backends, counters, clock }: PlacerParts) => {
  const create = async (
    tx: Db,
    place: Place,
    bytes: StoredBytes,
    draft: Draft,
    isTaken: boolean,
  ): Promise<StoredFile> => {
    const [files, at, id] = [fileRepo(tx), clock.now().getTime(), newId('file')]
    const name = isTaken ? await placeResolver(tx).freeName(place, draft.name, 'file') : draft.name
    const content = { blobId: await bytes.place(tx, at), ...typesOf(draft), sizeBytes: bytes.sizeBytes, at }
    await files.insert(place.space, { id, folderId: place.folderId, name, ...content })
    return written(await files.findIn(place.space, id))
  }

  const replace = async (
    tx: Db,
    { space }: Place,
    bytes: StoredBytes,
    draft: Draft,
    { id, blob_id }: StoredFile,
  ): Promise<StoredFile> => {
    const [files, at] = [fileRepo(tx), clock.now().getTime()]
    const content = { blobId: await bytes.place(tx, at), ...typesOf(draft), sizeBytes: bytes.sizeBytes, at }
    await lockBlobs(tx, [blob_id], database.dialect)
    await files.replace(space, { id, ...content })
    await blobRepo(tx, backends).discardUnused(blob_id, at + DISCARD_AFTER_MS)
    return written(await files.findIn(space, id))
  }

  const put = async (
    tx: Db,
    place: Place,
    bytes: StoredBytes,
    draft: Draft,
    lock: LockFigures,
  ): Promise<CountedIn<Uploaded>> => {
    const { accountId, teamId } = place.space
    const occupant = await placeResolver(tx).findOccupant(place, draft.name)
    assertWanted(draft, occupant)
    const replaced = draft.onConflict === 'replace' && occupant?.kind === 'file' ? occupant.file : undefined
    const figures = await lock(replaced === undefined ? [accountId] : [accountId, replaced.account_id])
    const isOwn = replaced?.account_id === accountId
    const before = figures.get(accountId) ?? NO_COUNTERS
    await assertRoom(tx, accountId, before, bytes.sizeBytes, isOwn ? replaced.size_bytes : 0)
    const file =
      replaced === undefined
        ? await create(tx, place, bytes, draft, occupant !== undefined)
        : await replace(tx, place, bytes, draft, replaced)
    const add = additions([
      { account_id: accountId, team_id: teamId, size_bytes: bytes.sizeBytes, sign: 1 },
      ...(replaced === undefined ? [] : [{ ...replaced, sign: -1 }]),
    ])
    return { result: { file, created: replaced === undefined }, add }
  }

  return {
    /**
     * @param after What else becomes true with the file, in the same transaction.
     * @throws {AppError} QUOTA_EXCEEDED, FOLDER_NOT_FOUND, TEAM_NOT_FOUND, ROLE_TOO_SMALL, FILE_EXISTS, FOLDER_EXISTS,
     * PRECONDITION_FAILED, and what `place` and `after` throw
     */
    async put(
      accountId: string,
      bytes: StoredBytes,
      draft: Draft,
      after?: (tx: Db, file: StoredFile) => Promise<void>,
    ): Promise<Uploaded> {
      const { space } = await placeResolver(database.db).of({ accountId }, draft, 'write')
      return counters.changeIn(space, async (tx, lock) => {
        // Once more: the bytes may have taken hours, and the folder and the role be gone.
        const place = await placeResolver(tx).of({ accountId }, draft, 'write')
        const made = await put(tx, place, bytes, draft, lock)
        await after?.(tx, made.result.file)
        return made
      })
    },

    /**
     * Says no before the bytes come, where that is known.
     *
     * @returns The file that would be replaced.
     * @throws {AppError} as `put`, but for the quota
     */
    async assertWanted(accountId: string, draft: Draft): Promise<StoredFile | undefined> {
      const places = placeResolver(database.db)
      const occupant = await places.findOccupant(await places.of({ accountId }, draft, 'write'), draft.name)
      assertWanted(draft, occupant)
      return draft.onConflict === 'replace' && occupant?.kind === 'file' ? occupant.file : undefined
    },
  }
}

/** A file that comes (1) or goes (-1), and whose it is. */
interface CountedFile {
  readonly account_id: string
  readonly team_id: string | null
  readonly size_bytes: number
  readonly sign: number
}

/** What files that come and go add to the figures of those who stored them. */
export const additions = (files: readonly CountedFile[]): Map<string, Addition> => {
  const sums = new Map<string, Required<Pick<Addition, 'files' | 'sizeBytes' | 'teamFiles'>>>()
  for (const { account_id, team_id, size_bytes, sign } of files) {
    const sum = sums.get(account_id) ?? { files: 0, sizeBytes: 0, teamFiles: 0 }
    sums.set(account_id, {
      files: sum.files + sign,
      sizeBytes: sum.sizeBytes + sign * size_bytes,
      teamFiles: sum.teamFiles + (team_id === null ? 0 : sign),
    })
  }
  return sums
}

const typesOf = ({ mediaType }: Draft) => ({ type: fileTypeOf(mediaType), mimeType: mediaType })

const written = (file: StoredFile | undefined): StoredFile => {
  if (file === undefined) throw new Error('A file was not written.')
  return file
}

const assertWanted = ({ onConflict, conditions = {} }: Draft, occupant: Occupant | undefined): void => {
  const isFree =
    occupant?.kind === 'file'
      ? answerRange(conditions, toRepresentation(occupant.file)).status === 200
      : conditions['if-match'] === undefined && (occupant === undefined || conditions['if-none-match'] === undefined)
  if (!isFree) throw new AppError(FileErrors.PRECONDITION_FAILED)
  if (occupant === undefined || onConflict === 'rename') return
  if (occupant.kind === 'folder') throw new AppError(FileErrors.FOLDER_EXISTS)
  if (onConflict === 'fail') throw new AppError(FileErrors.FILE_EXISTS)
}
