import { AppError } from '../../platform/errors.ts'
import { type Chunk, ChunkErrors } from './chunk.ts'
import type { CopyReader, FetchedLeaf, StoredChunk } from './copies.ts'
import type { BorrowedBuffers } from './leaf-buffers.ts'

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

export const damaged = (entry: (typeof ChunkErrors)[keyof typeof ChunkErrors], chunkIndex: number) =>
  new AppError(entry, { details: { chunk_index: chunkIndex } })

/** The part of one chunk that a range touches; bounds are bytes within the chunk. */
export interface Piece {
  readonly chunk: StoredChunk
  readonly from: number
  readonly to: number
  readonly firstLeaf: number
  readonly lastLeaf: number
}

/** @throws {AppError} CHUNK_MISSING if the chunks do not cover the range without a hole. */
export const piecesOf = (chunks: readonly StoredChunk[], from: number, to: number, leafBytes: number): Piece[] => {
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
  readonly buffer: Promise<Buffer> | undefined
}

/** Checked bytes of one leaf, cut to the range. */
export interface CheckedLeaf {
  readonly bytes: Buffer
  /** The borrowed memory that was set apart for them, to be given back when they are no longer needed. */
  readonly buffer: Buffer | undefined
}

export type CheckedLeaves = ReturnType<typeof checkedLeaves>

/**
 * The leaves of all pieces in order, cut to the range; while one is checked and sent, the next is being read.
 * @param buffers Where leaves are read to. Without it each comes in memory of its own.
 */
export const checkedLeaves = (
  pieces: readonly Piece[],
  leafBytes: number,
  open: (chunk: StoredChunk, lastLeaf: number) => CopyReader,
  buffers?: BorrowedBuffers,
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
    const buffer = buffers?.take()
    const fetched = buffer
      ? buffer.then((into) => target.reader.fetch(leafIndex, into))
      : target.reader.fetch(leafIndex)
    fetched.catch(() => {})
    return { open: target, leafIndex, fetched, buffer }
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
    async next(): Promise<CheckedLeaf | undefined> {
      const current = ahead ?? (nextPiece === 0 ? start() : undefined)
      if (current === undefined || isClosed) return undefined
      const fetched = await current.fetched
      ahead = leafAfter(current)
      const { piece, reader } = current.open
      const bytes = await reader.check(current.leafIndex, fetched)
      if (current.leafIndex === piece.lastLeaf) await finishPiece()
      return { bytes: cut(bytes, current.leafIndex * leafBytes, piece), buffer: await current.buffer }
    },

    async close(): Promise<void> {
      isClosed = true
      await Promise.allSettled(openPieces.splice(0).map(({ reader }) => reader.close()))
    },
  }
}

const cut = (bytes: Buffer, leafStart: number, { from, to }: Piece): Buffer =>
  bytes.subarray(Math.max(0, from - leafStart), Math.min(bytes.length, to + 1 - leafStart))
