import type { Readable } from 'node:stream'
import { planRepo } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Backend } from '../backends/backend.ts'
import { ChunkErrors } from '../chunks/chunk.ts'
import { chunkWriter, type WrittenBytes } from '../chunks/writer.ts'
import type { Counters } from '../stats/counters.ts'
import type { Placement } from '../storage/placement.ts'
import { blobRepo } from './blobs.ts'
import { fileTypeOf } from './media-type.ts'
import type { ObjectWriter, ObjectWriters } from './object-writers.ts'
import { type Draft, filePlacer, type StoredBytes, type Uploaded } from './placing.ts'
import { quotaExceeded, usedBytes } from './quota.ts'
import type { StoredFile } from './repo.ts'

export type { Draft, StoredBytes, Uploaded } from './placing.ts'
export { quotaExceeded } from './quota.ts'

export interface UploadParts {
  readonly database: Database
  /** All, by name; new chunks go to the one called `chunkBackend`. */
  readonly backends: ReadonlyMap<string, Backend>
  readonly chunkBackend: string
  readonly writers: ObjectWriters
  readonly counters: Counters
  readonly clock: Clock
  readonly log: Log
  readonly maxFileBytes: number
  /** Puts bytes where the policies want them; without it they stay where they were written. */
  readonly placement?: Pick<Placement, 'around'> | undefined
}

export interface TakeOptions {
  /** From `room`. */
  readonly maxBytes: number
  readonly declaredBytes?: number | undefined
  /** As for the chunk writer: nobody else looks at the buffers of the source. */
  readonly ownsBuffers?: boolean | undefined
  readonly signal: AbortSignal
  /** What else becomes true with the file, in the same transaction. */
  readonly after?: ((tx: Db, file: StoredFile) => Promise<void>) | undefined
}

/** Reads a stream to its end and makes its bytes durable. */
export type Take = (source: Readable) => Promise<WrittenBytes>

interface Received {
  readonly written: WrittenBytes
  readonly writer: ObjectWriter
}

export type Uploads = ReturnType<typeof uploadService>

/**
 * Uploads in one go: bytes first, then one transaction that makes them a file. Until that is committed nobody sees
 * anything, and whatever is left by a crash is an orphan that a sweep finds.
 */
export const uploadService = (parts: UploadParts) => {
  const { database, backends, chunkBackend, writers, counters, clock, log, maxFileBytes, placement } = parts
  const placer = filePlacer({ database, backends, counters, clock })

  /** @param content What the bytes are, where it is known before they are placed. */
  const put = (
    accountId: string,
    bytes: StoredBytes,
    draft: Draft,
    after?: Parameters<typeof placer.put>[3],
    content: { readonly written?: WrittenBytes; readonly signal?: AbortSignal } = {},
  ): Promise<Uploaded> => {
    if (placement === undefined) return placer.put(accountId, bytes, draft, after)
    const { mediaType: mimeType, folderId = null } = draft
    const subject = { sizeBytes: bytes.sizeBytes, mimeType, fileType: fileTypeOf(mimeType), folderId }
    return placement.around(subject, { bytes, ...content }, (placed) => placer.put(accountId, placed, draft, after))
  }

  const receive = async (source: Readable, options: TakeOptions): Promise<Received> => {
    const writer = writers.create()
    const onOrphans = (locators: readonly string[], cause: unknown): void =>
      log.warn({ err: cause, locators }, 'the rest of an upload could not be deleted and is left to the sweep')
    try {
      return { written: await chunkWriter({ store: writer.store, onOrphans }).write(source, options), writer }
    } catch (error) {
      await writer.finish()
      throw isTooLarge(error) ? quotaExceeded(options.maxBytes) : error
    }
  }

  const discard = async ({ written, writer }: Received): Promise<void> => {
    const locators = written.chunks.map(({ locator }) => locator)
    await writer.store.delete(locators).catch((error: unknown) => {
      log.warn({ err: error, locators }, 'a refused upload could not be deleted and is left to the sweep')
    })
    await writer.finish()
  }

  const commit = async (
    accountId: string,
    received: Received,
    draft: Draft,
    { signal, after }: Pick<TakeOptions, 'signal' | 'after'>,
  ): Promise<Uploaded> => {
    const { written, writer } = received
    const bytes: StoredBytes = {
      sizeBytes: written.sizeBytes,
      async place(tx, at) {
        await writer.handOver(tx)
        return blobRepo(tx, backends).insert(written, chunkBackend, at)
      },
    }
    try {
      const uploaded = await put(accountId, bytes, draft, after, { written, signal })
      received.writer.release()
      return uploaded
    } catch (error) {
      // A refusal of ours was thrown before the commit. After anything else the rows may have been written: if the
      // objects were deleted now, an upload that did succeed could lose its bytes.
      if (error instanceof AppError) await discard(received)
      else received.writer.release()
      throw error
    }
  }

  return {
    /**
     * @param replaced Whose bytes would be replaced, so that they do not count.
     * @returns How many bytes the next file may have.
     */
    async room(accountId: string, replaced?: StoredFile): Promise<number> {
      const plan = await planRepo(database.db).ofAccount(accountId)
      const limit = Math.min(maxFileBytes, plan.max_file_bytes ?? Infinity)
      if (plan.max_bytes === null) return limit
      const used = usedBytes(await counters.row(accountId))
      const freed = replaced?.account_id === accountId ? replaced.size_bytes : 0
      return Math.max(0, Math.min(limit, plan.max_bytes - used + freed))
    },

    /**
     * Says no before the bytes come, where that is known.
     *
     * @returns The file that would be replaced.
     * @throws {AppError} FOLDER_NOT_FOUND, TEAM_NOT_FOUND, ROLE_TOO_SMALL, PRECONDITION_FAILED, FILE_EXISTS, FOLDER_EXISTS
     */
    assertWanted: placer.assertWanted,

    /**
     * Makes a file of bytes that came before, in one transaction. If it throws, they are still whose they were.
     *
     * @param after What else becomes true with the file, in the same transaction.
     * @throws {AppError} QUOTA_EXCEEDED, what `assertWanted` throws, what `place` throws, and what `Placement.around` throws
     */
    adopt: put,

    /**
     * Stores one file. Whatever goes wrong, at whatever point, nothing of it is left.
     *
     * @param work Takes the bytes, once, and says what they are. It may throw to refuse them.
     * @throws {AppError} QUOTA_EXCEEDED, what `assertWanted` throws, UPLOAD_LOST, DISK_FULL, BACKEND_UNAVAILABLE,
     * UPLOAD_TRUNCATED, and what `work` throws
     */
    async store(accountId: string, options: TakeOptions, work: (take: Take) => Promise<Draft>): Promise<Uploaded> {
      const held: { received?: Received } = {}
      const take: Take = async (source) => {
        held.received = await receive(source, options)
        return held.received.written
      }
      let draft: Draft
      try {
        draft = await work(take)
      } catch (error) {
        if (held.received !== undefined) await discard(held.received)
        throw error
      }
      if (held.received === undefined) throw new Error('An upload took no bytes.')
      return commit(accountId, held.received, draft, options)
    },
  }
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof AppError && error.code === ChunkErrors.FILE_TOO_LARGE.code
