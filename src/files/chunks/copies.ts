import { AppError } from '../../platform/errors.ts'
import { type Backend, BackendErrors, type ObjectHandle } from '../backends/backend.ts'
import { type Chunk, ChunkErrors } from './chunk.ts'
import { isStoredLeaf } from './leaf-tags.ts'

/** What a reader wants of a chunk. */
export interface WantedLeaves {
  readonly leafBytes: number
  readonly firstLeaf: number
  readonly lastLeaf: number
  readonly signal: AbortSignal | undefined
}

/** One place where the bytes of a chunk are. */
export interface ChunkCopy {
  readonly backend: Backend
  readonly locator: string
  /** Gives the plain bytes, where the object has others, or is better not asked for each time. */
  readonly open?: (wanted: WantedLeaves) => Promise<ObjectHandle>
}

export interface StoredChunk extends Chunk {
  /** In order of preference; the next one is asked when one fails. */
  readonly copies: readonly ChunkCopy[]
  /** The copies that there are by now: asked once, when all others have failed. */
  readonly reload?: () => Promise<readonly ChunkCopy[]>
}

/** Why a copy could not be used: CHUNK_DAMAGED, CHUNK_MISSING, or what the backend threw. */
export interface BadCopy {
  readonly chunk: StoredChunk
  readonly copy: ChunkCopy
  readonly error: AppError
}

export interface CopyReaderOptions {
  readonly leafBytes: number
  readonly signal: AbortSignal | undefined
  /** Told once per copy that a read had to give up, also if another copy then served the bytes: mark it, repair it. */
  readonly onBadCopy: (bad: BadCopy) => void
}

/** Bytes of one leaf as a copy gave them. They must not be passed on before `check`. */
export interface FetchedLeaf {
  readonly bytes: Buffer
  readonly copy: ChunkCopy
}

export type CopyReader = ReturnType<typeof copyReader>

/**
 * Reads checked leaves of one chunk, best in order, from the first of its copies that gives them.
 *
 * `fetch` and `check` throw when no copy is left: BACKEND_UNAVAILABLE (503) if one may come back, else CHUNK_DAMAGED if
 * one had wrong bytes, else CHUNK_MISSING; each with `details.chunk_index`.
 */
export const copyReader = (chunk: StoredChunk, lastLeaf: number, options: CopyReaderOptions) => {
  const { leafBytes, onBadCopy, signal } = options
  const source = currentSource(chunk, lastLeaf, leafBytes, signal)
  const failures: AppError[] = []
  const copies = [...chunk.copies]
  let reload = chunk.reload
  let copyIndex = 0
  let turn: Promise<unknown> = Promise.resolve()
  let isClosed = false

  const giveUp = async (copy: ChunkCopy, cause: unknown): Promise<void> => {
    // The leaf that was read ahead fails with its copy, which is given up once.
    if (copies[copyIndex] !== copy) return
    const error = toReadError(cause, chunk.index)
    failures.push(error)
    copyIndex += 1
    onBadCopy({ chunk, copy, error })
    await source.release().catch(() => {})
  }

  /** @returns Whether there are copies that were not there when the list was made. */
  const findOthers = async (): Promise<boolean> => {
    const now = (await reload?.()) ?? []
    reload = undefined
    copies.push(...now.filter((copy) => !copies.some((tried) => isSameCopy(tried, copy))))
    return copyIndex < copies.length
  }

  const fetchInTurn = async (leafIndex: number, into: Buffer | undefined): Promise<FetchedLeaf> => {
    for (;;) {
      if (isClosed) throw new Error('the reader of this chunk was closed')
      const copy = copies[copyIndex]
      if (copy === undefined) {
        if (await findOthers()) continue
        throw worstOf(failures, chunk.index)
      }
      try {
        return { bytes: await source.readFrom(copy, leafIndex, into), copy }
      } catch (error) {
        if (isClosed || signal?.aborted === true) throw error
        await giveUp(copy, error)
      }
    }
  }

  /** @param into Where the bytes may go; they may also come in memory of their own. */
  const fetch = (leafIndex: number, into?: Buffer): Promise<FetchedLeaf> => {
    const mine = turn.then(() => fetchInTurn(leafIndex, into))
    turn = mine.catch(() => {})
    return mine
  }

  /** @returns The bytes, if they are the leaf that was stored; else those of the next good copy. */
  const check = async (leafIndex: number, fetched: FetchedLeaf): Promise<Buffer> => {
    let candidate = fetched
    while (!isStoredLeaf(chunk, leafIndex, candidate.bytes)) {
      await giveUp(candidate.copy, new AppError(ChunkErrors.CHUNK_DAMAGED))
      candidate = await fetch(leafIndex)
    }
    return candidate.bytes
  }

  /** Starts opening the first copy, so that it answers sooner. */
  const prepare = (firstLeaf: number): void => {
    const copy = copies[copyIndex]
    if (copy !== undefined) source.prepare(copy, firstLeaf)
  }

  const close = async (): Promise<void> => {
    isClosed = true
    await source.release()
    await turn
    // A fetch that was under way may have opened the source again.
    await source.release()
  }

  return { prepare, fetch, check, close }
}

const isSameCopy = (one: ChunkCopy, other: ChunkCopy): boolean =>
  one.backend === other.backend && one.locator === other.locator

