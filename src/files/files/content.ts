import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Transfer } from '../../platform/http/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { Backend } from '../backends/backend.ts'
import { ChunkErrors } from '../chunks/chunk.ts'
import { contentDisposition } from '../chunks/content-disposition.ts'
import type { BadCopy } from '../chunks/copies.ts'
import { toHttpDate } from '../chunks/http-date.ts'
import { answerRange, type ConditionalHeaders } from '../chunks/range.ts'
import { checkedInline, rangeReader } from '../chunks/reader.ts'
import { blobRepo, type CopyAccess, type CopyState, DATABASE_BACKEND } from './blobs.ts'
import { FileErrors } from './contract.ts'
import { isSafeInline } from './media-type.ts'
import type { StoredFile } from './repo.ts'
import { toRepresentation } from './representation.ts'

/** What is asked of a file's content. */
export interface ContentRequest {
  readonly method: 'GET' | 'HEAD'
  readonly headers: ConditionalHeaders
  readonly asAttachment: boolean
  /** Gives up opening and sending. */
  readonly signal?: AbortSignal | undefined
}

export interface ContentAnswer {
  readonly status: 200 | 206 | 304 | 416
  readonly headers: Readonly<Record<string, string>>
  /** Null where nothing is sent. Its first bytes are checked: headers can go out now. */
  readonly body: Transfer | Buffer | null
  /** True once for each download, however many ranges it is resumed with. */
  readonly countsAsDownload: boolean
}

/** What a browser runs in the page that asks for it, whatever the policy of the answer says. */
const ACTIVE_USES = new Set([
  'script',
  'style',
  'worker',
  'sharedworker',
  'serviceworker',
  'audioworklet',
  'paintworklet',
  'xslt',
  'object',
  'embed',
])

// Nothing of what people store may act in our origin, should a browser show it after all.
const SANDBOX = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"

/** Which bytes of a file; all of them unless told. */
export interface ReadRange {
  /** First byte, from 0. */
  readonly from?: number
  /** Last byte, inclusive. */
  readonly to?: number
  readonly signal?: AbortSignal | undefined
}

export interface ContentParts {
  readonly database: Database
  readonly backends: ReadonlyMap<string, Backend>
  readonly clock: Clock
  readonly log: Log
  /** How copies are read that are not plain objects on a disk, and who repairs the bad ones. */
  readonly copies?: { readonly access: CopyAccess; readonly onBadCopy: (bad: BadCopy) => void } | undefined
}

export type ContentService = ReturnType<typeof contentService>

/** Serves the bytes of files: whole, in ranges, under conditions. Every byte is checked before it leaves. */
export const contentService = ({ database, backends, clock, log, copies }: ContentParts) => {
  const blobs = blobRepo(database.db, backends, copies?.access)

  const markBadCopy = ({ copy, error }: BadCopy): void => {
    log.error({ err: error, backend: copy.backend.name, locator: copy.locator }, 'a copy of a chunk could not be used')
    const state = STATES[error.code]
    if (state === undefined) return
    blobs.markCopy(copy.backend.name, copy.locator, state, clock.now().getTime()).catch((cause: unknown) => {
      log.error({ err: cause, locator: copy.locator }, 'a bad copy could not be marked')
    })
  }
  const reader = rangeReader({ onBadCopy: copies?.onBadCopy ?? markBadCopy })

  const inlineRange = async (file: StoredFile, from: number, to: number): Promise<Buffer> => {
    try {
      return checkedInline((await blobs.inlineBytes(file.blob_id)) ?? Buffer.alloc(0), file.sha256, from, to)
    } catch (error) {
      // A small file may have copies elsewhere too.
      const chunks = await blobs.chunks(file.blob_id, from, to)
      if (chunks.length === 0) throw error
      log.error({ err: error, fileId: file.id }, 'the bytes of a small file in the database are damaged')
      return buffer(await reader.openRange({ chunks, from, to }))
    }
  }

  const openBody = async (file: StoredFile, from: number, to: number, signal?: AbortSignal) =>
    file.backend === DATABASE_BACKEND
      ? inlineRange(file, from, to)
      : reader.openTransfer({ chunks: await blobs.chunks(file.blob_id, from, to), from, to, signal })

  /**
   * Opens a file for whoever reads it within the server; a download is `answer`.
   *
   * @returns Once the first bytes are checked. A bad leaf later is an `error` of the stream, which never ends early.
   * @throws {AppError} CHUNK_DAMAGED, CHUNK_MISSING, BACKEND_UNAVAILABLE
   */
  const read = async (
    file: StoredFile,
    { from = 0, to = file.size_bytes - 1, signal }: ReadRange = {},
  ): Promise<Readable> => {
    if (file.backend !== DATABASE_BACKEND)
      return reader.openRange({ chunks: await blobs.chunks(file.blob_id, from, to), from, to, signal })
    const bytes = await inlineRange(file, from, to)
    return Readable.from(bytes.length === 0 ? [] : [bytes])
  }

  /**
   * Answers a download: conditions, ranges, headers and the bytes. The answer is to be sent as it is, or its body closed.
   *
   * @throws {AppError} ACTIVE_USE, PRECONDITION_FAILED, CHUNK_DAMAGED, CHUNK_MISSING, BACKEND_UNAVAILABLE
   */
  const answer = async (
    file: StoredFile,
    { method, headers, asAttachment, signal }: ContentRequest,
  ): Promise<ContentAnswer> => {
    assertPassiveUse(headers)
    const representation = toRepresentation(file)
    const found = answerRange(headers, representation, method)
    const tags = { etag: representation.etag, 'last-modified': toHttpDate(representation.lastModified), ...CACHING }
    if (found.status === 412) throw new AppError(FileErrors.PRECONDITION_FAILED)
    if (found.status === 304) return { status: 304, headers: tags, body: null, countsAsDownload: false }
    if (found.status === 416) {
      const range = { 'accept-ranges': 'bytes', 'content-range': found.contentRange }
      return { status: 416, headers: range, body: null, countsAsDownload: false }
    }
    return {
      status: found.status,
      headers: {
        ...tags,
        ...describe(file, asAttachment),
        'content-length': String(found.lengthBytes),
        ...(found.status === 206 ? { 'content-range': found.contentRange } : {}),
      },
      body: method === 'HEAD' ? null : await openBody(file, found.from, found.to, signal),
      countsAsDownload: method === 'GET' && found.from === 0,
    }
  }

  return { answer, read }
}

// A browser may keep what it got, and asks each time whether it may still show it.
const CACHING = { 'cache-control': 'private, no-cache' }

/**
 * A page of this origin whose markup somebody could smuggle in would otherwise find scripts that its own policy allows.
 *
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-dest-header
 */
const assertPassiveUse = (headers: ConditionalHeaders): void => {
  const use = headers['sec-fetch-dest']
  if (typeof use === 'string' && ACTIVE_USES.has(use)) throw new AppError(FileErrors.ACTIVE_USE)
}

const STATES: Partial<Record<string, CopyState>> = {
  [ChunkErrors.CHUNK_DAMAGED.code]: 'damaged',
  [ChunkErrors.CHUNK_MISSING.code]: 'missing',
}

const describe = (file: StoredFile, asAttachment: boolean): Record<string, string> => {
  const disposition = asAttachment || !isSafeInline(file.mime_type) ? 'attachment' : 'inline'
  return {
    'accept-ranges': 'bytes',
    'content-type': file.mime_type,
    'content-disposition': contentDisposition(disposition, file.name),
    'repr-digest': `sha-256=:${file.sha256.toString('base64')}:`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': SANDBOX,
  }
}
