import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log/index.ts'
import { chunkWriter, type WriteOptions, type WrittenBytes, type WrittenChunk } from '../chunks/writer.ts'
import type { ObjectWriter, ObjectWriters } from '../files/object-writers.ts'
import { UploadErrors } from './contract.ts'
import type { UploadHashes } from './hashes.ts'
import type { Hold } from './holds.ts'
import type { Checksum } from './protocol.ts'
import { uploadRepo } from './repo.ts'

export interface ReceiverOptions {
  readonly database: Database
  /** The name of the backend that `writers` write to. */
  readonly backend: string
  readonly writers: ObjectWriters
  readonly hashes: UploadHashes
  readonly clock: Clock
  readonly log: Log
  readonly expiresMs: number
  /** Sizes for tests, where files are small. */
  readonly sizes?: { readonly chunkBytes: number; readonly leafBytes: number; readonly inlineBytes: number } | undefined
}

/** Bytes that are to be put behind those that an upload has. */
export interface Incoming {
  readonly source: Readable
  /** How many there will be, if that is known. */
  readonly declaredBytes: number | undefined
  /** How many there may be. */
  readonly maxBytes: number
  readonly checksum?: Checksum | undefined
  readonly ownsBuffers?: boolean | undefined
  readonly signal: AbortSignal
}

export interface Received {
  /** Where the upload is now. */
  readonly offsetBytes: number
  /** A small file that came whole: its bytes are nowhere yet and belong into the transaction that makes the file. */
  readonly inline?: Buffer | undefined
  /** Why fewer bytes came than were announced. Those that did come are kept. */
  readonly interrupted?: unknown
}

export type Receiver = ReturnType<typeof uploadReceiver>

/**
 * Puts bytes behind those that an upload has.
 *
 * Every chunk is made durable, then its row and the new offset are committed together; the offset that HEAD tells is
 * never ahead of that. When the sender goes away in the middle of a chunk, what arrived becomes a shorter chunk: the
 * upload goes on at the very byte, in whichever process, because the chunk is on the backend like any other. A process
 * that is killed loses what it had not committed, at most the chunks under way, and their objects are orphans.
 */
export const uploadReceiver = (options: ReceiverOptions) => {
  const { database, backend, writers, hashes, clock, log, expiresMs, sizes } = options

  const commit = async (tx: Db, hold: Hold, writer: ObjectWriter, chunks: readonly WrittenChunk[]): Promise<void> => {
    const [first, last] = [chunks[0], chunks.at(-1)]
    if (first === undefined || last === undefined) return
    await writer.handOverSome(tx)
    const repo = uploadRepo(tx)
    const expiresAt = clock.now().getTime() + expiresMs
    const step = { from: first.offset, to: last.offset + last.sizeBytes, expiresAt, heldUntil: hold.heldUntil() }
    const { id, fence } = hold.row
    if (!(await repo.advance(id, fence, step))) throw new AppError(UploadErrors.UPLOAD_LOCKED)
    await repo.insertChunks(id, backend, chunks)
  }

  /** @param unsure Objects whose rows may have been written although the answer was lost: they are left to the sweep. */
  const newWriter = (unsure: ReadonlySet<string> = new Set()) => {
    const writer = writers.create()
    const store = {
      stage: writer.store.stage,
      delete: (locators: readonly string[]) => writer.store.delete(locators.filter((locator) => !unsure.has(locator))),
    }
    const onOrphans = (locators: readonly string[], cause: unknown): void =>
      log.warn({ err: cause, locators }, 'a part of an upload could not be deleted and is left to the sweep')
    return { writer, chunks: chunkWriter({ store, onOrphans, ...sizes }) }
  }

  /** Takes all bytes and commits none of them before their checksum is known. */
  const receiveChecked = async (
    hold: Hold,
    incoming: Incoming,
    checksum: Checksum,
    write: WriteOptions,
  ): Promise<WrittenBytes> => {
    const { writer, chunks } = newWriter()
    const digest = createHash(checksum.algorithm)
    try {
      // Beside the listener of the chunk writer, which decides when the source flows.
      incoming.source.on('data', (piece: Buffer) => digest.update(piece))
      const written = await chunks.write(incoming.source, write)
      try {
        if (!digest.digest().equals(checksum.digest)) throw new AppError(UploadErrors.CHECKSUM_MISMATCH)
        await database.transaction((tx) => commit(tx, hold, writer, written.chunks))
      } catch (error) {
        // After anything but a refusal of ours the rows may be there.
        if (error instanceof AppError) await chunks.discard(written)
        throw error
      }
      return written
    } finally {
      await writer.finish()
    }
  }

  const receiveKept = async (hold: Hold, incoming: Incoming, write: WriteOptions): Promise<WrittenBytes> => {
    const unsure = new Set<string>()
    const { writer, chunks } = newWriter(unsure)
    const onChunkDurable = async (chunk: WrittenChunk): Promise<void> => {
      try {
        await database.transaction((tx) => commit(tx, hold, writer, [chunk]))
      } catch (error) {
        if (!(error instanceof AppError)) unsure.add(chunk.locator)
        throw error
      }
    }
    try {
      return await chunks.write(incoming.source, { ...write, onInterrupt: 'keep', onChunkDurable })
    } finally {
      await writer.finish()
    }
  }

  return async (hold: Hold, incoming: Incoming): Promise<Received> => {
    const { id, offset_bytes: offset, size_bytes: size, kind } = hold.row
    const { declaredBytes, maxBytes, checksum, ownsBuffers } = incoming
    const hash = offset === 0 ? createHash('sha256') : hashes.take(id, offset)
    const isWhole = offset === 0 && size === declaredBytes && kind !== 'partial'
    const write: WriteOptions = {
      declaredBytes,
      maxBytes,
      ownsBuffers,
      signal: AbortSignal.any([incoming.signal, hold.signal]),
      hash,
      startAt: isWhole ? undefined : { index: 0, offset },
    }
    const written =
      checksum === undefined
        ? await receiveKept(hold, incoming, write)
        : await receiveChecked(hold, incoming, checksum, write)
    const offsetBytes = offset + written.sizeBytes
    if (hash !== undefined) hashes.keep(id, offsetBytes, hash)
    return { offsetBytes, inline: written.inline, interrupted: written.interrupted }
  }
}
