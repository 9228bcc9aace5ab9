import type { IncomingMessage } from 'node:http'
import type { RequestContext } from './context.ts'
import type { Dialect } from './dialect.ts'
import type { Route } from './route.ts'

/**
 * Which pages of other sites may read answers. None gets an answer that a cookie paid for: no page is ever allowed
 * credentials, so it needs a key of its own.
 *
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export interface CrossOrigin {
  /** Adds what a browser wants to see before it shows the answer to the page; only where the request has `Origin`. */
  admit(context: RequestContext): void
  /** Whether an answer depends on `Origin`, also where a request has none: caches must be told. */
  varies(dialect: Dialect): boolean
  /** @returns Headers of the answer to a question for permission; undefined where it is none, or gets no yes. */
  preflight(raw: IncomingMessage, dialect: Dialect): string[] | undefined
}

const HEADERS = [
  'authorization',
  'x-api-key',
  'content-type',
  'idempotency-key',
  'x-request-id',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
  'repr-digest',
  'last-event-id',
  'mcp-protocol-version',
  'mcp-session-id',
  'x-share-password',
  'tus-resumable',
  'upload-length',
  'upload-defer-length',
  'upload-offset',
  'upload-metadata',
  'upload-concat',
  'upload-checksum',
  'depth',
  'destination',
  'overwrite',
  'if',
  'lock-token',
  'timeout',
  'x-oc-mtime',
].join(', ')

const EXPOSED = [
  'x-request-id',
  'idempotency-key',
  'ratelimit',
  'ratelimit-policy',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'retry-after',
  'www-authenticate',
  'etag',
  'location',
  'link',
  'allow',
  'accept-ranges',
  'content-range',
  'content-disposition',
  'repr-digest',
  'x-file-id',
  'mcp-protocol-version',
  'mcp-session-id',
  'tus-resumable',
  'tus-version',
  'tus-extension',
  'tus-max-size',
  'tus-checksum-algorithm',
  'upload-length',
  'upload-defer-length',
  'upload-offset',
  'upload-metadata',
  'upload-concat',
  'upload-expires',
  'dav',
  'lock-token',
].join(', ')

const MAX_AGE_SECONDS = '86400'

/**
 * @param origins Pages that may use the dialects which are not open to all of them.
 * @param routes What a preflight says may be asked for: the methods of all endpoints of the dialect.
 */
export const crossOrigin = (
  origins: readonly string[],
  routes: readonly Route[],
  dialectOf: (path: string) => Dialect,
): CrossOrigin => {
  const listed = new Set(origins)
  const methods = methodsByDialect(routes, dialectOf)

  const varies = ({ anyOrigin }: Dialect): boolean => anyOrigin === true || listed.size > 0

  const admitted = ({ anyOrigin }: Dialect, origin: string | undefined): string | undefined => {
    if (anyOrigin) return '*'
    return origin !== undefined && listed.has(origin) ? origin : undefined
  }

  return {
    varies,
    admit({ raw, dialect, headers }) {
      const origin = admitted(dialect, raw.headers.origin)
      if (origin !== undefined)
        headers.push('access-control-allow-origin', origin, 'access-control-expose-headers', EXPOSED)
      if (varies(dialect)) headers.push('vary', 'origin')
    },
    preflight({ method, headers }, dialect) {
      if (method !== 'OPTIONS') return undefined
      const origin = admitted(dialect, headers.origin)
      // What is open to all of them was published with an answer to every OPTIONS.
      if (origin === undefined || (!dialect.anyOrigin && headers['access-control-request-method'] === undefined))
        return undefined
      return [
        'access-control-allow-origin',
        origin,
        'access-control-allow-methods',
        [...(methods.get(dialect.name) ?? []), 'OPTIONS'].join(', '),
        'access-control-allow-headers',
        HEADERS,
        'access-control-max-age',
        MAX_AGE_SECONDS,
        'vary',
        'origin',
      ]
    },
  }
}

const methodsByDialect = (
  routes: readonly Route[],
  dialectOf: (path: string) => Dialect,
): ReadonlyMap<string, ReadonlySet<string>> => {
  const methods = new Map<string, Set<string>>()
  for (const { endpoint } of routes)
    for (const path of [endpoint.path, ...(endpoint.aliases ?? [])]) {
      const { name } = dialectOf(path)
      const known = methods.get(name) ?? new Set<string>()
      if (endpoint.method !== 'OPTIONS') known.add(endpoint.method)
      if (endpoint.method === 'GET') known.add('HEAD')
      methods.set(name, known)
    }
  return methods
}
