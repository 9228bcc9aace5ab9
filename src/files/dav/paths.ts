import { AppError } from '../../platform/errors.ts'
import type { RequestInfo } from '../../platform/http/index.ts'
import { parseFileName } from '../files/names.ts'
import { DavErrors } from './contract.ts'

const ROOT = '/dav'

/**
 * The names in a path, from the top. They are decoded once, so that what decodes to a slash is refused and not followed.
 *
 * @param path Of a URL, with or without its query.
 * @throws {AppError} INVALID_INPUT, INVALID_TEXT, INVALID_HEADER; FORBIDDEN_DESTINATION for a path that is none of the drive
 */
export const parsePath = (path: string): string[] => {
  // A request has none by its grammar, and what a client meant by one can only be guessed.
  if (path.includes('#')) throw new AppError(DavErrors.INVALID_HEADER, { message: 'Escape the # in the path as %23.' })
  const [plain = ''] = path.split('?', 1)
  if (plain !== ROOT && !plain.startsWith(`${ROOT}/`)) throw new AppError(DavErrors.FORBIDDEN_DESTINATION)
  return plain
    .slice(ROOT.length)
    .split('/')
    .filter((part) => part !== '')
    .map((part) => parseFileName(decode(part)))
}

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch (cause) {
    throw new AppError(DavErrors.INVALID_HEADER, { message: 'The path is not UTF-8 with % escapes.', cause })
  }
}

/** @returns `/dav/a/b%20c`, with a slash at the end for a folder. */
export const hrefOf = (names: readonly string[], isFolder: boolean): string => {
  const path = [ROOT, ...names.map(encodeURIComponent)].join('/')
  return isFolder ? `${path}/` : path
}

/**
 * Where COPY and MOVE are to go: the names in the path of `Destination`, which may be a whole URL or only its path.
 *
 * @throws {AppError} INVALID_HEADER, FOREIGN_DESTINATION, FORBIDDEN_DESTINATION, and as `parsePath`
 */
export const parseDestination = ({ headers }: RequestInfo): string[] => {
  const { destination } = headers
  if (typeof destination !== 'string' || destination === '')
    throw new AppError(DavErrors.INVALID_HEADER, { message: 'Send Destination.' })
  return parsePath(ownPath(destination, headers.host))
}

/**
 * The path of a URL of this server, as it was written. A proxy may have taken the TLS away, so the scheme says nothing.
 *
 * @throws {AppError} INVALID_HEADER; FOREIGN_DESTINATION for another host
 */
export const ownPath = (url: string, host: string | undefined): string => {
  if (url.startsWith('/') && !url.startsWith('//')) return url
  // The class URL would resolve `..` and so follow what is to be refused.
  const [, scheme, authority = '', path = '/'] = /^(https?):\/\/([^/?#]*)([/?#].*)?$/is.exec(url) ?? []
  if (scheme === undefined) throw new AppError(DavErrors.INVALID_HEADER, { message: 'Destination is no URL.' })
  const name = authority.slice(authority.lastIndexOf('@') + 1)
  if (withoutPort(name) !== withoutPort(host ?? '')) throw new AppError(DavErrors.FOREIGN_DESTINATION)
  return path
}

const withoutPort = (host: string): string => host.toLowerCase().replace(/:(80|443)$/, '')
