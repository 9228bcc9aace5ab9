import type { Readable } from 'node:stream'
import { AppError } from '../../platform/errors.ts'
import { ChunkErrors } from './chunk.ts'
import { receivedMemory } from './received-memory.ts'

/**
 * Full batches that may wait. Together with the one being filled and the one being written: 3 batches per upload. A second
 * one makes no upload faster; it outlives more collections of garbage and is less likely to be in the caches when hashed.
 */
const MAX_WAITING = 1

/** What is written at once: a part of a leaf, so that many uploads at once are not as many times 3 leaves in memory. */
export const BATCH_BYTES = 512 * 1024

// A sender of tiny packets would make a leaf of a million buffers, each far larger than the bytes in it.
const COMPACT_PIECES = 128
const COMPACT_BELOW_BYTES = COMPACT_PIECES * 4096

export interface LeafBatch {
  /** Bytes of one leaf, as they came from the socket: nothing was copied. */
  readonly pieces: readonly Buffer[]
  readonly sizeBytes: number
  /** The leaf is full with these. */
  readonly endsLeaf: boolean
  /** The chunk is full with this leaf. */
  readonly endsChunk: boolean
  /** The source ended cleanly inside this leaf. */
  readonly isLast: boolean
}

export interface LeafBatchOptions {
  readonly leafBytes: number
  readonly chunkBytes: number
  /** At most so many at once; a leaf if that is less. */
  readonly batchBytes: number
  /** Exactly so many bytes must come. */
  readonly declaredBytes?: number | undefined
  /** At most so many bytes may come. */
  readonly maxBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** When the source breaks off: true gives out what arrived before the error, false fails at once. */
  readonly keepsPartial: boolean
}

export type LeafBatches = ReturnType<typeof leafBatches>

/**
 * Cuts a stream into leaves, in one or more batches each, and holds the sender back while they are not taken.
 *
 * The source is never destroyed, only paused: behind it may be a socket that still has to carry the refusal.
 */
export const leafBatches = (source: Readable, options: LeafBatchOptions) => {
  const { declaredBytes, maxBytes, signal, keepsPartial } = options
  const waiting: LeafBatch[] = []
  const cutter = leafCutter(options, (batch) => waiting.push(batch))
  let receivedBytes = 0
  let ended = false
  let failure: { readonly error: unknown; readonly isInterruption: boolean } | undefined
  const bell = newBell()
  const memory = receivedMemory()

  const fail = (error: unknown, isInterruption = false): void => {
    if (failure !== undefined || ended) return
    if (isInterruption && keepsPartial) cutter.seal(false)
    else waiting.length = 0
    failure = { error, isInterruption }
    detach()
    bell.ring()
  }
  const interrupt = (cause?: unknown) => fail(new AppError(ChunkErrors.UPLOAD_TRUNCATED, { cause }), true)
  const onData = (piece: Buffer): void => {
    receivedBytes += piece.length
    memory.note(piece.length)
    const refused = limitError(receivedBytes, options)
    if (refused !== undefined) {
      fail(refused)
      return
    }
    cutter.add(piece)
    if (waiting.length >= MAX_WAITING) source.pause()
    if (waiting.length > 0) bell.ring()
  }
  const finish = (): void => {
    cutter.seal(true)
    ended = true
    detach()
    bell.ring()
  }
  const onEnd = () => (receivedBytes < (declaredBytes ?? 0) ? interrupt() : finish())
  const onClose = () => interrupt()
  const onAbort = () => fail(abortError(signal?.reason), true)

  const detach = (): void => {
    memory.end()
    source.off('data', onData).off('end', onEnd).off('close', onClose)
    signal?.removeEventListener('abort', onAbort)
    // The listener for errors stays: what breaks after we let go of the source must not end the process.
    source.pause()
  }

  const attach = (): void => {
    if (signal?.aborted === true) onAbort()
    else if ((declaredBytes ?? 0) > (maxBytes ?? Infinity)) fail(new AppError(ChunkErrors.FILE_TOO_LARGE))
    else if (source.readableEnded) onEnd()
    else if (source.destroyed) interrupt(source.errored)
    else {
      signal?.addEventListener('abort', onAbort, { once: true })
      source.on('data', onData).on('end', onEnd).on('close', onClose)
    }
  }
  source.on('error', interrupt)
  attach()

  /** @returns undefined at the end of the source. @throws {AppError} Of `ChunkErrors`, or what `fail` was called with. */
  const next = async (): Promise<LeafBatch | undefined> => {
    for (;;) {
      const batch = waiting.shift()
      if (batch !== undefined) {
        if (waiting.length < MAX_WAITING && !ended && failure === undefined) source.resume()
        return batch
      }
      if (failure !== undefined) throw failure.error
      if (ended) return undefined
      await bell.wait()
    }
  }

  return {
    next,
    /** Lets go of the source; the next `next` throws `error`. Nothing happens if it ended or failed before. */
    fail: (error: unknown) => fail(error),
    /** Whether the failure is of the source (broken off, aborted) and not of its length or of the storage. */
    wasInterrupted: () => failure?.isInterruption === true,
  }
}

const newBell = () => {
  let ring = (): void => {}
  const wait = () =>
    new Promise<void>((resolve) => {
      ring = resolve
    })
  return { wait, ring: () => ring() }
}

const limitError = (receivedBytes: number, { maxBytes, declaredBytes }: LeafBatchOptions): AppError | undefined => {
  if (receivedBytes > (maxBytes ?? Infinity)) return new AppError(ChunkErrors.FILE_TOO_LARGE)
  return receivedBytes > (declaredBytes ?? Infinity) ? new AppError(ChunkErrors.UPLOAD_TOO_LONG) : undefined
}

const abortError = (reason: unknown): AppError =>
  reason instanceof AppError ? reason : new AppError(ChunkErrors.UPLOAD_ABORTED, { cause: reason })

const leafCutter = ({ leafBytes, chunkBytes, batchBytes }: LeafBatchOptions, emit: (batch: LeafBatch) => void) => {
  let pieces: Buffer[] = []
  let sizeBytes = 0
  let leafRestBytes = leafBytes
  let chunkRestBytes = chunkBytes
  let firstLoose = 0

  const seal = (isLast: boolean): void => {
    if (sizeBytes === 0) return
    chunkRestBytes -= sizeBytes
    leafRestBytes -= sizeBytes
    const endsChunk = chunkRestBytes === 0
    const endsLeaf = endsChunk || leafRestBytes === 0
    emit({ pieces, sizeBytes, endsLeaf, endsChunk, isLast })
    if (endsChunk) chunkRestBytes = chunkBytes
    if (endsLeaf) leafRestBytes = leafBytes
    pieces = []
    sizeBytes = 0
    firstLoose = 0
  }

  const compact = (): void => {
    const loose = pieces.slice(firstLoose)
    const looseBytes = loose.reduce((sum, piece) => sum + piece.length, 0)
    if (looseBytes < COMPACT_BELOW_BYTES) pieces.splice(firstLoose, loose.length, Buffer.concat(loose, looseBytes))
    firstLoose = pieces.length
  }

  const add = (piece: Buffer): void => {
    let rest = piece
    while (rest.length > 0) {
      const roomBytes = Math.min(batchBytes, leafRestBytes, chunkRestBytes) - sizeBytes
      const part = rest.length <= roomBytes ? rest : rest.subarray(0, roomBytes)
      pieces.push(part)
      sizeBytes += part.length
      rest = rest.subarray(part.length)
      if (part.length === roomBytes) seal(false)
      else if (pieces.length - firstLoose >= COMPACT_PIECES) compact()
    }
  }

  return { add, seal }
}
