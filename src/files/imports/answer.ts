import type { IncomingHttpHeaders } from 'node:http'
import type { Fetched } from '../../platform/http-client/index.ts'
import { MAX_NAME_LENGTH } from '../files/contract.ts'

const DEFAULT_NAME = 'download'

/** What the answer of another server says of a file. */
export interface RemoteFile {
  readonly name: string
  readonly mediaType: string
  /** Where the bytes of the answer begin; 0 for the whole file. */
  readonly from: number
  /** Of the whole file; undefined if it is not told. */
  readonly sizeBytes: number | undefined
  /** Of the body. */
  readonly bodyBytes: number | undefined
  /** With which the rest can be asked for later. */
  readonly validator: string | null
}

export const toRemoteFile = ({ status, headers, url }: Fetched): RemoteFile => {
  const bodyBytes = /^\d{1,15}$/.test(headers['content-length'] ?? '') ? Number(headers['content-length']) : undefined
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '')
  const isPart = status === 206 && range !== null
  const total = isPart ? Number(range[2]) : bodyBytes
  return {
    name: cleanName(dispositionName(headers['content-disposition']) ?? pathName(url)),
    mediaType: headers['content-type'] ?? '',
    from: isPart ? Number(range[1]) : 0,
    sizeBytes: total === undefined || Number.isNaN(total) ? undefined : total,
    bodyBytes,
    validator: validatorOf(status, headers),
  }
}

// A weak ETag does not promise the same bytes: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5
const validatorOf = (status: number, { etag, 'accept-ranges': ranges }: IncomingHttpHeaders): string | null =>
  etag !== undefined && /^"[\x21\x23-\x7e]{0,200}"$/.test(etag) && (status === 206 || ranges === 'bytes') ? etag : null

/** @see https://www.rfc-editor.org/rfc/rfc6266#section-4.3 */
const dispositionName = (header: string | undefined): string | undefined => {
  if (header === undefined) return undefined
  const extended = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(header)?.[1]
  const decoded = extended === undefined ? undefined : decode(extended)
  if (decoded !== undefined) return decoded
  const [, quoted, plain] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(header) ?? []
  // Headers are read as Latin-1; most who send more than ASCII here mean UTF-8.
  const text = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain
  return text === undefined ? undefined : asUtf8(text)
}

const asUtf8 = (text: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'))
  } catch {
    return text
  }
}

const pathName = ({ pathname }: URL): string => decode(pathname.split('/').at(-1) ?? '') ?? ''

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** A name that a file can have, of what a stranger says: never a path. */
const cleanName = (said: string): string => {
  const last = said.toWellFormed().split(/[/\\]/).at(-1) ?? ''
  const name = [
    ...last
      .replaceAll(/\p{Cc}/gu, '')
      .normalize('NFC')
      .trim(),
  ]
    .slice(0, MAX_NAME_LENGTH)
    .join('')
  return name === '' || name === '.' || name === '..' ? DEFAULT_NAME : name
}
