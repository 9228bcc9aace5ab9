import { TelegramError } from './api.ts'

/** @param apiRoot A path prefix in it is kept. */
export const parseApiRoot = (apiRoot: string): URL => new URL(apiRoot.endsWith('/') ? apiRoot : `${apiRoot}/`)

const escapeToken = (token: string) => encodeURIComponent(token).replace('%3A', ':')

/** Where a method of the Bot API is called. */
export const methodUrl = (root: URL, token: string, method: string): URL =>
  // The leading dot matters: without it the colon of the token makes `bot123` a URL scheme.
  new URL(`./bot${escapeToken(token)}/${encodeURIComponent(method)}`, root)

/** Where a file is downloaded from. @param filePath As `getFile` gave it. */
export const fileUrl = (root: URL, token: string, filePath: string): URL => {
  const path = filePath.split('/').map(encodeURIComponent).join('/')
  return new URL(`./file/bot${escapeToken(token)}/${path}`, root)
}

/** A proxy may echo the path, and with it the token. */
export const withoutToken = (text: string, token: string): string => {
  // With its colon escaped it is still a token.
  const secret = token.slice(token.indexOf(':') + 1)
  return secret === '' ? text : text.replaceAll(token, '<token>').replaceAll(secret, '<token>')
}

/** @returns undefined for what is not JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** @returns The seconds that a Retry-After header names, or undefined. */
export const parseRetryAfter = (header: string | undefined): number | undefined => {
  const seconds = Number.parseInt(header ?? '', 10)
  return Number.isNaN(seconds) ? undefined : seconds
}

const NETWORK_ERRORS: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before an answer came',
  EPIPE: 'the connection was closed before an answer came',
  ENOTFOUND: "the server's name was not found",
  EAI_AGAIN: "the server's name was not found",
  ETIMEDOUT: 'the connection timed out',
  TIMEOUT: 'no answer in time',
  ANSWER_TOO_LARGE: 'the answer is too large',
  BODY_INCOMPLETE: 'the connection ended before all bytes had come',
}

/** What to say of a request without an answer. Never what Node says: that may hold the path, and with it the token. */
export const describeNetworkCode = (networkCode: string): string =>
  NETWORK_ERRORS[networkCode] ?? `the request failed (${networkCode})`

export const networkError = (method: string, networkCode = 'UNKNOWN'): TelegramError =>
  new TelegramError({ method, errorCode: 0, description: describeNetworkCode(networkCode), networkCode })
