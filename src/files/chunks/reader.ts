import { hash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Transfer } from '../../platform/http/index.ts'
import { ChunkErrors, LEAF_BYTES } from './chunk.ts'
import { type BadCopy, copyReader, type StoredChunk } from './copies.ts'
import { type BorrowedBuffers, leafBuffers } from './leaf-buffers.ts'
import { type CheckedLeaf, type CheckedLeaves, checkedLeaves, damaged, piecesOf } from './leaves.ts'

export type { BadCopy, ChunkCopy, StoredChunk } from './copies.ts'

export interface RangeOptions {
  /** All chunks of the file, or at least those that the range touches, in file order. */
  readonly chunks: readonly StoredChunk[]
  /** First byte, from 0. */
  readonly from: number
  /** Last byte, inclusive. `from - 1` gives an empty stream. */
  readonly to: number
  /** Destroys the stream and cancels what was asked of a remote backend. */
  readonly signal?: AbortSignal | undefined
}

export interface RangeReaderOptions {
  /** Told about every copy that could not be used, also if another one then served the bytes. */
  readonly onBadCopy: (bad: BadCopy) => void
  readonly leafBytes?: number
}

export type RangeReader = ReturnType<typeof rangeReader>

/**
 * Streams byte ranges of files, across chunks, leaf by leaf (1 MiB).
 *
 * Every byte of every read is checked in the memory from which it is then sent, by the tag of its leaf (see `leafTag` for
 * what that guarantees); no setting turns this off. A copy that gives a wrong leaf is reported and the next copy is asked.
 * If no copy is good, the stream fails: it never ends early and never carries a byte of a bad leaf.
 *
 * Per open range: at most 3 leaves in memory, and two open chunks (the next one is opened ahead).
 */
export const rangeReader = ({ onBadCopy, leafBytes = LEAF_BYTES }: RangeReaderOptions) => {
  const memory = leafBuffers(leafBytes)

  const openFirst = async ({ chunks, from, to, signal }: RangeOptions, buffers?: BorrowedBuffers) => {
    signal?.throwIfAborted()
    const pieces = to < from ? [] : piecesOf(chunks, from, to, leafBytes)
    const open = (chunk: StoredChunk, lastLeaf: number) => copyReader(chunk, lastLeaf, { leafBytes, onBadCopy, signal })
    const leaves = checkedLeaves(pieces, leafBytes, open, buffers)
    try {
      const first = await leaves.next()
      signal?.throwIfAborted()
      return { first, leaves }
    } catch (error) {
      await leaves.close()
      throw error
    }
  }

  /**
   * @returns A stream of exactly the bytes `from` to `to`, once the first leaf is read and checked: headers can be sent.
   * @throws {AppError} CHUNK_MISSING, CHUNK_DAMAGED, BACKEND_UNAVAILABLE; also as `error` of the stream, later.
   */
  const openRange = async (options: RangeOptions): Promise<Readable> => {
    const { first, leaves } = await openFirst(options)
    return streamOf(first, leaves, { lengthBytes: options.to - options.from + 1, leafBytes, signal: options.signal })
  }

  /**
   * Like `openRange`, for a download: the bytes go straight into a response from memory that is used again, where a
   * stream needs fresh memory for every leaf. A signal that is aborted while it is sent cuts the connection.
   *
   * @returns The range, once the first leaf is read and checked.
   * @throws {AppError} As `openRange`; also from `sendTo`, later.
   */
  const openTransfer = async (options: RangeOptions): Promise<Transfer> => {
    const buffers = memory.borrow()
    const { first, leaves } = await openFirst(options, buffers).catch((error: unknown) => {
      buffers.end()
      throw error
    })
    return {
      sendTo: (target) => send(target, { first, leaves, buffers, signal: options.signal }).finally(buffers.end),
      close: () => leaves.close().finally(buffers.end),
    }
  }

  return { openRange, openTransfer }
}

/** @throws {AppError} CHUNK_DAMAGED if `bytes` are not those that `sha256` was computed from. */
export const checkedInline = (bytes: Buffer, sha256: Buffer, from: number, to: number): Buffer => {
  if (!hash('sha256', bytes, 'buffer').equals(sha256)) throw damaged(ChunkErrors.CHUNK_DAMAGED, 0)
  return bytes.subarray(from, to + 1)
}

interface StreamOptions {
  readonly lengthBytes: number
  readonly leafBytes: number
  readonly signal: AbortSignal | undefined
}

const streamOf = (
  first: CheckedLeaf | undefined,
  leaves: CheckedLeaves,
  { lengthBytes, leafBytes, signal }: StreamOptions,
): Readable => {
  let ready = first
  let restBytes = lengthBytes
  const take = async (): Promise<Buffer | undefined> => {
    const bytes = (ready ?? (await leaves.next()))?.bytes
    ready = undefined
    restBytes -= bytes?.length ?? 0
    return bytes
  }
  return new Readable({
    highWaterMark: leafBytes,
    ...(signal === undefined ? {} : { signal }),
    read() {
      take().then(
        (bytes) => {
          this.push(bytes ?? null)
          // With the last bytes, not after them: a client that has them all hangs up, which must not look like an abort.
          if (bytes !== undefined && restBytes === 0) this.push(null)
        },
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      )
    },
    destroy(error, done) {
      leaves.close().then(() => done(error), done)
    },
  })
}

interface SendOptions {
  readonly first: CheckedLeaf | undefined
  readonly leaves: CheckedLeaves
  readonly buffers: BorrowedBuffers
  readonly signal: AbortSignal | undefined
}

const send = async (target: ServerResponse, { first, leaves, buffers, signal }: SendOptions) => {
  const departure = newDeparture()
  target.on('close', departure.tell).on('error', departure.tell)
  signal?.addEventListener('abort', departure.tell, { once: true })
  if (target.destroyed || signal?.aborted === true) departure.tell()
  try {
    let leaf = await departure.or(() => Promise.resolve(first))
    while (leaf !== undefined && leaf !== GONE) {
      write(target, leaf, buffers)
      leaf = await departure.or(leaves.next)
    }
    if (leaf === undefined) await departure.or(() => ended(target))
    // A client that has everything may hang up in the same moment.
    const isComplete = leaf === undefined && target.writableFinished
    if (!isComplete) target.destroy()
    return { isComplete }
  } catch (error) {
    target.destroy()
    throw error
  } finally {
    signal?.removeEventListener('abort', departure.tell)
    target.off('close', departure.tell)
    // The listener for errors stays: the client may still go away, and that must not end the process.
    await leaves.close()
  }
}

const GONE: unique symbol = Symbol('gone')

/**
 * The client's going away, for which each step of a transfer looks out. Not one promise that is raced against every
 * step: it would remember all of them until the end, of a file of any length.
 */
const newDeparture = () => {
  let isGone = false
  let wake = (): void => {}
  return {
    tell: (): void => {
      isGone = true
      wake()
    },
    /** @returns What `step` gives, or at once that the client is gone. */
    or: <T>(step: () => Promise<T>): Promise<T | typeof GONE> => {
      if (isGone) return Promise.resolve(GONE)
      return new Promise((resolve, reject) => {
        wake = () => resolve(GONE)
        step().then(resolve, reject)
      })
    },
  }
}

const write = (target: ServerResponse, { bytes, buffer }: CheckedLeaf, buffers: BorrowedBuffers): void => {
  target.write(bytes, (error) => {
    if (buffer !== undefined && !error) buffers.giveBack(buffer)
  })
}

const ended = (target: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    target.end(resolve)
  })
