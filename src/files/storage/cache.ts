import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../platform/errors.ts'
import { randomBase62 } from '../../platform/ids.ts'
import type { Log } from '../../platform/log/index.ts'
import { BackendErrors, type ObjectHandle } from '../backends/backend.ts'
import { type Chunk, ChunkErrors } from '../chunks/chunk.ts'
import { isStoredLeaf } from '../chunks/leaf-tags.ts'
import { streamingHandle } from './decode.ts'
import { unlessAborted } from './waiting.ts'

const NAME = /^[A-Za-z0-9_-]{1,128}$/
const PART = '.part'
const STALE_PART_MS = 60 * 60_000
/** A fetch that nobody waits for any more goes on when so much of it is in. */
const WORTH_FINISHING = 0.5
/** How long a backend may give nothing. */
const IDLE_MS = 60_000

/** A chunk that is far away. */
export interface RemoteChunk extends Pick<Chunk, 'sizeBytes' | 'tagKey' | 'leafTags'> {
  readonly id: string
  /** Which of the chunk's copies `openAt` reads. */
  readonly copy: string
  readonly leafBytes: number
  /** Plain bytes from a position to the end. */
  readonly openAt: (position: number, signal?: AbortSignal) => Promise<AsyncIterable<Buffer>>
}

export interface ChunkCacheOptions {
  /** For nobody else; made when it is first needed. */
  readonly folder: string
  readonly maxBytes: number
  readonly log: Log
}

export type ChunkCache = ReturnType<typeof chunkCache>

/**
 * Chunks of backends that are far away, as plain bytes on the disk, the longest unused going first. However many read a
 * chunk that is not there, it is fetched once, and each gets its leaves as they come in. What is read is checked by the
 * tags of the chunk before and after it was kept, so a damaged cache is a slow one. A cache that cannot be written is
 * passed by.
 */
export const chunkCache = ({ folder, maxBytes, log }: ChunkCacheOptions) => {
  /** In the order of their last use. */
  const kept = new Map<string, number>()
  const flights = new Map<string, Flight>()
  let totalBytes = 0
  let ready: Promise<void> | undefined

  const pathOf = (id: string): string => join(folder, id)

  const load = async (): Promise<void> => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const found: { name: string; size: number; mtimeMs: number }[] = []
    for (const name of await readdir(folder)) {
      const facts = await stat(join(folder, name)).catch(() => undefined)
      if (facts === undefined || !facts.isFile()) continue
      if (NAME.test(name)) found.push({ name, size: facts.size, mtimeMs: facts.mtimeMs })
      else if (name.endsWith(PART) && Date.now() - facts.mtimeMs > STALE_PART_MS) await rm(join(folder, name))
    }
    for (const { name, size } of found.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) keep(name, size)
    await makeRoom()
  }

  const keep = (id: string, sizeBytes: number): void => {
    totalBytes += sizeBytes - (kept.get(id) ?? 0)
    kept.delete(id)
    kept.set(id, sizeBytes)
  }

  const drop = async (id: string): Promise<void> => {
    totalBytes -= kept.get(id) ?? 0
    kept.delete(id)
    await rm(pathOf(id), { force: true }).catch((error: unknown) => log.warn({ err: error }, 'the cache cannot shrink'))
  }

  const makeRoom = async (): Promise<void> => {
    for (const id of kept.keys()) {
      if (totalBytes <= maxBytes) return
      await drop(id)
    }
  }

  const openKept = async (chunk: RemoteChunk): Promise<ObjectHandle | undefined> => {
    if (!kept.has(chunk.id)) return undefined
    const file = await open(pathOf(chunk.id), 'r').catch(() => undefined)
    const size = await file?.stat().catch(() => undefined)
    if (file === undefined || size?.size !== chunk.sizeBytes) {
      await file?.close()
      await drop(chunk.id)
      return undefined
    }
    keep(chunk.id, chunk.sizeBytes)
    return fileHandle(file, chunk)
  }

  const admit = async (id: string, part: string, sizeBytes: number): Promise<void> => {
    if (sizeBytes > maxBytes) {
      await rm(part, { force: true })
      return
    }
    await rename(part, pathOf(id))
    keep(id, sizeBytes)
    await makeRoom()
  }

  /** @param alone Not by what others fetch from another copy. */
  const fetch = async (chunk: RemoteChunk, alone = false): Promise<ObjectHandle> => {
    const known = flights.get(chunk.id)
    const isMine = known?.copy === chunk.copy
    if (known?.isOpen() === true && (isMine || !alone))
      return isMine ? known.board() : elseFrom(known.board(), () => fetch(chunk, true))
    const part = join(folder, `${randomBase62(16)}${PART}`)
    const flight = newFlight(chunk, part, () => admit(chunk.id, part, chunk.sizeBytes))
    flights.set(chunk.id, flight)
    const forget = (): void => {
      if (flights.get(chunk.id) === flight) flights.delete(chunk.id)
    }
    flight.landed.then(forget, forget)
    return flight.board()
  }

  return {
    /** Whether the chunk is here, or on its way. */
    has: (id: string): boolean => kept.has(id) || flights.has(id),

    /**
     * @returns The chunk's plain bytes, in leaves; fetched from now on if they are not here.
     * @throws {AppError} later, in `read`: what the backend throws, CHUNK_DAMAGED
     */
    async open(chunk: RemoteChunk): Promise<ObjectHandle> {
      const direct = () => streamingHandle(chunk.sizeBytes, (position) => chunk.openAt(position))
      try {
        ready ??= load()
        await ready
      } catch (error) {
        ready = undefined
        log.warn({ err: error }, 'the cache of chunks cannot be used')
        return direct()
      }
      const here = await openKept(chunk)
      const first =
        here === undefined
          ? await fetch(chunk)
          : checked(here, chunk, async () => {
              await drop(chunk.id)
              return fetch(chunk)
            })
      return passingBy(first, direct)
    },

    /** Removes chunks that are gone elsewhere too. @param findLiving Which of these are chunks still. */
    async prune(findLiving: (ids: readonly string[]) => Promise<ReadonlySet<string>>): Promise<void> {
      const ids = [...kept.keys()]
      const living = await findLiving(ids)
      for (const id of ids) if (!living.has(id)) await drop(id)
    },

    figures: () => ({ chunks: kept.size, bytes: totalBytes }),

    /** Waits for what is being fetched, having told it to end. */
    async close(): Promise<void> {
      for (const flight of flights.values()) flight.cancel()
      await Promise.allSettled([...flights.values()].map(({ landed }) => landed))
    },
  }
}

