import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EndpointSpec } from './contract.ts'
import type { Dialect } from './dialect.ts'
import type { Caller } from './route.ts'

/** What a gate looks at: a request, or one of several calls that came in one request. */
export interface GateRequest {
  readonly id: string
  readonly ip: string
  readonly raw: IncomingMessage
  readonly endpoint: EndpointSpec
  readonly dialect: Dialect
  /** Headers of the answer, name and value in turn. The gate adds limits and challenges. */
  readonly headers: string[]
  caller: Caller | null
  /** The parsed body, where the gate has to look for a credential in it; undefined before it is read. */
  body: unknown
}

/** One request on its way through the server. Made once, at its start, and the same object until its end. */
export interface RequestContext extends GateRequest {
  readonly response: ServerResponse
}

/** Decides who calls and whether the call may go on. */
export interface Gate {
  /**
   * Sets `context.caller` and adds headers to `context.headers`, also when it refuses. Returns a promise only where
   * the answer is not in memory, because most requests must not wait.
   *
   * @throws {AppError} One of `Failures`
   */
  admit(context: GateRequest): void | Promise<void>
  /**
   * Tells whose credential has ended since it was let in; asked again and again about requests that last. Without it
   * they all go on.
   *
   * @returns How, by the id of the credential.
   */
  ended?(callers: readonly Caller[]): Promise<ReadonlyMap<string, Ending>>
}

/** Somebody took it away, or its time was up. */
export type Ending = 'revoked' | 'expired'

const QUERY_KEY: unique symbol = Symbol('query key')

/**
 * Cuts `api_key` out of the request's URL before anything can log it.
 *
 * @returns The URL without it. The values stay with the request, for `queryKeysOf`.
 */
export const cutQueryKeys = (raw: IncomingMessage): string => {
  const url = raw.url ?? '/'
  const mark = url.indexOf('?')
  if (mark < 0 || !/key|%/i.test(url.slice(mark))) return url
  const keys: string[] = []
  const kept = url
    .slice(mark + 1)
    .split('&')
    .filter((pair) => {
      const equals = pair.indexOf('=')
      const name = equals < 0 ? pair : pair.slice(0, equals)
      if (decode(name) !== 'api_key') return true
      keys.push(equals < 0 ? '' : decode(pair.slice(equals + 1)))
      return false
    })
  if (keys.length === 0) return url
  Object.defineProperty(raw, QUERY_KEY, { value: keys })
  const clean = kept.length === 0 ? url.slice(0, mark) : `${url.slice(0, mark)}?${kept.join('&')}`
  // The framework keeps the URL as it came under this name.
  Object.assign(raw, { originalUrl: clean })
  return clean
}

/** @returns The values of `api_key` that stood in the URL, in order. */
export const queryKeysOf = (raw: IncomingMessage): readonly string[] =>
  (raw as IncomingMessage & { [QUERY_KEY]?: readonly string[] })[QUERY_KEY] ?? []

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
