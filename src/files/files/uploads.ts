import type { Readable } from 'node:stream'
import { planRepo } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Backend } from '../backends/backend.ts'
import { ChunkErrors } from '../chunks/chunk.ts'
import { answerRange, type ConditionalHeaders } from '../chunks/range.ts'
import { chunkWriter, type WrittenBytes } from '../chunks/writer.ts'
import type { Counted, Counters } from '../stats/counters.ts'
import { blobRepo } from './blobs.ts'
import { FileErrors, type OnConflict } from './contract.ts'
import { fileTypeOf } from './media-type.ts'
import { numberedName } from './names.ts'
import type { ObjectWriter, ObjectWriters } from './object-writers.ts'
import { type FileRepo, fileRepo, type StoredFile } from './repo.ts'
import { toRepresentation } from './representation.ts'

/** How long the objects of replaced content stay for those who are downloading it. */
const DISCARD_AFTER_MS = 60 * 60_000

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
}

/** What the bytes are to become. */
export interface Draft {
  /** From `parseFileName`. */
  readonly name: string
  readonly mediaType: string
  readonly folderId: string | undefined
  readonly onConflict: OnConflict
  /** `If-Match` and `If-None-Match`, of the file that has the name. */
  readonly conditions?: ConditionalHeaders
}

export interface TakeOptions {
  /** From `room`. */
  readonly maxBytes: number
  readonly declaredBytes?: number | undefined
  /** As for the chunk writer: nobody else looks at the buffers of the source. */
  readonly ownsBuffers?: boolean | undefined
  readonly signal: AbortSignal
}

/** Reads a stream to its end and makes its bytes durable. */
export type Take = (source: Readable) => Promise<WrittenBytes>

export interface Uploaded {
  readonly file: StoredFile
  /** False if a file got new content. */
  readonly created: boolean
}

interface Received {
  readonly written: WrittenBytes
  readonly writer: ObjectWriter
}

/** Bytes that are durable and belong to no file yet. */
export interface StoredBytes {
  readonly sizeBytes: number
  /** Writes the rows of their blob, in the transaction that makes the file. @returns The id of the blob. */
  place(tx: Db, at: number): Promise<string>
}

export type Uploads = ReturnType<typeof uploadService>

/**
 * Uploads in one go: bytes first, then one transaction that makes them a file. Until that is committed nobody sees
 * anything, and whatever is left by a crash is an orphan that a sweep finds.
 */
