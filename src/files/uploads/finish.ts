import { createHash } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Backend } from '../backends/backend.ts'
import { rangeReader } from '../chunks/reader.ts'
import type { WrittenChunk } from '../chunks/writer.ts'
import { blobRepo } from '../files/blobs.ts'
import { FileErrors } from '../files/contract.ts'
import type { Uploads } from '../files/uploads.ts'
import { toStored } from './compact.ts'
import { UploadErrors } from './contract.ts'
import type { UploadHashes } from './hashes.ts'
import type { Hold } from './holds.ts'
import type { ReceiverOptions } from './receive.ts'
import { type UploadChunkRow, type UploadRow, uploadRepo } from './repo.ts'
import { toDraft } from './row.ts'

/** How long a finished upload can still be asked for. */
const DONE_MS = 24 * 60 * 60_000

export interface FinisherOptions {
  readonly database: Database
  readonly backends: ReadonlyMap<string, Backend>
  readonly backend: string
  readonly uploads: Pick<Uploads, 'adopt'>
  readonly hashes: UploadHashes
  readonly clock: Clock
  readonly log: Log
  readonly sizes: ReceiverOptions['sizes']
}

export type Finisher = ReturnType<typeof uploadFinisher>

/**
 * Makes a file of an upload whose bytes are all there: nothing is copied, the chunks change hands. File, chunk list,
 * figures and the end of the upload are one transaction, and before it is committed nobody is told that the upload is
 * complete.
 */
export const uploadFinisher = (options: FinisherOptions) => {
  const { database, backends, backend, uploads, hashes, clock, log, sizes } = options
  const ranges = rangeReader({
    onBadCopy: ({ copy, error }) => log.error({ err: error, locator: copy.locator }, 'a chunk of an upload is bad'),
    ...(sizes === undefined ? {} : { leafBytes: sizes.leafBytes }),
  })

  const rereadHash = async (chunks: readonly UploadChunkRow[], sizeBytes: number): Promise<Buffer> => {
    const hash = createHash('sha256')
    const source = await ranges.openRange({ chunks: toStored(chunks, backends), from: 0, to: sizeBytes - 1 })
    for await (const piece of source) hash.update(piece)
    return hash.digest()
  }

  const hashOf = async ({ id, offset_bytes }: UploadRow, inline: Buffer | undefined, chunks: UploadChunkRow[]) => {
    if (inline !== undefined) return createHash('sha256').update(inline).digest()
    const known = offset_bytes === 0 ? createHash('sha256') : hashes.take(id, offset_bytes)
    return known?.digest() ?? rereadHash(chunks, offset_bytes)
  }

  const place = async (
    tx: Db,
    { row }: Hold,
    { sizeBytes, sha256, inline, chunks }: Content,
    at: number,
  ): Promise<string> => {
    const repo = uploadRepo(tx)
    if (!(await repo.markDone(row.id, row.fence, sizeBytes, at + DONE_MS)))
      throw new AppError(UploadErrors.UPLOAD_LOCKED)
    const written = { sizeBytes, sha256, chunks: chunks.map(toWritten), ...(inline === undefined ? {} : { inline }) }
    const id = await blobRepo(tx, backends).insert(written, backend, at)
    await placeElsewhere(tx, backend, chunks)
    await repo.deleteChunks(row.id)
    return id
  }

  /**
   * @param row As it is now, with all its bytes. @param inline Those of a small file that has no chunks.
   * @returns The id of the file.
   * @throws {AppError} DIGEST_MISMATCH, QUOTA_EXCEEDED, FOLDER_NOT_FOUND, FILE_EXISTS, UPLOAD_LOCKED, and what reading
   * the bytes again may throw
   */
  return async (hold: Hold, row: UploadRow, inline: Buffer | undefined): Promise<string> => {
    const chunks = inline === undefined ? await uploadRepo(database.db).chunks(row.id) : []
    const sha256 = await hashOf(row, inline, chunks)
    if (row.sha256 !== null && !sha256.equals(row.sha256)) throw new AppError(FileErrors.DIGEST_MISMATCH)
    const content: Content = { sizeBytes: row.size_bytes ?? row.offset_bytes, sha256, inline, chunks }
    const bytes = { sizeBytes: content.sizeBytes, place: (tx: Db, at: number) => place(tx, hold, content, at) }
    const written = { sizeBytes: content.sizeBytes, sha256, chunks: chunks.map(toWritten), ...(inline && { inline }) }
    const { file } = await uploads.adopt(
      row.account_id,
      bytes,
      toDraft(row),
      (tx, { id }) => uploadRepo(tx).setFile(row.id, id),
      { written, signal: hold.signal },
    )
    log.debug({ uploadId: row.id, fileId: file.id, at: clock.now() }, 'an upload has become a file')
    return file.id
  }
}

interface Content {
  readonly sizeBytes: number
  readonly sha256: Buffer
  readonly inline: Buffer | undefined
  readonly chunks: readonly UploadChunkRow[]
}

const toWritten = (row: UploadChunkRow, index: number): WrittenChunk => ({
  id: row.id,
  index,
  offset: row.start_at,
  sizeBytes: row.size_bytes,
  tagKey: row.tag_key,
  leafTags: row.leaf_tags,
  locator: row.locator,
})

/** Of an upload that went on after the place for new chunks was changed, the first ones are at the old place. */
const placeElsewhere = async (tx: Db, backend: string, chunks: readonly UploadChunkRow[]): Promise<void> => {
  for (const { id, backend: own } of chunks) {
    if (own === backend) continue
    await tx.updateTable('chunk_copies').set({ backend: own }).where('chunk_id', '=', id).execute()
  }
}
