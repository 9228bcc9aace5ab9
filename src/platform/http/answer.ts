import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Clock } from '../clock.ts'
import { AppError, type ErrorEntry } from '../errors.ts'
import type { Log } from '../log/index.ts'
import { challengeFor } from './challenge.ts'
import type { Gate, RequestContext } from './context.ts'
import { type EndpointSpec, isBytesReply, isStreamBody, type StreamBody } from './contract.ts'
import { printFailure } from './dialect.ts'
import { Failures } from './failures.ts'
import { readForm } from './form.ts'
import { takesOwnHead, writeOwnHead } from './head.ts'
import { isOutage } from './outage.ts'
import { parseInput } from './parse.ts'
import {
  type Input,
  isReply,
  isTransfer,
  type ReplyHeaders,
  type RequestInfo,
  type Route,
  type Transfer,
} from './route.ts'
import { runningRequests } from './running.ts'
import { serializerFor } from './serialize.ts'
import type { HttpStats, RouteStats } from './stats.ts'

export interface AnswererOptions {
  readonly gate: Gate
  readonly log: Log
  readonly clock: Clock
  readonly stats: HttpStats
  /** How long nothing may move on a connection while its request is being answered; two minutes unless told. */
  readonly idleTimeoutMs?: number
  /** Where people reach this server, for what refusals point at; without it they point at paths. */
  readonly publicUrl?: () => string
}

/** What a request says beside its headers, not parsed yet. */
export interface RequestParts {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
}

export interface Answerer {
  /** @returns The function that runs a route's handler and writes what it returns. */
  handlerFor(route: Route, name: string): (context: RequestContext, request: RequestParts) => void
  /** Writes a failure in the words of the context's dialect. */
  failure(context: RequestContext, error: unknown): void
}

const JSON_TYPE = 'application/json; charset=utf-8'

/**
 * Writes answers straight to Node's response: one `writeHead` with a flat header list, which costs a third of what
 * the framework's reply costs and is the same for every route.
 */
export const answerer = (options: AnswererOptions): Answerer => {
  const { log, clock, stats, idleTimeoutMs, publicUrl = () => '' } = options
  const unrouted = stats.of('unrouted')
  const running = runningRequests(options)

  const failure = (context: RequestContext, error: unknown, counters: RouteStats = unrouted): void => {
    const known = toAppError(error, context)
    const place = { requestId: context.id, path: context.endpoint.path }
    if (known === error && known.status >= 500 && known.cause === undefined)
      // Meant, and told to the caller: a flood of them must not cost a stack each.
      log.warn({ code: known.code, ...place }, 'a request could not be served')
    else if (known.status >= 500) log.error({ err: error, ...place }, 'a request failed')
    if (known.status === 401 && known.code !== 'AUTH_MISSING')
      log.info({ code: known.code, ip: context.ip, ...place }, 'a credential was refused')
    const { response, headers } = context
    if (response.headersSent) return void response.destroy()
    const challenge = challengeFor(known, context.dialect, publicUrl())
    if (challenge !== undefined) setHeader(headers, 'www-authenticate', challenge)
    if (known.retryAfterSeconds !== undefined) setHeader(headers, 'retry-after', String(known.retryAfterSeconds))
    const unread = !context.raw.complete && hasBody(context.raw)
    // Where a request cannot be read, nobody knows where the next one begins.
    if (unread || known.code === Failures.MALFORMED_REQUEST.code) headers.push('connection', 'close')
    const nowMs = clock.now().getTime()
    const [type, body] = printFailure(context.dialect, known, { requestId: context.id, nowMs })
    count(counters, known.status)
    writeText(context, known.status, body, type)
    if (unread) context.raw.resume()
  }

  return {
    failure,
    handlerFor(route, name) {
      const { endpoint } = route
      const counters = stats.of(name)
      const [status, schema] = endpoint.returns
      const print = schema === null || isBytesReply(schema) ? undefined : printedOnce(serializerFor(schema))
      const parse = parserFor(endpoint)

      const write = (context: RequestContext, value: unknown): void | Promise<void> => {
        const { length } = context.headers
        try {
          return writeValue(context, value)
        } catch (error) {
          // A header that cannot be sent must not stand in the answer which says so.
          context.headers.length = length
          context.response.statusMessage = ''
          throw error
        }
      }
      const writeValue = (context: RequestContext, value: unknown): void | Promise<void> => {
        const special = isReply(value) ? value : undefined
        if (special !== undefined) addHeaders(context.headers, special.headers)
        const code = special?.status ?? status
        const payload = special === undefined ? value : special.value
        count(counters, code)
        if (print !== undefined && payload !== undefined && payload !== null && !(payload instanceof Readable))
          return writeText(context, code, print(payload), JSON_TYPE, special === undefined)
        return writeBytes(context, code, payload)
      }
      const fail = (context: RequestContext, error: unknown): void => failure(context, error, counters)
      const watch = (context: RequestContext, answered: Promise<void>): void => {
        boundIdleTime(context, idleTimeoutMs)
        running.add(context)
        answered.then(
          () => running.remove(context),
          (error) => {
            running.remove(context)
            fail(context, error)
          },
        )
      }

      return (context, request) => {
        try {
          const value = route.handle(parse(context, request))
          if (value instanceof Promise)
            return watch(
              context,
              value.then((late) => write(context, late)),
            )
          const written = write(context, value)
          if (written !== undefined) watch(context, written)
        } catch (error) {
          fail(context, error)
        }
      }
    },
  }
}

