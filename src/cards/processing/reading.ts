import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { AppError } from '../../platform/errors.ts'
import { FetchErrors } from '../../platform/http-client/index.ts'

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

/** Unpacks an answer of a server that packs although nobody asked; as far as it is read, and no further. */
export const unpacked = (body: Readable, headers: IncomingHttpHeaders): Readable => {
  const name = String(headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase()
  if (name === 'identity' || name === '') return body
  const unpack = UNPACKERS[name]?.()
  if (unpack === undefined) throw new AppError(FetchErrors.FETCH_UNREACHABLE)
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
