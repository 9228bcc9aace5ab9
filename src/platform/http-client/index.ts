import { lookup } from 'node:dns/promises'
import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { pipeline, type Readable, Transform } from 'node:stream'
import { AppError, defineErrors } from '../errors.ts'
import { isPublicAddress, parseAllowList } from './addresses.ts'

export { isPublicAddress } from './addresses.ts'

export const FetchErrors = defineErrors({
  FETCH_URL: [400, 'This is no address that can be fetched: use http or https, without a user name or password.'],
  FETCH_REFUSED: [403, 'This address is not public, so the server does not fetch from it.'],
  FETCH_UNREACHABLE: [502, 'The other server cannot be reached.'],
  FETCH_TIMEOUT: [504, 'The other server took too long.'],
  FETCH_REDIRECTS: [502, 'The other server redirects in circles.'],
  FETCH_TOO_LARGE: [413, 'The other server sends more than is wanted.'],
  FETCH_GARBLED: [502, 'The other server does not answer as servers of the web do.'],
})

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const MAX_REDIRECTS = 5
const MAX_URL_LENGTH = 4096
// A look-up keeps one of the few threads that files are read with, for as long as a stranger's name server likes.
const MAX_LOOKUPS = 2

/** @returns The addresses of a host, best first. */
export type Resolve = (host: string) => Promise<readonly string[]>

export interface FetcherOptions {
  /** Hosts, addresses and networks that may be reached although private, on any port. */
  readonly allow: readonly string[]
  readonly ports: readonly number[]
  readonly userAgent: string
  readonly resolve?: Resolve
}

export interface FetchOptions {
  /** GET unless told. */
  readonly method?: string
  /** Names in lower case; on top of Host, User-Agent and Accept-Encoding. Credentials go to the first origin only. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | undefined
  /** How many redirects are followed; the next one is then the answer. 5 unless told. */
  readonly redirects?: number
  /** FETCH_TOO_LARGE as soon as more come, or are announced. */
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
  /** Until connected, and until the next byte, and until the end. 10 s, 30 s and 60 s unless told. */
  readonly connectMs?: number
  readonly idleMs?: number
  readonly totalMs?: number
}

export interface Fetched {
  readonly status: number
  /** What stands behind the status in the answer. */
  readonly statusText: string
  readonly headers: IncomingHttpHeaders
  /** Where the answer came from in the end. */
  readonly url: URL
  /** As sent: never decompressed, because a small answer can unpack to a very large one. Read it or destroy it. */
  readonly body: Readable
}

export type Fetcher = ReturnType<typeof guardedFetcher>

const systemResolver = (): Resolve => {
  const inTurn = atMost(MAX_LOOKUPS)
  return (host) => inTurn(async () => (await lookup(host, { all: true })).map(({ address }) => address))
}

/**
 * Fetches what strangers ask for, and only from the public internet: a server that fetches on request could otherwise
 * be used to reach what only it can reach.
 *
 * Each host is resolved once, every address that it has is checked, and the connection goes to a checked address and
 * not to the name, which could mean something else a moment later. Each redirect is checked like the first address.
 */
export const guardedFetcher = ({ allow, ports, userAgent, resolve = systemResolver() }: FetcherOptions) => {
  const allowed = parseAllowList(allow)

  /** @throws {AppError} FETCH_URL, FETCH_REFUSED for what can be seen without asking anybody */
  const parse = (text: string, base?: URL): URL => {
    const url = text.length <= MAX_URL_LENGTH ? URL.parse(text, base?.href) : null
    if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
      throw new AppError(FetchErrors.FETCH_URL)
    url.hash = ''
    const host = hostOf(url)
    const isAllowed = allowed.hasHost(host) || allowed.hasAddress(host)
    if (!isAllowed && !ports.includes(portOf(url)) && isIP(host) !== 0) throw refusedPort()
    if (!isAllowed && isIP(host) !== 0 && !isPublicAddress(host)) throw new AppError(FetchErrors.FETCH_REFUSED)
    return url
  }

  /** @returns The address to connect to. */
  const pin = async (url: URL, signal: AbortSignal): Promise<string> => {
    const host = hostOf(url)
    const addresses = isIP(host) === 0 ? await unlessAborted(resolve(host), signal) : [host]
    const [first] = addresses
    if (first === undefined) throw new AppError(FetchErrors.FETCH_UNREACHABLE)
    const isAllowed = allowed.hasHost(host) || addresses.every((address) => allowed.hasAddress(address))
    if (isAllowed) return first
    if (!ports.includes(portOf(url))) throw refusedPort()
    // One private address among public ones is no accident of somebody honest.
    if (!addresses.every((address) => allowed.hasAddress(address) || isPublicAddress(address)))
      throw new AppError(FetchErrors.FETCH_REFUSED)
    return first
  }

  const send = async (url: URL, options: FetchOptions, limits: Limits): Promise<IncomingMessage> => {
    const { signal } = limits
    const address = await pin(url, signal)
    const host = hostOf(url)
    const sent = (url.protocol === 'https:' ? httpsRequest : httpRequest)({
      host: address,
      port: portOf(url),
      path: `${url.pathname}${url.search}`,
      method: options.method ?? 'GET',
      headers: { 'user-agent': userAgent, ...options.headers, host: url.host, 'accept-encoding': 'identity' },
      // The certificate must be the name's, not the address's.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      agent: false,
      signal,
    })
    return answerTo(sent, options, limits)
  }

  const follow = async (first: URL, options: FetchOptions, limits: Limits) => {
    let url = first
    let request = options
    const { redirects = MAX_REDIRECTS } = options
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      const response = await send(url, request, limits)
      const { statusCode = 0, headers } = response
      if (
        !REDIRECTS.has(statusCode) ||
        headers.location === undefined ||
        (hops >= redirects && redirects < MAX_REDIRECTS)
      )
        return { url, response }
      response.destroy()
      const next = parse(headers.location, url)
      request = redirected(request, statusCode, next.origin === url.origin)
      url = next
    }
    throw new AppError(FetchErrors.FETCH_REDIRECTS)
  }

  return {
    /** Says no at once to what needs no look-up. @throws {AppError} FETCH_URL, FETCH_REFUSED */
    assertUrl: (text: string): URL => parse(text),

    /**
     * @returns The answer, whatever its status, when its headers are here.
     * @throws {AppError} Of `FetchErrors`; later also as the error of the body
     */
    async fetch(text: string, options: FetchOptions): Promise<Fetched> {
      const limits = limitsOf(options)
      const { signal } = limits
      try {
        const { url, response } = await follow(parse(text), options, limits)
        if (Number(response.headers['content-length'] ?? 0) > options.maxBytes) {
          response.destroy()
          throw new AppError(FetchErrors.FETCH_TOO_LARGE)
        }
        const body = limited(response, options.maxBytes, signal)
        const { statusCode: status = 0, statusMessage: statusText = '', headers } = response
        return { status, statusText, headers, url, body }
      } catch (error) {
        throw toFetchError(error, signal)
      }
    },
  }
}