/** The cache could not be written: no fault of the copy. */
class CacheFault extends Error {}

const fileHandle = (file: FileHandle, { sizeBytes }: RemoteChunk): ObjectHandle => {
  let closing: Promise<void> | undefined
  return {
    sizeBytes,
    async read(position, lengthBytes, into = Buffer.allocUnsafeSlow(lengthBytes)) {
      const { bytesRead } = await file.read(into, 0, lengthBytes, position)
      if (bytesRead !== lengthBytes) throw new CacheFault('A chunk in the cache is too short.')
      return into.subarray(0, lengthBytes)
    },
    close: () => (closing ??= file.close()),
  }
}

const isGood = ({ sizeBytes, leafBytes, ...chunk }: RemoteChunk, position: number, bytes: Buffer): boolean => {
  const isLeaf = position % leafBytes === 0 && bytes.length === Math.min(leafBytes, sizeBytes - position)
  return !isLeaf || isStoredLeaf(chunk, position / leafBytes, bytes)
}

/** Fetches the chunk again when what was kept of it is not what was stored. */
const checked = (kept: ObjectHandle, chunk: RemoteChunk, again: () => Promise<ObjectHandle>): ObjectHandle => {
  let inner: Promise<ObjectHandle> = Promise.resolve(kept)
  let isFresh = false
  const replace = async (): Promise<ObjectHandle> => {
    await kept.close()
    return again()
  }
  return {
    sizeBytes: kept.sizeBytes,
    async read(position, lengthBytes, into) {
      const bytes = await (await inner).read(position, lengthBytes, into).catch((error: unknown) => {
        if (isFresh) throw error
        return undefined
      })
      if (bytes !== undefined && (isFresh || isGood(chunk, position, bytes))) return bytes
      if (!isFresh) inner = replace()
      isFresh = true
      return (await inner).read(position, lengthBytes, into)
    },
    close: async () => (await inner).close(),
  }
}

/** Fetches from the copy that was asked for when what others fetch from another one fails, which tells nothing of it. */
const elseFrom = (foreign: ObjectHandle, own: () => Promise<ObjectHandle>): ObjectHandle => {
  let inner: Promise<ObjectHandle> = Promise.resolve(foreign)
  let [isForeign, isClosed] = [true, false]
  const change = async (): Promise<ObjectHandle> => {
    await foreign.close()
    return own()
  }
  return {
    sizeBytes: foreign.sizeBytes,
    async read(position, lengthBytes, into) {
      const used = inner
      try {
        return await (await used).read(position, lengthBytes, into)
      } catch (error) {
        if (isClosed || (used === inner && !isForeign)) throw error
        if (used === inner) {
          isForeign = false
          inner = change()
        }
        return (await inner).read(position, lengthBytes, into)
      }
    },
    async close() {
      isClosed = true
      // Where the own copy could not be opened, its reader has been told.
      const last = await inner.catch(() => undefined)
      await last?.close()
    },
  }
}

