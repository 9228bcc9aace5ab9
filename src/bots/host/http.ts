import { buffer } from 'node:stream/consumers'
import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors.ts'
import { FetchErrors, type Fetcher } from '../../platform/http-client/index.ts'
import { HostCallError, type Json } from '../sandbox/index.ts'
import type { HostContext } from './context.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { toFile } from './files.ts'
import { bool, defaulting, int, number, object, optional, text } from './parameters.ts'

const MB = 1024 * 1024
const DEFAULT_SECONDS = 60
const MAX_SECONDS = 120
const MAX_ANSWER_BYTES = 50 * MB
const MAX_HEADER_CHARS = 32_768
/** Of one bot, so that it is no weapon against others: so many requests a minute, and so many bytes an hour. */
const REQUESTS_PER_MINUTE = 120
const BYTES_PER_HOUR = 1024 * MB
const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])
/** Those are about the connection, which is the server's own. */
const OWN_HEADERS =
  /^(host|connection|keep-alive|content-length|transfer-encoding|upgrade|te|trailer|expect|accept-encoding|proxy-.*)$/

const request = declare({
  name: 'HTTP.request',
  facade: 'internal',
  parameters: {
    method: text('GET, POST …'),
    url: text('Where to.'),
    headers: object('By name.'),
    body: optional(int('The number of a file of this run.')),
    timeout: optional(number('Seconds; 60 unless given, 120 at most.')),
    allow_redirects: defaulting(bool('Whether redirects are followed.'), true),
  },
  returns: 'Response',
  about: 'Asks another server.',
  example: 'HTTP.get("https://example.org/data.json").json()',
})

export const httpDeclarations = [request] as const

export const httpHandlers = ({ fetcher, clock }: { fetcher: Fetcher; clock: Clock }): Handler[] => {
  const quotas = botQuotas(clock)
  return [
    handle(request, async (args, context) => {
      const method = args.method.toUpperCase()
      if (!METHODS.has(method)) throw new HostCallError(`HTTP has no method ${method}`, { kind: 'ValueError' })
      const quota = quotas.enter(context.botId)
      const startedAt = clock.monotonicMs()
      const body = args.body === null ? undefined : context.files.get(args.body)
      const seconds = Math.min(Math.max(args.timeout ?? DEFAULT_SECONDS, 0.1), MAX_SECONDS)
      try {
        const answer = await fetcher.fetch(args.url, {
          method,
          headers: { ...headersOf(args.headers), ...lengthOf(body, method) },
          ...(body === undefined ? {} : { body }),
          ...(args.allow_redirects ? {} : { redirects: 0 }),
          maxBytes: MAX_ANSWER_BYTES,
          totalMs: seconds * 1000,
          idleMs: seconds * 1000,
          signal: context.signal,
        })
        const bytes = await buffer(answer.body)
        quota.spend(bytes.length + (body?.length ?? 0))
        return toAnswer(context, answer, bytes, clock.monotonicMs() - startedAt)
      } catch (error) {
        throw toPythonError(error)
      }
    }),
  ]
}

const lengthOf = (body: Buffer | undefined, method: string): { 'content-length'?: string } =>
  body !== undefined || !['GET', 'HEAD'].includes(method) ? { 'content-length': String(body?.length ?? 0) } : {}

const headersOf = (given: { readonly [name: string]: Json }): Record<string, string> => {
  const headers: Record<string, string> = {}
  let chars = 0
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase()
    const line = String(value)
    chars += name.length + line.length
    // RFC 9110: a token; visible text and spaces, in Latin-1 at most.
    if (
      !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(lower) ||
      !/^[\t\x20-\x7e\x80-\xff]*$/.test(line) ||
      chars > MAX_HEADER_CHARS
    )
      throw new HostCallError(`the header ${name.slice(0, 60)} cannot be sent`, { kind: 'ValueError' })
    if (!OWN_HEADERS.test(lower)) headers[lower] = line
  }
  return headers
}

const toAnswer = (
  context: HostContext,
  { status, statusText, headers, url }: Awaited<ReturnType<Fetcher['fetch']>>,
  bytes: Buffer,
  elapsedMs: number,
): Json => ({
  status,
  reason: statusText,
  headers: Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : `${value}`]),
  url: url.href,
  body: toFile(context, 'answer', bytes),
  elapsed_ms: Math.round(elapsedMs),
})

const KINDS: { readonly [code: string]: string } = {
  [FetchErrors.FETCH_URL.code]: 'ValueError',
  [FetchErrors.FETCH_REFUSED.code]: 'PermissionError',
  [FetchErrors.FETCH_TIMEOUT.code]: 'TimeoutError',
}

const toPythonError = (error: unknown): unknown =>
  error instanceof AppError ? new HostCallError(error.message, { kind: KINDS[error.code] ?? 'ConnectionError' }) : error

/** What each bot used up in the current minute and hour. */
const botQuotas = (clock: Clock) => {
  const minutes = new Map<string, number>()
  const hours = new Map<string, number>()
  let minute = 0
  let hour = 0

  const turn = (): void => {
    const now = Math.floor(clock.now().getTime() / 60_000)
    if (now !== minute) minutes.clear()
    minute = now
    if (Math.floor(now / 60) !== hour) hours.clear()
    hour = Math.floor(now / 60)
  }

  return {
    /** @throws {HostCallError} when the bot asks too much */
    enter(botId: string) {
      turn()
      const count = (minutes.get(botId) ?? 0) + 1
      if (count > REQUESTS_PER_MINUTE)
        throw new HostCallError(`a bot may make ${REQUESTS_PER_MINUTE} requests a minute`, { kind: 'RuntimeError' })
      if ((hours.get(botId) ?? 0) > BYTES_PER_HOUR)
        throw new HostCallError('the requests of this bot moved too many bytes this hour', { kind: 'RuntimeError' })
      minutes.set(botId, count)
      return { spend: (bytes: number): void => void hours.set(botId, (hours.get(botId) ?? 0) + bytes) }
    },
  }
}
