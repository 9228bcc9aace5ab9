import { AppError } from '../../platform/errors.ts'
import { Failures } from '../../platform/http/index.ts'
import { UploadErrors } from './contract.ts'

export const TUS_VERSION = '1.0.0'
export const OFFSET_TYPE = 'application/offset+octet-stream'

export const TUS_EXTENSIONS = [
  'creation',
  'creation-with-upload',
  'creation-defer-length',
  'expiration',
  'checksum',
  'termination',
  'concatenation',
]

/** As `Upload-Checksum` calls them, and as Node does. */
export const CHECKSUM_ALGORITHMS = ['sha256', 'sha1'] as const
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number]

const CHECKSUM_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = { sha256: 32, sha1: 20 }
const MAX_PARTS = 1000
const MAX_METADATA_LENGTH = 8192

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

const one = (headers: Headers, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' ? value : value?.join(', ')
}

const invalid = (message: string): AppError => new AppError(Failures.INVALID_INPUT, { message })

/** @throws {AppError} TUS_VERSION */
export const assertVersion = (headers: Headers): void => {
  if (one(headers, 'tus-resumable') !== TUS_VERSION) throw new AppError(UploadErrors.TUS_VERSION)
}

/** @returns undefined where the header is not there. @throws {AppError} INVALID_INPUT for what is no count of bytes */
export const parseCount = (headers: Headers, name: string, shown: string): number | undefined => {
  const text = one(headers, name)
  if (text === undefined) return undefined
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw invalid(`${shown} must be a whole number of bytes.`)
  return value
}

/**
 * The length that a new upload announces.
 *
 * @returns undefined if it is to be said later.
 * @throws {AppError} INVALID_INPUT for neither or both
 */
export const parseLength = (headers: Headers): number | undefined => {
  const length = parseCount(headers, 'upload-length', 'Upload-Length')
  const deferred = one(headers, 'upload-defer-length')
  if (deferred !== undefined && deferred !== '1') throw invalid('Upload-Defer-Length can only be 1.')
  if ((length === undefined) === (deferred === undefined))
    throw invalid('Send either Upload-Length or Upload-Defer-Length: 1.')
  return length
}

/** What `Upload-Concat` says: a part, or the file that is made of parts, by their ids. */
export type Concatenation = { readonly kind: 'partial' } | { readonly kind: 'final'; readonly parts: readonly string[] }

/** @throws {AppError} INVALID_INPUT, also for a part that is no upload of this server or stands there twice */
export const parseConcat = (headers: Headers): Concatenation | undefined => {
  const text = one(headers, 'upload-concat')?.trim()
  if (text === undefined) return undefined
  if (text === 'partial') return { kind: 'partial' }
  const [kind, list = ''] = text.split(';', 2)
  if (kind !== 'final') throw invalid('Upload-Concat must be partial, or final; and the uploads to join.')
  const parts = list.trim().split(/\s+/).map(parseUploadUrl)
  if (parts.length > MAX_PARTS) throw invalid(`A file can be joined from at most ${MAX_PARTS} parts.`)
  if (new Set(parts).size !== parts.length) throw invalid('Upload-Concat names a part twice.')
  return { kind: 'final', parts }
}

const parseUploadUrl = (url: string): string => {
  const id = /^(?:https?:\/\/[^/\s]+)?(?:\/[^\s?#]*)?\/uploads\/(upload_[0-9A-Za-z]{1,64})$/.exec(url)?.[1]
  if (id === undefined) throw invalid('Upload-Concat must name uploads of this server by their addresses.')
  return id
}

/** Keys and values of `Upload-Metadata`. */
export type Metadata = ReadonlyMap<string, string>

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * @returns An empty map without the header; a key without a value has an empty one.
 * @throws {AppError} INVALID_INPUT
 */
export const parseMetadata = (header: string | undefined): Metadata => {
  const metadata = new Map<string, string>()
  if (header === undefined || header.trim() === '') return metadata
  if (header.length > MAX_METADATA_LENGTH) throw invalid('Upload-Metadata is too long.')
  for (const pair of header.split(',')) {
    const [key = '', value = '', ...rest] = pair.trim().split(/ +/)
    if (!/^[\x21-\x7e]+$/.test(key) || rest.length > 0 || metadata.has(key))
      throw invalid('Upload-Metadata must be pairs of a key and a value in Base64, each key once.')
    metadata.set(key, decodeText(key, value))
  }
  return metadata
}

const decodeText = (key: string, value: string): string => {
  try {
    if (/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return utf8.decode(Buffer.from(value, 'base64'))
  } catch {
    // Falls through to the same refusal.
  }
  throw invalid(`The value of ${key} in Upload-Metadata must be UTF-8 text in Base64.`)
}

/** @returns 32 bytes; undefined if it is not there. @throws {AppError} INVALID_INPUT */
export const parseSha256 = (text: string | undefined): Buffer | undefined => {
  if (text === undefined || text === '') return undefined
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  throw invalid('sha256 must be 64 hexadecimal digits.')
}

/** The digest that the bytes of one request must have. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  readonly digest: Buffer
}

/** @throws {AppError} INVALID_INPUT, also for an algorithm that the server does not have */
export const parseChecksum = (headers: Headers): Checksum | undefined => {
  const text = one(headers, 'upload-checksum')
  if (text === undefined) return undefined
  const [name = '', value = ''] = text.trim().split(/ +/)
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name.toLowerCase())
  if (algorithm === undefined) throw invalid(`Upload-Checksum knows ${CHECKSUM_ALGORITHMS.join(' and ')}.`)
  const digest = Buffer.from(value, 'base64')
  if (digest.length !== CHECKSUM_BYTES[algorithm] || !/^[A-Za-z0-9+/]+={0,2}$/.test(value))
    throw invalid(`Upload-Checksum must have the ${CHECKSUM_BYTES[algorithm]} bytes of a ${algorithm} in Base64.`)
  return { algorithm, digest }
}

/** @throws {AppError} UNSUPPORTED_MEDIA_TYPE */
export const assertOffsetType = (headers: Headers): void => {
  const [type = ''] = (one(headers, 'content-type') ?? '').split(';')
  if (type.trim().toLowerCase() !== OFFSET_TYPE)
    throw new AppError(Failures.UNSUPPORTED_MEDIA_TYPE, { message: `Send the bytes as ${OFFSET_TYPE}.` })
  if ((one(headers, 'content-encoding') ?? 'identity').toLowerCase() !== 'identity')
    throw new AppError(Failures.UNSUPPORTED_MEDIA_TYPE, { message: 'Send the bytes without Content-Encoding.' })
}
