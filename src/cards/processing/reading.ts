import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { AppError, defineErrors } from '../../platform/errors.ts'
import { FetchErrors, type Fetched } from '../../platform/http-client/index.ts'

export const ReadingErrors = defineErrors({
  LINK_PACKED: [502, 'The other server packs its answer in a way that cannot be undone.'],
})

export interface ReadOptions {
  readonly maxBytes: number
  /** Takes the beginning of what is too long, instead of refusing it. */
  readonly cuts: boolean
  readonly signal: AbortSignal
}

/**
 * Reads a body to its end, or to where there is enough of it.
 *
 * @throws {AppError} FETCH_TOO_LARGE
 */
export const readBody = async (body: Readable, { maxBytes, cuts, signal }: ReadOptions): Promise<Buffer> => {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  const stop = (): void => void body.destroy(new Error('Nobody waits for this any more.'))
  signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const piece of body) {
      pieces.push(piece)
      sizeBytes += piece.length
      if (sizeBytes > maxBytes) break
    }
  } finally {
    signal.removeEventListener('abort', stop)
    body.destroy()
  }
  signal.throwIfAborted()
  if (sizeBytes > maxBytes && !cuts) throw new AppError(FetchErrors.FETCH_TOO_LARGE)
  return Buffer.concat(pieces).subarray(0, maxBytes)
}

/**
 * Reads the answer of another server, unpacked.
 *
 * @throws {AppError} FETCH_TOO_LARGE, LINK_PACKED, and what the body fails with
 */
export const readAnswer = async ({ body, headers }: Fetched, options: ReadOptions): Promise<Buffer> => {
  try {
    return await readBody(unpacked(body, headers), options)
  } catch (cause) {
    body.destroy()
    // A body fails with answers that are meant; what else there is comes from unpacking.
    if (cause instanceof AppError || options.signal.aborted) throw cause
    throw new AppError(ReadingErrors.LINK_PACKED, { cause })
  }
}

/** Unpacks an answer of a server that packs although nobody asked; as far as it is read, and no further. */
const unpacked = (body: Readable, headers: IncomingHttpHeaders): Readable => {
  const name = String(headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase()
  if (name === 'identity' || name === '') return body
  const unpack = UNPACKERS[name]?.()
  if (unpack === undefined) throw new AppError(ReadingErrors.LINK_PACKED)
  body.on('error', (error) => unpack.destroy(error))
  unpack.on('close', () => body.destroy())
  return body.pipe(unpack)
}

const UNPACKERS: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}
