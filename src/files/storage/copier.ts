import { createHash } from 'node:crypto'
import { AppError } from '../../platform/errors.ts'
import { type Backend, BackendErrors, type PutOptions } from '../backends/backend.ts'
import { type BadCopy, rangeReader, type StoredChunk } from '../chunks/reader.ts'
import { encrypted, type FrameCipher } from './frames.ts'
import { unlessAborted } from './waiting.ts'

export interface CopyOrder {
  readonly chunk: StoredChunk
  readonly backend: Backend
  /** What the object is called there; the same name brings the same bytes. */
  readonly objectId: string
  readonly cipher: FrameCipher | undefined
  /** What the object says of itself, where a storage can keep that. */
  readonly about: PutOptions['about']
  /** Whether the object is read back. */
  readonly verifies: boolean
  readonly signal: AbortSignal
}

export interface MadeCopy {
  readonly locator: string
  readonly storedBytes: number
  /** Of the object as it is stored. */
  readonly sha256: Buffer
}

/** An object that was read back and has other bytes. It is there, and has to go. */
export class WrongObject extends Error {
  readonly locator: string

  constructor(locator: string) {
    super('What was stored is not what was sent.')
    this.name = 'WrongObject'
    this.locator = locator
  }
}

export interface CopierOptions {
  readonly onBadCopy: (bad: BadCopy) => void
  readonly leafBytes?: number | undefined
  /** A copy that takes longer has failed, whatever the backend is doing. */
  readonly timeoutMs?: number | undefined
}

const TIMEOUT_MS = 10 * 60_000

export type Copier = ReturnType<typeof chunkCopier>

/** Copies single chunks: every byte is checked on its way out of the source, and hashed on its way into the target. */
export const chunkCopier = ({ onBadCopy, leafBytes, timeoutMs = TIMEOUT_MS }: CopierOptions) => {
  const reader = rangeReader({ onBadCopy, ...(leafBytes === undefined ? {} : { leafBytes }) })

  /**
   * @throws {WrongObject} What the backend throws; CHUNK_DAMAGED or CHUNK_MISSING if there is nothing to copy from.
   */
  return async ({ chunk, backend, objectId, about, cipher, verifies, signal: outer }: CopyOrder): Promise<MadeCopy> => {
    const late = new AppError(BackendErrors.BACKEND_UNAVAILABLE, { message: 'The storage took too long.' })
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(late), timeoutMs).unref()
    const signal = AbortSignal.any([outer, deadline.signal])
    try {
      const alone = { ...chunk, offset: 0 }
      const plain = await reader.openRange({ chunks: [alone], from: 0, to: chunk.sizeBytes - 1, signal })
      const hash = createHash('sha256')
      const storedBytes = cipher?.storedBytes ?? chunk.sizeBytes
      const bytes = hashed(cipher === undefined ? plain : encrypted(plain, cipher), hash)
      let locator: string
      try {
        const options: PutOptions = { signal, background: true, ...(about === undefined ? {} : { about }) }
        locator = await unlessAborted(backend.put(objectId, bytes, storedBytes, options), signal)
      } finally {
        plain.destroy()
      }
      const sha256 = hash.digest()
      if (verifies) await unlessAborted(readBack(backend, locator, storedBytes, sha256, signal), signal)
      return { locator, storedBytes, sha256 }
    } finally {
      clearTimeout(timer)
    }
  }
}

async function* hashed(source: AsyncIterable<Buffer>, hash: ReturnType<typeof createHash>): AsyncIterable<Buffer> {
  for await (const piece of source) {
    hash.update(piece)
    yield piece
  }
}

const WRONG = new Set<string>([BackendErrors.OBJECT_MISSING.code, BackendErrors.OBJECT_SIZE_MISMATCH.code])

const readBack = async (
  backend: Backend,
  locator: string,
  storedBytes: number,
  sha256: Buffer,
  signal: AbortSignal,
): Promise<void> => {
  const hash = createHash('sha256')
  try {
    for await (const piece of await backend.get(locator, 0, storedBytes - 1, { signal })) hash.update(piece)
  } catch (error) {
    if (error instanceof AppError && WRONG.has(error.code)) throw new WrongObject(locator)
    throw error
  }
  if (!hash.digest().equals(sha256)) throw new WrongObject(locator)
}
