import { hash } from 'node:crypto'
import { Readable } from 'node:stream'
import { AppError } from '../../platform/errors.ts'
import { type Chunk, ChunkErrors, LEAF_BYTES } from './chunk.ts'
import { type BadCopy, type CopyReader, copyReader, type FetchedLeaf, type StoredChunk } from './copies.ts'
import type { LeafMemo } from './leaf-memo.ts'

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
  readonly memo: LeafMemo
  /** Told about every copy that could not be used, also if another one then served the bytes. */
  readonly onBadCopy: (bad: BadCopy) => void
  readonly leafBytes?: number
}

export type RangeReader = ReturnType<typeof rangeReader>

/**
 * Streams byte ranges of files, across chunks, leaf by leaf (1 MiB).
 *
 * Every byte of every read is checked in the memory from which it is then sent; no setting turns this off. A leaf is
 * hashed with SHA-256 and compared with the stored hash; if this process has hashed the same leaf before (when it was
 * uploaded or read), a 128-bit keyed checksum of those bytes is compared instead (see `leafMemo`), and only where that
 * differs SHA-256 has the last word. A copy that gives a wrong leaf is reported and the next copy is asked. If no copy is
 * good, the stream fails: it never ends early and never carries a byte of a bad leaf.
 *
 * Per open range: at most 3 leaves in memory, and two open chunks (the next one is opened ahead).
 */
export const rangeReader = ({ memo, onBadCopy, leafBytes = LEAF_BYTES }: RangeReaderOptions) => {
  /**
   * @returns Exactly the bytes `from` to `to`, once the first leaf is read and checked: headers can be sent now.
   * @throws {AppError} CHUNK_MISSING, CHUNK_DAMAGED, BACKEND_UNAVAILABLE; also as `error` of the stream, later.
   */
  const openRange = async ({ chunks, from, to, signal }: RangeOptions): Promise<Readable> => {
    signal?.throwIfAborted()
    if (to < from) return Readable.from([])
    const pieces = piecesOf(chunks, from, to, leafBytes)
    const leaves = checkedLeaves(pieces, leafBytes, (chunk, lastLeaf) =>
      copyReader(chunk, lastLeaf, { memo, leafBytes, onBadCopy, signal }),
    )
    try {
      const first = await leaves.next()
      signal?.throwIfAborted()
      return streamOf(first, leaves, leafBytes, signal)
    } catch (error) {
      await leaves.close()
      throw error
    }
  }

  return { openRange }
}

/** @throws {AppError} CHUNK_DAMAGED if `bytes` are not those that `sha256` was computed from. */
export const openInline = (bytes: Buffer, sha256: Buffer, from: number, to: number): Readable => {
  if (!hash('sha256', bytes, 'buffer').equals(sha256)) throw damaged(ChunkErrors.CHUNK_DAMAGED, 0)
  return to < from ? Readable.from([]) : Readable.from([bytes.subarray(from, to + 1)])
}

/** @returns The position in `chunks` of the one that holds byte `at`, or -1. */
export const findChunk = (chunks: readonly Pick<Chunk, 'offset' | 'sizeBytes'>[], at: number): number => {
  let low = 0
  let high = chunks.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const chunk = chunks[middle]
    if (chunk === undefined) return -1
    if (at < chunk.offset) high = middle - 1
    else if (at >= chunk.offset + chunk.sizeBytes) low = middle + 1
    else return middle
  }
  return -1
}

const damaged = (entry: (typeof ChunkErrors)[keyof typeof ChunkErrors], chunkIndex: number) =>
  new AppError(entry, { details: { chunk_index: chunkIndex } })

/** The part of one chunk that a range touches; bounds are bytes within the chunk. */
interface Piece {
  readonly chunk: StoredChunk
  readonly from: number
  readonly to: number
  readonly firstLeaf: number
  readonly lastLeaf: number
}