/** Keeps what was printed of a value that is frozen, and will never be another one: as long as the value is kept. */
const printedOnce = (print: (value: unknown) => string): ((value: unknown) => string) => {
  const texts = new WeakMap<object, string>()
  return (value) => {
    if (typeof value !== 'object' || value === null || !Object.isFrozen(value)) return print(value)
    const known = texts.get(value)
    if (known !== undefined) return known
    const text = print(value)
    texts.set(value, text)
    return text
  }
}

const parserFor = (
  endpoint: EndpointSpec,
): ((context: RequestContext, request: RequestParts) => Input<EndpointSpec>) => {
  const { params, query, body } = endpoint
  const json = body === undefined || isStreamBody(body) ? undefined : body
  const form = isStreamBody(body) ? body : undefined
  return (context, request) => {
    const input = new RouteInput(context, form)
    if (params !== undefined) input.params = parseInput(params, request.params, 'params') as never
    if (query !== undefined) input.query = parseInput(query, request.query, 'query') as never
    if (json !== undefined) input.body = parseInput(json, request.body ?? {}, 'body') as never
    return input
  }
}

const NOTHING = Object.freeze({}) as never

/** What a handler gets. Most handlers look at a field or two, so what costs something is made when it is asked for. */
class RouteInput implements Input<EndpointSpec> {
  readonly caller: Input<EndpointSpec>['caller']
  params: Input<EndpointSpec>['params'] = NOTHING
  query: Input<EndpointSpec>['query'] = NOTHING
  body: Input<EndpointSpec>['body'] = undefined as never
  readonly #context: RequestContext
  readonly #spec: StreamBody | undefined
  #request: RequestView | undefined

  constructor(context: RequestContext, spec: StreamBody | undefined) {
    this.caller = context.caller as Input<EndpointSpec>['caller']
    this.#context = context
    this.#spec = spec
  }
  get request(): RequestInfo {
    this.#request ??= new RequestView(this.#context)
    return this.#request
  }
  get form(): Input<EndpointSpec>['form'] {
    return (store) =>
      readForm(this.request, this.#spec ?? { stream: 'form', field: 'file', fields: undefined }, store) as never
  }
}

/** Fields of the request that most handlers never look at are made when they are asked for. */
class RequestView implements RequestInfo {
  readonly #context: RequestContext
  #signal: AbortSignal | undefined

  constructor(context: RequestContext) {
    this.#context = context
  }
  get id(): string {
    return this.#context.id
  }
  get ip(): string {
    return this.#context.ip
  }
  get method(): string {
    return this.#context.raw.method ?? 'GET'
  }
  get headers() {
    return this.#context.raw.headers
  }
  get raw() {
    return this.#context.raw
  }
  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      const controller = new AbortController()
      const { response } = this.#context
      const abort = (): void => {
        if (!response.writableFinished) controller.abort(new AppError(Failures.TRUNCATED))
      }
      // Whoever asks late must not miss what has happened already.
      if (response.closed) abort()
      else response.once('close', abort)
      this.#signal = controller.signal
    }
    return this.#signal
  }
}

/** @param isOurs Whether no header has a value from outside. */
const writeText = (context: RequestContext, status: number, body: string, type: string, isOurs = false): void => {
  const { headers, response, id } = context
  const lengthBytes = Buffer.byteLength(body)
  if (isOurs && takesOwnHead(response)) {
    writeOwnHead(response, status, headers, `${linesOf(type, lengthBytes)}x-request-id: ${id}\r\n`)
  } else {
    const length = String(lengthBytes)
    headers.push('content-type', type, 'content-length', length, 'cache-control', 'no-store', 'x-request-id', id)
    response.writeHead(status, headers)
  }
  if (context.raw.method === 'HEAD') response.end()
  // Plain ASCII is the same bytes in both encodings, and this one is copied instead of converted.
  else response.end(body, lengthBytes === body.length ? 'latin1' : 'utf8')
}