/** The one copy of a chunk that is open at a time. */
const currentSource = (chunk: Chunk, lastLeaf: number, leafBytes: number, signal: AbortSignal | undefined) => {
  let source: Promise<LeafSource> | undefined

  const start = (copy: ChunkCopy, firstLeaf: number): Promise<LeafSource> => {
    const shape = { sizeBytes: chunk.sizeBytes, leafBytes, firstLeaf, lastLeaf }
    const isStream = copy.open === undefined && copy.backend.open === undefined
    const opening = isStream ? openStream(copy, shape, signal) : openHandle(copy, shape, signal)
    opening.catch(() => {})
    return opening
  }

  const release = async (): Promise<void> => {
    const opened = source
    source = undefined
    // A source that never opened was reported by the read that wanted it.
    const open = await opened?.catch(() => undefined)
    await open?.close()
  }

  const prepare = (copy: ChunkCopy, firstLeaf: number): void => {
    source ??= start(copy, firstLeaf)
  }

  const readFrom = async (copy: ChunkCopy, leafIndex: number, into: Buffer | undefined): Promise<Buffer> => {
    source ??= start(copy, leafIndex)
    const open = await source
    if (open.canRead(leafIndex)) return open.read(leafIndex, into)
    await release()
    source = start(copy, leafIndex)
    return (await source).read(leafIndex, into)
  }

  return { prepare, readFrom, release }
}

/** Bytes of one chunk on one copy, leaf by leaf. */
interface LeafSource {
  canRead(leafIndex: number): boolean
  read(leafIndex: number, into?: Buffer): Promise<Buffer>
  close(): Promise<void>
}

interface Shape {
  readonly sizeBytes: number
  readonly leafBytes: number
  readonly firstLeaf: number
  readonly lastLeaf: number
}

const leafSize = ({ sizeBytes, leafBytes }: Shape, leafIndex: number): number =>
  Math.min(leafBytes, sizeBytes - leafIndex * leafBytes)

const openHandle = async (
  { backend, locator, open }: ChunkCopy,
  shape: Shape,
  signal: AbortSignal | undefined,
): Promise<LeafSource> => {
  const handle: ObjectHandle | undefined = await (open?.({ ...shape, signal }) ?? backend.open?.(locator))
  if (handle === undefined) throw new AppError(BackendErrors.BACKEND_UNAVAILABLE)
  if (handle.sizeBytes !== shape.sizeBytes) {
    await handle.close()
    throw new AppError(ChunkErrors.CHUNK_DAMAGED)
  }
  return {
    canRead: () => true,
    read: (leafIndex, into) => handle.read(leafIndex * shape.leafBytes, leafSize(shape, leafIndex), into),
    close: () => handle.close(),
  }
}

const openStream = async (
  { backend, locator }: ChunkCopy,
  shape: Shape,
  signal: AbortSignal | undefined,
): Promise<LeafSource> => {
  const from = shape.firstLeaf * shape.leafBytes
  const to = Math.min(shape.sizeBytes, (shape.lastLeaf + 1) * shape.leafBytes) - 1
  const stream = await backend.get(locator, from, to, signal === undefined ? {} : { signal })
  // It may fail while nobody reads; the next read then throws the error.
  stream.on('error', () => {})
  const pieces = stream[Symbol.asyncIterator]()
  let nextLeaf = shape.firstLeaf
  let rest: Buffer = Buffer.alloc(0)

  const read = async (leafIndex: number): Promise<Buffer> => {
    const wantedBytes = leafSize(shape, leafIndex)
    const have: Buffer[] = [rest]
    let haveBytes = rest.length
    while (haveBytes < wantedBytes) {
      const next: IteratorResult<unknown> = await pieces.next()
      if (next.done === true || !Buffer.isBuffer(next.value)) throw new AppError(ChunkErrors.CHUNK_DAMAGED)
      have.push(next.value)
      haveBytes += next.value.length
    }
    const bytes = Buffer.concat(have, haveBytes)
    nextLeaf = leafIndex + 1
    rest = bytes.subarray(wantedBytes)
    return bytes.subarray(0, wantedBytes)
  }

  return { canRead: (leafIndex) => leafIndex === nextLeaf, read, close: async () => void stream.destroy() }
}

const DAMAGED = new Set<string>([ChunkErrors.CHUNK_DAMAGED.code, BackendErrors.OBJECT_SIZE_MISMATCH.code])
const MISSING = new Set<string>([BackendErrors.OBJECT_MISSING.code, BackendErrors.LOCATOR_INVALID.code])
const RETRY_AFTER_SECONDS = 10

const toReadError = (cause: unknown, chunkIndex: number): AppError => {
  const details = { chunk_index: chunkIndex }
  const code = cause instanceof AppError ? cause.code : ''
  if (DAMAGED.has(code)) return new AppError(ChunkErrors.CHUNK_DAMAGED, { details, cause })
  if (MISSING.has(code)) return new AppError(ChunkErrors.CHUNK_MISSING, { details, cause })
  const given = cause instanceof AppError ? cause.retryAfterSeconds : undefined
  const retryAfterSeconds = given ?? RETRY_AFTER_SECONDS
  return new AppError(BackendErrors.BACKEND_UNAVAILABLE, { details, cause, retryAfterSeconds })
}

const worstOf = (failures: readonly AppError[], chunkIndex: number): AppError =>
  failures.find(({ code }) => code === BackendErrors.BACKEND_UNAVAILABLE.code) ??
  failures.find(({ code }) => code === ChunkErrors.CHUNK_DAMAGED.code) ??
  failures[0] ??
  new AppError(ChunkErrors.CHUNK_MISSING, { details: { chunk_index: chunkIndex } })
