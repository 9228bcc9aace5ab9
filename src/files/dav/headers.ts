import { AppError } from '../../platform/errors.ts'
import type { RequestInfo } from '../../platform/http/index.ts'
import { DavErrors } from './contract.ts'

type Headers = RequestInfo['headers']

export type Depth = '0' | '1' | 'infinity'

const invalid = (message: string): AppError => new AppError(DavErrors.INVALID_HEADER, { message })

export const headerOf = (headers: Headers, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'object' ? value.join(', ') : value
}

/** Without one it is `infinity`, as RFC 4918 says of every method. @throws {AppError} INVALID_HEADER */
export const parseDepth = (headers: Headers, allowed: readonly Depth[]): Depth => {
  const given = (headerOf(headers, 'depth') ?? 'infinity').trim().toLowerCase()
  const depth = allowed.find((one) => one === given)
  if (depth === undefined) throw invalid(`Depth can be ${allowed.join(' or ')} here.`)
  return depth
}

/** @throws {AppError} INVALID_HEADER */
export const parseOverwrite = (headers: Headers): boolean => {
  const given = (headerOf(headers, 'overwrite') ?? 'T').trim().toUpperCase()
  if (given !== 'T' && given !== 'F') throw invalid('Overwrite can be T or F.')
  return given === 'T'
}

const MAX_LOCK_SECONDS = 3600

/** How long a lock may last: what is asked for, up to an hour. Clients list their wishes, the dearest first. */
export const parseTimeoutMs = (headers: Headers): number => {
  for (const wish of (headerOf(headers, 'timeout') ?? '').split(',')) {
    const [, seconds] = /^\s*Second-(\d{1,10})\s*$/i.exec(wish) ?? []
    if (seconds !== undefined) return Math.min(Math.max(1, Number(seconds)), MAX_LOCK_SECONDS) * 1000
    if (/^\s*Infinite\s*$/i.test(wish)) break
  }
  return MAX_LOCK_SECONDS * 1000
}

// Before 1970 and behind the year 9999 no client can follow.
const LATEST_SECONDS = 253_402_300_799

/** Milliseconds, of seconds since 1970; undefined for what is no such number. */
export const parseUnixSeconds = (text: string): number | undefined => {
  const given = text.trim()
  if (!/^\d{1,12}(\.\d{1,9})?$/.test(given) || Number(given) > LATEST_SECONDS) return undefined
  return Math.trunc(Number(given) * 1000)
}

/**
 * When the file was last changed where it comes from, as rclone and the clients of ownCloud say it. What cannot be read
 * is no reason to lose the file.
 */
export const parseModifiedAt = (headers: Headers): number | undefined =>
  parseUnixSeconds(headerOf(headers, 'x-oc-mtime') ?? '')

/** @throws {AppError} INVALID_HEADER */
export const parseLockToken = (headers: Headers): string => {
  const [, token] = /^\s*<([^<>\s]+)>\s*$/.exec(headerOf(headers, 'lock-token') ?? '') ?? []
  if (token === undefined) throw invalid('Send Lock-Token: <token>.')
  return token
}