export const uploadService = (parts: UploadParts) => {
  const { database, backends, chunkBackend, writers, counters, clock, log, maxFileBytes } = parts
  const files = fileRepo(database.db)

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

  const insert = async (tx: Db, accountId: string, bytes: StoredBytes, draft: Draft, before: number) => {
    const repo = fileRepo(tx)
    const existing = await repo.findByName(accountId, draft.name)
    assertWanted(draft, existing)
    const replaced = draft.onConflict === 'replace' ? existing : undefined
    const { sizeBytes } = bytes
    const { max_bytes } = await planRepo(tx).ofAccount(accountId)
    const room = (max_bytes ?? Infinity) - before + (replaced?.size_bytes ?? 0)
    if (sizeBytes > room) throw quotaExceeded(room)
    return save(tx, accountId, bytes, draft, { replaced, isTaken: existing !== undefined })
  }

  const save = async (
    tx: Db,
    accountId: string,
    bytes: StoredBytes,
    draft: Draft,
    { replaced, isTaken }: { replaced: StoredFile | undefined; isTaken: boolean },
  ): Promise<Counted<Uploaded>> => {
    const [repo, blobs, at] = [fileRepo(tx), blobRepo(tx, backends), clock.now().getTime()]
    const blobId = await bytes.place(tx, at)
    const content = { blobId, type: fileTypeOf(draft.mediaType), mimeType: draft.mediaType, at }
    const id = replaced?.id ?? newId('file')
    if (replaced === undefined) {
      const name = isTaken ? await freeName(repo, accountId, draft.name) : draft.name
      await repo.insert(accountId, { id, name, ...content })
    } else {
      await repo.replace(accountId, { id, ...content })
      await blobs.discardUnused(replaced.blob_id, at + DISCARD_AFTER_MS)
    }
    const file = await repo.find(accountId, id)
    if (file === undefined) throw new Error(`The file ${id} was not written.`)
    const add = {
      files: replaced === undefined ? 1 : 0,
      sizeBytes: bytes.sizeBytes - (replaced?.size_bytes ?? 0),
    }
    return { result: { file, created: replaced === undefined }, add }
  }

  const commit = async (accountId: string, received: Received, draft: Draft): Promise<Uploaded> => {
    const { written, writer } = received
    const bytes: StoredBytes = {
      sizeBytes: written.sizeBytes,
      async place(tx, at) {
        await writer.handOver(tx)
        return blobRepo(tx, backends).insert(written, chunkBackend, at)
      },
    }
    try {
      const uploaded = await counters.change(accountId, (tx, before) =>
        insert(tx, accountId, bytes, draft, before.size_bytes),
      )
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
     * @param name Whose bytes would be replaced, so that they do not count.
     * @returns How many bytes the next file may have.
     */
    async room(accountId: string, name?: string): Promise<number> {
      const plan = await planRepo(database.db).ofAccount(accountId)
      const limit = Math.min(maxFileBytes, plan.max_file_bytes ?? Infinity)
      if (plan.max_bytes === null) return limit
      const used = (await counters.row(accountId)).size_bytes
      const replaced = name === undefined ? undefined : await files.findByName(accountId, name)
      return Math.max(0, Math.min(limit, plan.max_bytes - used + (replaced?.size_bytes ?? 0)))
    },

    /**
     * Says no before the bytes come, where that is known.
     *
     * @throws {AppError} FOLDER_NOT_FOUND, PRECONDITION_FAILED, FILE_EXISTS
     */
    async assertWanted(accountId: string, draft: Draft): Promise<void> {
      assertWanted(draft, await files.findByName(accountId, draft.name))
    },

    /**
     * Makes a file of bytes that came before, in one transaction. If it throws, they are still whose they were.
     *
     * @param after What else becomes true with the file, in the same transaction.
     * @throws {AppError} QUOTA_EXCEEDED, FOLDER_NOT_FOUND, FILE_EXISTS, PRECONDITION_FAILED, and what `place` throws
     */
    adopt: (
      accountId: string,
      bytes: StoredBytes,
      draft: Draft,
      after: (tx: Db, file: StoredFile) => Promise<void>,
    ): Promise<Uploaded> =>
      counters.change(accountId, async (tx, before) => {
        const made = await insert(tx, accountId, bytes, draft, before.size_bytes)
        await after(tx, made.result.file)
        return made
      }),

    /**
     * Stores one file. Whatever goes wrong, at whatever point, nothing of it is left.
     *
     * @param work Takes the bytes, once, and says what they are. It may throw to refuse them.
     * @throws {AppError} QUOTA_EXCEEDED, FOLDER_NOT_FOUND, FILE_EXISTS, PRECONDITION_FAILED, UPLOAD_LOST, DISK_FULL,
     * BACKEND_UNAVAILABLE, UPLOAD_TRUNCATED, and what `work` throws
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
      return commit(accountId, held.received, draft)
    },
  }
}

const assertWanted = ({ folderId, onConflict, conditions = {} }: Draft, existing: StoredFile | undefined): void => {
  if (folderId !== undefined && folderId !== '') throw new AppError(FileErrors.FOLDER_NOT_FOUND)
  const failed =
    existing === undefined
      ? conditions['if-match'] !== undefined
      : answerRange(conditions, toRepresentation(existing)).status !== 200
  if (failed) throw new AppError(FileErrors.PRECONDITION_FAILED)
  if (existing !== undefined && onConflict === 'fail') throw new AppError(FileErrors.FILE_EXISTS)
}

/** The name with a number. Not always the lowest: a few look-ups find one however many are taken. */
const freeName = async (repo: FileRepo, accountId: string, name: string): Promise<string> => {
  const isTaken = (number: number) => repo.isTaken(accountId, numberedName(name, number))
  let free = 1
  while (await isTaken(free)) free *= 2
  let taken = Math.floor(free / 2)
  while (free - taken > 1) {
    const middle = Math.floor((free + taken) / 2)
    if (await isTaken(middle)) taken = middle
    else free = middle
  }
  return numberedName(name, free)
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof AppError && error.code === ChunkErrors.FILE_TOO_LARGE.code

/** @param roomBytes How large the file might have been. */
export const quotaExceeded = (roomBytes: number): AppError =>
  new AppError(FileErrors.QUOTA_EXCEEDED, {
    message: `There is no room for this file: it may have at most ${Math.max(0, roomBytes)} bytes.`,
    details: { max_bytes: Math.max(0, roomBytes) },
  })
