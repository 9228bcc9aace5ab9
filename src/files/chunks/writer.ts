import { createHash, type Hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { newId } from '../../platform/ids.ts'
import type { StagedObject, StagingBackend } from '../backends/backend.ts'
import { CHUNK_BYTES, type Chunk, INLINE_BYTES, LEAF_BYTES } from './chunk.ts'
import { BATCH_BYTES, type LeafBatch, type LeafBatches, leafBatches } from './leaf-batches.ts'
import { type LeafTagger, leafTagger, newTagKey } from './leaf-tags.ts'

/** A chunk that is durable on the disk. Until a row names it, it is an orphan. */
export interface WrittenChunk extends Chunk {
  /** `chunk_…`, what the object was stored under. */
  readonly id: string
  readonly locator: string
}

export interface WrittenBytes {
  /** Bytes taken by this call. */
  readonly sizeBytes: number
  /** Plain SHA-256 over all bytes (over all that `hash` has seen, if one was given). 32 bytes. */
  readonly sha256: Buffer
  /** In file order; empty for an empty file and for an inline one. */
  readonly chunks: readonly WrittenChunk[]
  /** The bytes of a file of 1 to `INLINE_BYTES` bytes: they touched no disk and belong into the database. */
  readonly inline?: Buffer
  /** Only with `onInterrupt: 'keep'`: why the source broke off. The chunks hold all that arrived before. */
  readonly interrupted?: unknown
}

export interface WriteOptions {
  /** The announced length in bytes: fewer are UPLOAD_TRUNCATED, more are UPLOAD_TOO_LONG as soon as they come. */
  readonly declaredBytes?: number | undefined
  /** FILE_TOO_LARGE as soon as more come, or at once if more are announced. */
  readonly maxBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called for each chunk in file order once it is durable, and awaited: to commit its row. If it throws, the write fails. */
  readonly onChunkDurable?: ((chunk: WrittenChunk) => Promise<void>) | undefined
  /** Where this part of an upload goes. A part is never inline, not even the first. Default: this is the whole file. */
  readonly startAt?: { readonly index: number; readonly offset: number } | undefined
  /** SHA-256 over the bytes before `startAt`; it is updated in place. Worthless if `write` throws. */
  readonly hash?: Hash | undefined
  /**
   * The buffers of the source belong to nobody else, as those of an HTTP request do, and may be emptied: the memory of
   * each is free again as soon as it is written, not when garbage is next collected. That saves a tenth of the CPU.
   */
  readonly ownsBuffers?: boolean | undefined
  /**
   * What happens to the bytes that arrived when the source breaks off, is aborted or comes short. `discard` (default):
   * all are deleted and the error is thrown. `keep`: they become durable, the last chunk being shorter, and the result
   * says `interrupted`. With `keep` no chunk that `onChunkDurable` has accepted is ever deleted here.
   */
  readonly onInterrupt?: 'discard' | 'keep' | undefined
}

export interface ChunkWriterOptions {
  readonly store: Pick<StagingBackend, 'stage' | 'delete'>
  /** Told about durable chunks that nobody will name and that could not be deleted: a later sweep has to. */
  readonly onOrphans: (locators: readonly string[], cause: unknown) => void
  readonly chunkBytes?: number
  readonly leafBytes?: number
  /** What is written at once. */
  readonly batchBytes?: number
  /** Less than a batch, less than a leaf and less than a chunk. */
  readonly inlineBytes?: number
}

export type ChunkWriter = ReturnType<typeof chunkWriter>

/**
 * Takes bytes from a stream and makes them durable, chunk by chunk, while it hashes them.
 *
 * Socket buffers are gathered to half leaves of 512 KiB and written straight to the chunk's staging file, without a copy;
 * while the thread pool writes one, this thread hashes it. The fsync of a chunk overlaps the arrival of the next one, and
 * at most two are under way. An upload holds about 1.5 MiB, whatever its size.
 */
export const chunkWriter = (options: ChunkWriterOptions) => {
  const sizes = { chunkBytes: CHUNK_BYTES, leafBytes: LEAF_BYTES, batchBytes: BATCH_BYTES, inlineBytes: INLINE_BYTES }
  const config = { ...sizes, ...options }
  if (config.inlineBytes >= Math.min(config.batchBytes, config.leafBytes, config.chunkBytes)) {
    throw new RangeError('inlineBytes must be less than a batch, less than a leaf and less than a chunk')
  }

  /** Deletes the chunks of an upload that was refused after it was written. */
  const discard = async ({ chunks }: Pick<WrittenBytes, 'chunks'>): Promise<void> => {
    if (chunks.length > 0) await config.store.delete(chunks.map((chunk) => chunk.locator))
  }

  /**
   * Reads `source` to its end. When this resolves every byte is fsynced under its final name. When it throws, nothing is
   * left of the upload (but see `onInterrupt`) and `source` is paused, not destroyed.
   *
   * @throws {AppError} UPLOAD_TRUNCATED, UPLOAD_TOO_LONG, UPLOAD_ABORTED (or the signal's reason, if that is an AppError),
   * FILE_TOO_LARGE, DISK_FULL, BACKEND_UNAVAILABLE, and whatever `onChunkDurable` throws.
   */
  const write = async (source: Readable, writeOptions: WriteOptions = {}): Promise<WrittenBytes> => {
    const keeps = writeOptions.onInterrupt === 'keep'
    const batches = leafBatches(source, { ...config, ...writeOptions, keepsPartial: keeps })
    const upload = newUpload(config, writeOptions, batches)
    try {
      for (let batch = await batches.next(); batch !== undefined; batch = await batches.next()) await upload.add(batch)
      return await upload.finish()
    } catch (error) {
      batches.fail(error)
      if (keeps && batches.wasInterrupted()) return { ...(await keepAll(upload)), interrupted: error }
      const orphans = await upload.abort(keeps)
      await config.store.delete(orphans).catch((cause: unknown) => config.onOrphans(orphans, cause))
      throw error
    }
  }

  const keepAll = async (upload: Upload): Promise<WrittenBytes> => {
    try {
      return await upload.finish()
    } catch (error) {
      const orphans = await upload.abort(true)
      await config.store.delete(orphans).catch((cause: unknown) => config.onOrphans(orphans, cause))
      throw error
    }
  }

  return { write, discard }
}

type WriterConfig = Required<ChunkWriterOptions>

interface OpenChunk {
  readonly id: string
  readonly index: number
  readonly offset: number
  readonly staged: StagedObject
  readonly tagKey: Buffer
  readonly leafTags: Buffer[]
  /** Of the leaf that has begun and is not full. */
  tagger: LeafTagger | undefined
  sizeBytes: number
  /** The write under way; the next one waits for it. */
  writing: Promise<void>
}

type Upload = ReturnType<typeof newUpload>

const newUpload = (config: WriterConfig, options: WriteOptions, batches: LeafBatches) => {
  const start = options.startAt ?? { index: 0, offset: 0 }
  const hash = options.hash ?? createHash('sha256')
  const commits = commitQueue(options.onChunkDurable, batches)
  let sizeBytes = 0
  let inline: Buffer | undefined
  let current: OpenChunk | undefined
  let nextIndex = start.index

  const openChunk = async (): Promise<OpenChunk> => {
    const id = newId('chunk')
    const staged = await config.store.stage(id)
    const offset = start.offset + sizeBytes
    const index = nextIndex
    nextIndex += 1
    const empty = { leafTags: [], tagger: undefined, sizeBytes: 0, writing: Promise.resolve() }
    return { id, index, offset, staged, tagKey: newTagKey(), ...empty }
  }

  const store = async ({ staged, sizeBytes: position }: OpenChunk, pieces: readonly Buffer[]): Promise<void> => {
    await staged.write(pieces, position)
    if (options.ownsBuffers === true) freeMemory(pieces)
  }

  const endLeaf = (chunk: OpenChunk): void => {
    if (chunk.tagger !== undefined) chunk.leafTags.push(chunk.tagger.tag())
    chunk.tagger = undefined
  }

  const closeChunk = async (chunk: OpenChunk): Promise<void> => {
    endLeaf(chunk)
    await commits.hasRoom()
    current = undefined
    commits.start(chunk)
  }

  const add = async (batch: LeafBatch): Promise<void> => {
    if (batch.isLast && sizeBytes === 0 && options.startAt === undefined && batch.sizeBytes <= config.inlineBytes) {
      inline = Buffer.concat(batch.pieces, batch.sizeBytes)
      sizeBytes = batch.sizeBytes
      hash.update(inline)
      return
    }
    current ??= await openChunk()
    const chunk = current
    await chunk.writing
    chunk.writing = store(chunk, batch.pieces)
    chunk.writing.catch((error: unknown) => batches.fail(error))
    chunk.tagger ??= leafTagger(chunk.tagKey, chunk.leafTags.length)
    chunk.tagger.add(batch.pieces)
    if (batch.endsLeaf) endLeaf(chunk)
    for (const piece of batch.pieces) hash.update(piece)
    chunk.sizeBytes += batch.sizeBytes
    sizeBytes += batch.sizeBytes
    if (batch.endsChunk) await closeChunk(chunk)
  }

  const finish = async (): Promise<WrittenBytes> => {
    if (current !== undefined) await closeChunk(current)
    const chunks = await commits.all()
    const result = { sizeBytes, sha256: hash.copy().digest(), chunks }
    return inline === undefined ? result : { ...result, inline }
  }

  /** Waits for all that is under way. @returns The locators that nobody has a use for. */
  const abort = async (keepsAccepted: boolean): Promise<string[]> => {
    const unwanted = await commits.stop(keepsAccepted)
    await Promise.allSettled([current?.writing])
    await Promise.allSettled([current?.staged.abort()])
    return unwanted
  }

  return { add, finish, abort }
}

/** Makes full chunks durable, two at a time: with one, the disk would wait for us in between. */
const commitQueue = (onChunkDurable: WriteOptions['onChunkDurable'], batches: LeafBatches) => {
  const durable: WrittenChunk[] = []
  const accepted = new Set<WrittenChunk>()
  let running: readonly [older: Promise<void>, newer: Promise<void>] = [Promise.resolve(), Promise.resolve()]

  const commit = async ({ staged, writing }: OpenChunk): Promise<string> => {
    try {
      await writing
      return await staged.commit()
    } catch (error) {
      await Promise.allSettled([staged.abort()])
      throw error
    }
  }

  const makeDurable = async (chunk: OpenChunk, before: Promise<void>): Promise<void> => {
    const { id, index, offset, sizeBytes, tagKey } = chunk
    const locator = await commit(chunk)
    const written = { id, index, offset, sizeBytes, tagKey, leafTags: Buffer.concat(chunk.leafTags), locator }
    durable.push(written)
    // Chunks are reported in file order, whichever fsync was faster.
    await before
    await onChunkDurable?.(written)
    accepted.add(written)
  }

  return {
    /** Waits until another commit may start. @throws What the commit before failed with. */
    hasRoom: () => running[0],

    start(chunk: OpenChunk): void {
      const [, newer] = running
      const started = makeDurable(chunk, newer)
      running = [newer, started]
      // The sender may be slow: a full disk must stop it now and not when its next megabyte is complete.
      started.catch((error: unknown) => batches.fail(error))
    },

    async all(): Promise<WrittenChunk[]> {
      await Promise.all(running)
      return durable.toSorted((one, other) => one.index - other.index)
    },

    /** Waits for what runs. @returns The locators of the chunks that nobody has a use for. */
    async stop(keepsAccepted: boolean): Promise<string[]> {
      await Promise.allSettled(running)
      return durable.filter((chunk) => !(keepsAccepted && accepted.has(chunk))).map((chunk) => chunk.locator)
    },
  }
}

/** Leaves out what is only a part of some memory: another leaf may hold the rest. */
const freeMemory = (pieces: readonly Buffer[]): void => {
  for (const { buffer, byteLength } of pieces) {
    if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0)
  }
}