const CREDENTIALS = new Set(['authorization', 'cookie', 'proxy-authorization'])
const OF_BODIES = new Set(['content-type', 'content-length'])

/** What the next request is, as browsers do it. @see https://fetch.spec.whatwg.org/#http-redirect-fetch */
const redirected = (options: FetchOptions, status: number, isSameOrigin: boolean): FetchOptions => {
  const { method = 'GET', headers = {} } = options
  const becomesGet = (status === 303 && method !== 'HEAD') || (method === 'POST' && (status === 301 || status === 302))
  const kept = Object.entries(headers).filter(
    ([name]) => (isSameOrigin || !CREDENTIALS.has(name)) && !(becomesGet && OF_BODIES.has(name)),
  )
  const next = { ...options, headers: Object.fromEntries(kept) }
  return becomesGet ? { ...next, method: 'GET', body: undefined } : next
}

/** What ends a fetch early: its caller, its time, or a silence. */
interface Limits {
  readonly signal: AbortSignal
  /** To be called when nothing has come for too long. */
  readonly late: () => void
}

const limitsOf = ({ totalMs = 60_000, signal }: FetchOptions): Limits => {
  const silence = new AbortController()
  const ends = [AbortSignal.timeout(totalMs), silence.signal, ...(signal === undefined ? [] : [signal])]
  return { signal: AbortSignal.any(ends), late: () => silence.abort(new AppError(FetchErrors.FETCH_TIMEOUT)) }
}

/** Runs at most so much work at once; what comes on top waits for its turn. */
const atMost = (most: number) => {
  const waiting: (() => void)[] = []
  let free = most
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1
    else await new Promise<void>((go) => waiting.push(go))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}

const refusedPort = (): AppError =>
  new AppError(FetchErrors.FETCH_REFUSED, { message: 'The server does not fetch from this port.' })

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')

const portOf = ({ port, protocol }: URL): number => (port !== '' ? Number(port) : protocol === 'https:' ? 443 : 80)

const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((fulfil, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(fulfil, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })

const answerTo = (
  sent: ClientRequest,
  { connectMs = 10_000, idleMs = 30_000, body }: FetchOptions,
  { late }: Limits,
): Promise<IncomingMessage> =>
  new Promise((fulfil, reject) => {
    const connecting = setTimeout(late, connectMs)
    sent.on('socket', (socket) => socket.once('connect', () => clearTimeout(connecting)))
    sent.setTimeout(idleMs, late)
    sent.on('response', fulfil).on('error', reject)
    // Nobody asked to speak another protocol, and without a listener nothing would ever be heard of it.
    sent.on('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new AppError(FetchErrors.FETCH_GARBLED))
    })
    sent.on('close', () => {
      clearTimeout(connecting)
      reject(new Error('The connection was closed without an answer.'))
    })
    sent.end(body)
  })

const limited = (source: Readable, maxBytes: number, signal: AbortSignal): Readable => {
  let seenBytes = 0
  const body = new Transform({
    highWaterMark: 1024 * 1024,
    transform(piece: Buffer, _encoding, done) {
      seenBytes += piece.length
      done(seenBytes > maxBytes ? new AppError(FetchErrors.FETCH_TOO_LARGE) : null, piece)
    },
    // A body that lasts until its connection ends looks whole when it was us who ended the connection.
    flush: (done) => done(signal.aborted ? toFetchError(signal.reason, signal) : null),
    destroy: (error, done) => done(error === null ? null : toFetchError(error, signal)),
  })
  pipeline(source, body, () => {})
  return body
}

const toFetchError = (error: unknown, { aborted, reason }: AbortSignal): AppError => {
  if (error instanceof AppError) return error
  if (aborted && reason instanceof AppError) return reason
  if (aborted && reason instanceof Error && reason.name === 'TimeoutError')
    return new AppError(FetchErrors.FETCH_TIMEOUT, { cause: error })
  // What the parser of HTTP says begins with HPE.
  const isGarbled = error instanceof Error && 'code' in error && String(error.code).startsWith('HPE_')
  return new AppError(isGarbled ? FetchErrors.FETCH_GARBLED : FetchErrors.FETCH_UNREACHABLE, { cause: error })
}
