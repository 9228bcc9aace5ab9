import type { IncomingMessage } from 'node:http'
import { AppError } from '../../platform/errors.ts'
import { type Carrier, Failures, queryKeysOf } from '../../platform/http/index.ts'

/** The credentials of a request, before anybody has looked at whether they are good. */
export interface Credentials {
  /** The one explicit credential, however often it was sent. */
  readonly key: string | undefined
  /** True when it stood in the URL. */
  readonly inUrl: boolean
  readonly cookie: string | undefined
  readonly hwid: string | undefined
}

const MAX_TOKEN_LENGTH = 520
const TOKEN = /^[\x21-\x7e]+$/
const COOKIE_NAMES = ['__Host-login_token', 'login_token'] as const

/**
 * Reads a request's credentials from its raw header list, where duplicates are still to be seen.
 *
 * @param body The parsed JSON body, for the carrier `body`; undefined elsewhere.
 * @throws {AppError} AUTH_AMBIGUOUS for two different explicit credentials, AUTH_MALFORMED for one that is none
 */
export const readCredentials = (raw: IncomingMessage, carriers: readonly Carrier[], body: unknown): Credentials => {
  let key: string | undefined
  let cookie: string | undefined
  let hwid: string | undefined
  const headers = raw.rawHeaders
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = headers[index + 1] ?? ''
    // Lengths first: most headers are none of ours, and comparing without case costs more than all of this.
    if (name.length === 13 && name.toLowerCase() === 'authorization') {
      if (carriers.includes('bearer')) key = theOnly(key, bearerToken(value, carriers))
    } else if (name.length === 9 && name.toLowerCase() === 'x-api-key') {
      if (carriers.includes('x-api-key')) key = theOnly(key, value)
    } else if (name.length === 6) {
      const lower = name.toLowerCase()
      if (lower === 'cookie') cookie = cookie === undefined ? value : `${cookie}; ${value}`
      else if (lower === 'x-hwid') hwid = theOnly(hwid, value)
    }
  }
  const fromUrl = carriers.includes('query') ? queryKeysOf(raw) : NONE
  for (const value of fromUrl) key = theOnly(key, value)
  if (body !== undefined && carriers.includes('body')) key = withBodyKey(key, body)
  return {
    key,
    inUrl: fromUrl.length > 0,
    cookie: cookie === undefined || !carriers.includes('cookie') ? undefined : sessionCookie(cookie),
    hwid,
  }
}

const NONE: readonly string[] = []

/**
 * @returns The value of `Authorization`, as it came, if no other header of the request could be a credential. Whoever
 * knows what such a value says need not read it again.
 */
export const onlyAuthorization = ({ rawHeaders }: IncomingMessage): string | undefined => {
  let found: string | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    // `authorization`, `x-api-key`, `cookie` and `x-hwid`: told from all others by their length and first letter.
    const { length } = name
    if (length !== 13 && length !== 9 && length !== 6) continue
    const first = name.charCodeAt(0) | LOWER_CASE
    if (length === 13 && first === LETTER_A) {
      if (found !== undefined || name.toLowerCase() !== 'authorization') return undefined
      found = rawHeaders[index + 1]
    } else if (length < 13 && (first === LETTER_X || first === LETTER_C)) return undefined
  }
  return found
}

const LOWER_CASE = 0x20
const [LETTER_A, LETTER_C, LETTER_X] = [0x61, 0x63, 0x78]

/** Whether an explicit credential could be one at all. */
export const isWellFormed = (key: string): boolean => key.length <= MAX_TOKEN_LENGTH && TOKEN.test(key)

const theOnly = (known: string | undefined, value: string): string =>
  known === undefined || known === value ? value : ambiguous()

const bearerToken = (header: string, carriers: readonly Carrier[]): string => {
  if (header.startsWith('Bearer ')) return header.slice(7)
  if (carriers.includes('basic') && /^basic /i.test(header)) return basicPassword(header)
  const space = header.indexOf(' ')
  if (space !== 6 || header.slice(0, 6).toLowerCase() !== 'bearer') throw new AppError(Failures.AUTH_MALFORMED)
  return header.slice(7)
}

// Whoever has the key is who the key says, so what stands in front of the colon is not looked at.
const basicPassword = (header: string): string => {
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header) ?? []
  const pair = Buffer.from(encoded ?? '', 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon < 0) throw new AppError(Failures.AUTH_MALFORMED)
  return pair.slice(colon + 1)
}

const withBodyKey = (key: string | undefined, body: unknown): string | undefined => {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || !('api_key' in body)) return key
  if (typeof body.api_key !== 'string') throw new AppError(Failures.AUTH_MALFORMED)
  return theOnly(key, body.api_key)
}

const ambiguous = (): never => {
  throw new AppError(Failures.AUTH_AMBIGUOUS)
}

/** The `__Host-` cookie counts where both came, because a neighbouring host name can set the other one. */
const sessionCookie = (header: string): string | undefined => {
  for (const wanted of COOKIE_NAMES) {
    const values: string[] = []
    for (const pair of header.split(';')) {
      const equals = pair.indexOf('=')
      if (equals > 0 && pair.slice(0, equals).trim() === wanted) values.push(pair.slice(equals + 1).trim())
    }
    // Two of one name: somebody planted one of them, and the order tells nothing.
    if (values.length > 1) throw new AppError(Failures.AUTH_INVALID)
    if (values[0] !== undefined) return values[0]
  }
  return undefined
}