let lines = { type: '', lengthBytes: -1, text: '' }

/** What answers of the same kind have in common; mostly the last one was of the same. */
const linesOf = (type: string, lengthBytes: number): string => {
  if (lines.lengthBytes !== lengthBytes || lines.type !== type) {
    const text = `content-type: ${type}\r\ncontent-length: ${lengthBytes}\r\ncache-control: no-store\r\n`
    lines = { type, lengthBytes, text }
  }
  return lines.text
}

const writeBytes = (context: RequestContext, status: number, value: unknown): void | Promise<void> => {
  const { headers, response } = context
  headers.push('x-request-id', context.id)
  if (isTransfer(value)) return writeTransfer(context, status, value)
  if (value instanceof Readable) {
    response.writeHead(status, headers)
    if (context.raw.method === 'HEAD') {
      value.destroy()
      response.end()
      return
    }
    return streamTo(response, value)
  }
  const body = typeof value === 'string' || Buffer.isBuffer(value) ? value : undefined
  if (!headers.includes('content-length') && status !== 204 && status !== 304)
    headers.push('content-length', String(body === undefined ? 0 : Buffer.byteLength(body)))
  response.writeHead(status, headers)
  response.end(context.raw.method === 'HEAD' ? undefined : body)
}

/** A stream that breaks half-way must not look complete: the connection is cut instead of ended. */
const streamTo = async (response: ServerResponse, source: Readable): Promise<void> => {
  // Whoever goes away in the middle, as everybody does who follows events, has not made anything fail.
  let hasLeft = response.closed
  response.prependOnceListener('close', () => {
    hasLeft = !source.destroyed
  })
  try {
    await pipeline(source, response)
  } catch (error) {
    if (!hasLeft) throw error
  }
}

const writeTransfer = async (
  { headers, response, raw }: RequestContext,
  status: number,
  transfer: Transfer,
): Promise<void> => {
  try {
    response.writeHead(status, headers)
    if (raw.method !== 'HEAD') await transfer.sendTo(response)
    else response.end()
  } finally {
    await transfer.close()
  }
}

const addHeaders = (headers: string[], extra: ReplyHeaders): void => {
  for (const [name, value] of Object.entries(extra)) {
    if (typeof value === 'string') headers.push(name, value)
    else for (const one of value) headers.push(name, one)
  }
}

const IDLE_TIMEOUT_MS = 120_000

/**
 * Cuts the connection when nothing moves on it for two minutes during this request. The server's own timeout would do
 * the same, but sets a timer for every request, and most are answered before one is worth setting.
 */
export const boundIdleTime = (
  { raw }: { readonly raw: IncomingMessage },
  idleTimeoutMs: number = IDLE_TIMEOUT_MS,
): void => {
  raw.socket.setTimeout(idleTimeoutMs)
}

/** Whether a request announces a body. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

const setHeader = (headers: string[], name: string, value: string): void => {
  const at = headers.indexOf(name)
  if (at >= 0) headers[at + 1] = value
  else headers.push(name, value)
}

const count = (counters: RouteStats, status: number): void => {
  const index = Math.trunc(status / 100)
  counters.byClass[index] = (counters.byClass[index] ?? 0) + 1
}

// The framework's own refusals, by its codes.
const FRAMEWORK: Record<string, ErrorEntry> = {
  FST_ERR_CTP_BODY_TOO_LARGE: Failures.PAYLOAD_TOO_LARGE,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: Failures.UNSUPPORTED_MEDIA_TYPE,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: Failures.TRUNCATED,
  FST_ERR_CTP_EMPTY_JSON_BODY: Failures.MALFORMED_JSON,
  FST_ERR_BAD_URL: Failures.MALFORMED_REQUEST,
  FST_ERR_MAX_PARAM_LENGTH: Failures.NOT_FOUND,
}

const OUTAGE_RETRY_SECONDS = 2

const toAppError = (error: unknown, { raw }: RequestContext): AppError => {
  if (error instanceof AppError) return error
  // The caller went away in the middle of the body: whatever that threw, nobody is left to read the answer.
  if (raw.destroyed && !raw.complete && hasBody(raw)) return new AppError(Failures.TRUNCATED, { cause: error })
  if (isOutage(error))
    return new AppError(Failures.UNAVAILABLE, { cause: error, retryAfterSeconds: OUTAGE_RETRY_SECONDS })
  const { code = '', statusCode = 500 } = error as { code?: unknown; statusCode?: unknown }
  const refused = String(code).startsWith('FST_') && Number(statusCode) < 500
  return new AppError(FRAMEWORK[String(code)] ?? (refused ? Failures.MALFORMED_REQUEST : Failures.INTERNAL), {
    cause: error,
  })
}
