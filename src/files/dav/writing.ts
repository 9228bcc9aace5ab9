import { Readable } from 'node:stream'
import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { type Caller, Failures, type RequestInfo } from '../../platform/http/index.ts'
import { mediaTypeOf } from '../files/media-type.ts'
import type { StoredFile } from '../files/repo.ts'
import { type Draft, quotaExceeded, type Uploaded, type Uploads } from '../files/uploads.ts'
import type { Place } from '../places.ts'
import type { TrashService } from '../trash/service.ts'
import { hasBody } from './body.ts'
import { DavErrors } from './contract.ts'
import type { Pass } from './guard.ts'
import { headerOf, parseModifiedAt } from './headers.ts'
import { davRepo } from './repo.ts'
import type { Spot } from './tree.ts'

export interface WriterParts {
  readonly uploads: Uploads
  readonly trash: TrashService
}

export type DavWriter = ReturnType<typeof davWriter>

/** Writes the content of files, as any upload is written: seen by nobody before it is complete and durable. */
export const davWriter = ({ uploads, trash }: WriterParts) => {
  return {
    /**
     * The file that has the name in another case goes into the trash, not its bytes into nothing: who wrote it may not know
     * that there was one.
     *
     * @param assertUnlocked Asked once more when the bytes are here, which may take hours, and last in the transaction
     * that makes them a file: nobody can lock the path between that and the file.
     * @throws {AppError} RESOURCE_EXISTS for a folder, NO_PARENT, FIXED_PATH, FILE_PATH, and as `Uploads.store`
     */
    async put(
      caller: Caller,
      request: RequestInfo,
      spot: Spot,
      assertUnlocked: Pass['assertUnlocked'],
    ): Promise<Uploaded> {
      const { accountId } = caller
      const place = placeOf(spot)
      const declared = assertWhole(request)
      const draft = toDraft(request, spot, place)
      const room = await uploads.room(accountId, await uploads.assertWanted(accountId, draft))
      if ((declared ?? expectedBytes(request) ?? 0) > room) throw quotaExceeded(room)
      const at = parseModifiedAt(request.headers)
      const after = async (tx: Db, { id }: StoredFile): Promise<void> => {
        await assertUnlocked(tx)
        if (at !== undefined) await davRepo(tx).setModified(place.space, 'file', id, at)
      }
      const options = { maxBytes: room, declaredBytes: declared, ownsBuffers: true, signal: request.signal, after }
      const { file, created } = await uploads.store(accountId, options, async (take) => {
        await take(hasBody(request) ? request.raw : Readable.from([]))
        await assertUnlocked()
        if (spot.alike?.kind === 'file') await trash.trashFile(caller, spot.alike.file.id)
        return draft
      })
      return { file: { ...file, updated_at: at ?? file.updated_at }, created }
    },

    /** A file with nothing in it, for a lock on a name that is free. @throws as `put` */
    async putEmpty({ accountId }: Caller, request: RequestInfo, spot: Spot): Promise<void> {
      const place = placeOf(spot)
      const draft: Draft = {
        ...toDraft(request, spot, place),
        onConflict: 'fail',
        mediaType: mediaTypeOf('', lastOf(spot)),
      }
      await uploads.store(accountId, { maxBytes: 0, signal: request.signal }, async (take) => {
        await take(Readable.from([]))
        return { ...draft, conditions: {} }
      })
    },
  }
}

/** @throws {AppError} FIXED_PATH, NO_PARENT */
export const placeOf = ({ isFixed, parent }: Spot): Place => {
  if (isFixed) throw new AppError(DavErrors.FIXED_PATH)
  if (parent === undefined) throw new AppError(DavErrors.NO_PARENT)
  return parent
}

export const lastOf = ({ names }: Spot): string => names.at(-1) ?? ''

/**
 * @returns The length that was announced; undefined if the body is sent in chunks.
 * @throws {AppError} UNSUPPORTED_MEDIA_TYPE, INVALID_HEADER
 */
const assertWhole = ({ headers }: RequestInfo): number | undefined => {
  if ((headerOf(headers, 'content-encoding') ?? 'identity').toLowerCase() !== 'identity')
    throw new AppError(Failures.UNSUPPORTED_MEDIA_TYPE, { message: 'Send the body without Content-Encoding.' })
  // A part would be stored as if it were the whole: https://www.rfc-editor.org/rfc/rfc9110#section-14.5
  if (headers['content-range'] !== undefined)
    throw new AppError(DavErrors.INVALID_HEADER, { message: 'Content-Range cannot be used here. Send the whole file.' })
  if (headers['transfer-encoding'] !== undefined) return undefined
  return Number(headers['content-length'] ?? 0)
}

/** How much the Finder is going to send, which sends in chunks. */
const expectedBytes = ({ headers }: RequestInfo): number | undefined => {
  const given = headerOf(headers, 'x-expected-entity-length') ?? ''
  return /^\d{1,15}$/.test(given) ? Number(given) : undefined
}

const toDraft = ({ headers }: RequestInfo, spot: Spot, { space, folderId }: Place): Draft => ({
  name: lastOf(spot),
  mediaType: mediaTypeOf(headers['content-type'], lastOf(spot)),
  folderId: folderId ?? undefined,
  teamId: space.teamId ?? undefined,
  onConflict: 'replace',
  conditions: { 'if-match': headers['if-match'], 'if-none-match': headers['if-none-match'] },
})