const piecesOf = (chunks: readonly StoredChunk[], from: number, to: number, leafBytes: number): Piece[] => {
  const pieces: Piece[] = []
  let at = from
  for (let position = findChunk(chunks, from); at <= to; position += 1) {
    const chunk = chunks[position]
    // A hole in the list is found now, before anything is sent.
    if (chunk === undefined || (at !== from && chunk.offset !== at)) {
      throw damaged(ChunkErrors.CHUNK_MISSING, chunks[position - 1]?.index ?? 0)
    }
    const first = at - chunk.offset
    const last = Math.min(to - chunk.offset, chunk.sizeBytes - 1)
    const [firstLeaf, lastLeaf] = [Math.floor(first / leafBytes), Math.floor(last / leafBytes)]
    pieces.push({ chunk, from: first, to: last, firstLeaf, lastLeaf })
    at = chunk.offset + last + 1
  }
  return pieces
}

interface OpenPiece {
  readonly piece: Piece
  readonly reader: CopyReader
}

interface Ahead {
  readonly open: OpenPiece
  readonly leafIndex: number
  readonly fetched: Promise<FetchedLeaf>
}

/** The leaves of all pieces in order, cut to the range; while one is checked and sent, the next is being read. */
const checkedLeaves = (
  pieces: readonly Piece[],
  leafBytes: number,
  open: (chunk: StoredChunk, lastLeaf: number) => CopyReader,
) => {
  const openPieces: OpenPiece[] = []
  let nextPiece = 0
  let ahead: Ahead | undefined
  let isClosed = false

  const openNext = (): void => {
    const piece = pieces[nextPiece]
    if (piece === undefined) return
    nextPiece += 1
    const reader = open(piece.chunk, piece.lastLeaf)
    reader.prepare(piece.firstLeaf)
    openPieces.push({ piece, reader })
  }

  const fetchLeaf = (target: OpenPiece, leafIndex: number): Ahead => {
    const fetched = target.reader.fetch(leafIndex)
    fetched.catch(() => {})
    return { open: target, leafIndex, fetched }
  }

  const leafAfter = ({ open: current, leafIndex }: Ahead): Ahead | undefined => {
    if (leafIndex < current.piece.lastLeaf) return fetchLeaf(current, leafIndex + 1)
    const following = openPieces[1]
    return following && fetchLeaf(following, following.piece.firstLeaf)
  }

  const start = (): Ahead | undefined => {
    openNext()
    openNext()
    const first = openPieces[0]
    return first && fetchLeaf(first, first.piece.firstLeaf)
  }

  const finishPiece = async (): Promise<void> => {
    await openPieces.shift()?.reader.close()
    if (!isClosed) openNext()
  }

  return {
    /** @returns undefined after the last leaf. */
    async next(): Promise<Buffer | undefined> {
      const current = ahead ?? (nextPiece === 0 ? start() : undefined)
      if (current === undefined || isClosed) return undefined
      const fetched = await current.fetched
      ahead = leafAfter(current)
      const { piece, reader } = current.open
      const bytes = await reader.check(current.leafIndex, fetched)
      if (current.leafIndex === piece.lastLeaf) await finishPiece()
      return cut(bytes, current.leafIndex * leafBytes, piece)
    },

    async close(): Promise<void> {
      isClosed = true
      await Promise.allSettled(openPieces.splice(0).map(({ reader }) => reader.close()))
    },
  }
}

const cut = (bytes: Buffer, leafStart: number, { from, to }: Piece): Buffer =>
  bytes.subarray(Math.max(0, from - leafStart), Math.min(bytes.length, to + 1 - leafStart))

const streamOf = (
  first: Buffer | undefined,
  leaves: ReturnType<typeof checkedLeaves>,
  leafBytes: number,
  signal: AbortSignal | undefined,
): Readable => {
  let ready = first
  const take = async (): Promise<Buffer | undefined> => {
    if (ready === undefined) return leaves.next()
    const bytes = ready
    ready = undefined
    return bytes
  }
  return new Readable({
    highWaterMark: leafBytes,
    ...(signal === undefined ? {} : { signal }),
    read() {
      take().then(
        (bytes) => this.push(bytes ?? null),
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      )
    },
    destroy(error, done) {
      leaves.close().then(() => done(error), done)
    },
  })
}