/** Reads from the backend itself from the moment on in which the cache fails. */
const passingBy = (cached: ObjectHandle, direct: () => ObjectHandle): ObjectHandle => {
  let inner = cached
  return {
    sizeBytes: cached.sizeBytes,
    async read(position, lengthBytes, into) {
      try {
        return await inner.read(position, lengthBytes, into)
      } catch (error) {
        if (!(error instanceof CacheFault)) throw error
        if (inner === cached) inner = direct()
        return inner.read(position, lengthBytes, into)
      }
    },
    async close() {
      await cached.close()
      if (inner !== cached) await inner.close()
    },
  }
}

type Flight = ReturnType<typeof newFlight>

/** One fetch of a chunk, into a file, for all who read it meanwhile. */
const newFlight = (chunk: RemoteChunk, part: string, admit: () => Promise<void>) => {
  const { sizeBytes, leafBytes, copy, openAt } = chunk
  const abort = new AbortController()
  let haveBytes = 0
  let passengers = 0
  let failure: { readonly error: unknown } | undefined
  let progress = Promise.withResolvers<void>()
  const opened = open(part, 'wx+', 0o600).catch((cause: unknown) => {
    throw new CacheFault('The cache cannot be written.', { cause })
  })

  const tell = (): void => {
    const told = progress
    progress = Promise.withResolvers<void>()
    told.resolve()
  }

  const store = async (file: FileHandle, leaf: Buffer): Promise<void> => {
    if (!isGood(chunk, haveBytes, leaf)) throw new AppError(ChunkErrors.CHUNK_DAMAGED)
    try {
      await file.write(leaf, 0, leaf.length, haveBytes)
    } catch (cause) {
      throw new CacheFault('The cache cannot be written.', { cause })
    }
    haveBytes += leaf.length
    tell()
  }

  const fly = async (): Promise<void> => {
    const file = await opened
    const source = streamingHandle(sizeBytes, (position) => openAt(position, abort.signal))
    const late = setTimeout(() => abort.abort(new AppError(BackendErrors.BACKEND_UNAVAILABLE)), IDLE_MS).unref()
    try {
      while (haveBytes < sizeBytes) {
        const reading = source.read(haveBytes, Math.min(leafBytes, sizeBytes - haveBytes))
        await store(file, await unlessAborted(reading, abort.signal))
        late.refresh()
      }
    } finally {
      clearTimeout(late)
      source.close().catch(() => {})
    }
    // Whoever finds no room in the cache has read the chunk all the same.
    await admit().catch(() => rm(part, { force: true }))
  }

  const leave = async (): Promise<void> => {
    passengers -= 1
    if (passengers === 0 && haveBytes < sizeBytes * WORTH_FINISHING) cancel()
    await closeIfDone()
  }
  let isLanded = false
  const closeIfDone = async (): Promise<void> => {
    if (isLanded && passengers === 0) await (await opened.catch(() => undefined))?.close()
  }
  const cancel = (): void => abort.abort(new Error('Nobody reads this chunk any more.'))

  const landed = fly()
    .catch(async (error: unknown) => {
      failure = { error }
      await rm(part, { force: true })
    })
    .finally(async () => {
      isLanded = true
      tell()
      await closeIfDone()
    })

  const until = async (endBytes: number, isOut: () => boolean): Promise<void> => {
    while (haveBytes < endBytes) {
      if (failure !== undefined) throw failure.error
      if (isOut()) throw new Error('This reader of a chunk was closed.')
      await progress.promise
    }
  }

  return {
    landed,
    cancel,
    copy,
    /** Whoever boards what has failed would get the failure of a copy that he did not ask for; what landed is closed. */
    isOpen: () => !abort.signal.aborted && failure === undefined && !isLanded,
    board(): ObjectHandle {
      passengers += 1
      let isOut = false
      return {
        sizeBytes,
        async read(position, lengthBytes, into) {
          await until(position + lengthBytes, () => isOut)
          return fileHandle(await opened, chunk).read(position, lengthBytes, into)
        },
        async close() {
          if (isOut) return
          isOut = true
          tell()
          await leave()
        },
      }
    },
  }
}
