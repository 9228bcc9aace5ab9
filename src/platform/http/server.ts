import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type preParsingHookHandler,
} from 'fastify'
import { AppError } from '../errors.ts'
import { inTurns } from '../turns.ts'
import { type AnswererOptions, answerer, boundIdleTime, hasBody, type RequestParts } from './answer.ts'
import { cutQueryKeys, type Gate, type RequestContext } from './context.ts'
import { DAV_METHODS, type EndpointSpec, isBytesReply, isStreamBody } from './contract.ts'
import { crossOrigin } from './cors.ts'
import { type Dialect, dialectFor, printFailure } from './dialect.ts'
import { Failures } from './failures.ts'
import { KEEP_ALIVE_MS } from './head.ts'
import { lane } from './lane.ts'
import { parseJsonBody, parseUrlEncodedBody } from './parse.ts'
import { requestIdOf } from './request-id.ts'
import type { Route } from './route.ts'

declare module 'fastify' {
  interface FastifyRequest {
    context: RequestContext
  }
  interface FastifyContextConfig {
    dialect?: Dialect
  }
}

export interface ServerOptions extends AnswererOptions {
  readonly routes: readonly Route[]
  /** The first one also answers for addresses that no dialect owns. */
  readonly dialects: readonly Dialect[]
  /** Addresses or networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  /** Of a JSON body. Streams have limits of their own. */
  readonly bodyLimitBytes: number
  /** How long a JSON body may take to arrive; a minute unless it is said. */
  readonly bodyTimeoutMs?: number
  /** Pages of other sites that may read what is not open to all of them; none unless told. */
  readonly corsOrigins?: readonly string[]
  /** Protocols of others that are served below a prefix and speak for themselves. */
  readonly mounts?: readonly Mount[]
}

export interface Mount {
  readonly prefix: string
  /** @param path What follows the prefix, with the query. @returns A promise that rejects with nothing answered. */
  handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>
}

const MAX_HEADER_PAIRS = 200
const HEADERS_TIMEOUT_MS = 15_000
const BODY_TIMEOUT_MS = 60_000
// Each may keep everybody waiting for a tenth of a millisecond.
const BODIES_PER_TURN = 4

/**
 * The HTTP server: every endpoint with the gate in front, and every failure in the words of the dialect whose path
 * was called, also for requests that never reached a route.
 */
export const httpServer = (options: ServerOptions): FastifyInstance => {
  const { dialects, log } = options
  const answer = answerer(options)
  const cors = crossOrigin(options.corsOrigins ?? [], options.routes, (path) => dialectFor(dialects, path))
  const app = Fastify({
    logger: false,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    bodyLimit: options.bodyLimitBytes,
    // Uploads may take hours: what is bounded is how long a connection may be idle, not how long a body may be.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    // Node would refuse a request without Host by itself, and without a body.
    // And a GET needs no stream for the body that it does not have.
    http: { requireHostHeader: false, optimizeEmptyRequests: true },
    return503OnClosing: false,
    exposeHeadRoutes: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 2048 },
    rewriteUrl: (raw) => cutQueryKeys(raw as IncomingMessage),
    clientErrorHandler: (error, socket) => answerUnreadable(options, error, socket),
    frameworkErrors: (error, request, reply) => failOutside(request, reply, error),
  })
  // Only routes take bodies. Reading one for an address that nobody owns would answer 400 or 415 where 404 is true.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.server.headersTimeout = HEADERS_TIMEOUT_MS
  // Their bodies are read by whoever answers them.
  for (const method of DAV_METHODS) app.addHttpMethod(method)
  // Node drops headers beyond its count silently; ours are counted and refused instead.
  app.server.maxHeadersCount = 0
  app.decorateRequest('context')

  const failOutside = (request: FastifyRequest, reply: FastifyReply, error: unknown): void => {
    const context = request.context ?? contextOutside(request, reply)
    reply.hijack()
    answer.failure(context, error)
  }
  /** Nobody stands behind the short way to catch what goes wrong while a failure is told. */
  const refuseSafely = (context: RequestContext, error: unknown): void => {
    try {
      answer.failure(context, error)
    } catch (cause) {
      log.error({ err: cause, requestId: context.id }, 'a failure could not be told')
      context.response.destroy()
    }
  }
  const behindProxy = options.trustedProxies.length > 0
  const ipOf = (request: FastifyRequest): string => (behindProxy ? request.ip : remoteAddress(request.raw))
  const contextOf = (
    raw: IncomingMessage,
    response: ServerResponse,
    ip: string,
    endpoint: EndpointSpec,
    dialect: Dialect,
  ): RequestContext => {
    const context: RequestContext = {
      id: requestIdOf(raw),
      ip,
      raw,
      response,
      endpoint,
      dialect,
      headers: [],
      caller: null,
      body: undefined,
    }
    if (raw.headers.origin !== undefined) cors.admit(context)
    return context
  }
  const contextOutside = (request: FastifyRequest, reply: FastifyReply): RequestContext => {
    const dialect = request.routeOptions.config.dialect ?? dialectFor(dialects, request.raw.url ?? '/')
    return contextOf(request.raw, reply.raw, ipOf(request), NO_ENDPOINT, dialect)
  }

  app.setErrorHandler((error, request, reply) => failOutside(request, reply, error))
  /** @returns false, with nothing answered, where a request asks no such thing, or must not do what it asks for. */
  const permit = ({ raw }: FastifyRequest, reply: FastifyReply, dialect: Dialect): boolean => {
    const headers = cors.preflight(raw, dialect)
    if (headers === undefined) return false
    reply.hijack()
    reply.raw.writeHead(204, [...headers, 'x-request-id', requestIdOf(raw)]).end()
    return true
  }
  app.setNotFoundHandler((request, reply) => {
    if (lacksHost(request.raw)) return failOutside(request, reply, new AppError(Failures.MALFORMED_REQUEST))
    if (permit(request, reply, dialectFor(dialects, request.raw.url ?? '/'))) return
    const allowed = allowedMethods(options.routes, pathOf(request.raw.url ?? '/'))
    if (allowed.length === 0) return failOutside(request, reply, new AppError(Failures.NOT_FOUND))
    request.context = contextOutside(request, reply)
    request.context.headers.push('allow', allowed.join(', '))
    failOutside(request, reply, new AppError(Failures.METHOD_NOT_ALLOWED))
  })

  // A JSON body that trickles in would hold its connection as long as it likes.
  const bodyDeadline: preParsingHookHandler = (request, reply, payload, done) => {
    // A request without a body is no stream that could end; the parser waits for an end.
    if (!hasBody(request.raw)) return done(null, Readable.from([], { objectMode: false }))
    // Gone while the gate was asking: nothing would ever end the wait for its body.
    if (request.raw.destroyed) return done(new AppError(Failures.TRUNCATED))
    // Answered here, and with the connection closed behind it: the parser goes on waiting for the body.
    const onLate = (): void => failOutside(request, reply, new AppError(Failures.BODY_TIMEOUT))
    const timer = setTimeout(onLate, options.bodyTimeoutMs ?? BODY_TIMEOUT_MS)
    const stop = (): void => clearTimeout(timer)
    // A body that is refused unread, or cut short, has no end.
    payload.once('end', stop).once('close', stop)
    reply.raw.once('close', stop)
    done(null, payload)
  }

  const fast = lane()
  const register = (scope: FastifyInstance, route: Route): void => {
    const { endpoint } = route
    for (const url of [endpoint.path, ...(endpoint.aliases ?? [])]) {
      const dialect = dialectFor(dialects, url)
      const handle = answer.handlerFor(route, `${endpoint.method} ${url}`)
      const readsBody = endpoint.method !== 'GET' && !isStreamBody(endpoint.body)
      // Also where the endpoint itself wants no body: the key may be all that is in it.
      const gateLate = readsBody && dialect.carriers.includes('body')
      // Nothing else is kept by a cache.
      const varies = isBytesReply(endpoint.returns[1]) && cors.varies(dialect)
      const begin = (context: RequestContext): void => {
        assertReadable(context.raw)
        if (varies && context.raw.headers.origin === undefined) context.headers.push('vary', 'origin')
      }
      fast.add(endpoint, url, (raw, response) => {
        const context = contextOf(raw, response, remoteAddress(raw), endpoint, dialect)
        const refuse = (error: unknown): void => refuseSafely(context, error)
        try {
          begin(context)
          const waiting = options.gate.admit(context)
          if (waiting === undefined) return handle(context, NO_PARTS)
          waiting.then(() => handle(context, NO_PARTS)).catch(refuse)
        } catch (error) {
          refuse(error)
        }
      })
      scope.route({
        method: endpoint.method,
        url,
        config: { dialect },
        onRequest: (request, reply, done) => {
          const context = contextOf(request.raw, reply.raw, ipOf(request), endpoint, dialect)
          request.context = context
          try {
            begin(context)
          } catch (error) {
            return done(error as Error)
          }
          if (endpoint.method === 'OPTIONS' && permit(request, reply, dialect)) return
          if (endpoint.method !== 'GET') boundIdleTime(context, options.idleTimeoutMs)
          if (gateLate) return done()
          enter(options.gate, context, done)
        },
        ...(readsBody ? { preParsing: bodyDeadline } : {}),
        ...(gateLate
          ? {
              preValidation: (request, _reply, done) => {
                request.context.body = request.body
                enter(options.gate, request.context, (error) => {
                  request.body = withoutKey(request.body)
                  done(error)
                })
              },
            }
          : {}),
        handler: (request, reply) => {
          reply.hijack()
          handle(request.context, request)
        },
      })
    }
  }

  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser<Buffer>(
      /^application\/([a-z.+-]+\+)?json\b/i,
      { parseAs: 'buffer' },
      (request, body, done) =>
        parsed(() => refuseEncoded(request.raw, () => parseJsonBody(body, keyMember(request))), done),
    )
    scope.addContentTypeParser<Buffer>(
      /^application\/x-www-form-urlencoded\b/i,
      { parseAs: 'buffer' },
      (request, body, done) =>
        parsed(() => {
          if (!request.context.dialect.formBodies) throw new AppError(Failures.UNSUPPORTED_MEDIA_TYPE)
          return refuseEncoded(request.raw, () => parseUrlEncodedBody(body))
        }, done),
    )
    for (const route of options.routes) if (!isStreamBody(route.endpoint.body)) register(scope, route)
  })
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    for (const route of options.routes) if (isStreamBody(route.endpoint.body)) register(scope, route)
  })
  for (const mount of options.mounts ?? [])
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
      scope.all(`${mount.prefix}/*`, (request, reply) => {
        reply.hijack()
        boundIdleTime(request, options.idleTimeoutMs)
        const path = (request.raw.url ?? '').slice(mount.prefix.length)
        mount
          .handle(request.raw, reply.raw, path)
          .catch((error) => answer.failure(contextOutside(request, reply), error))
      })
    })
  const withBody = inTurns(BODIES_PER_TURN)
  app.server.removeAllListeners('request').on('request', (raw, response) => {
    // Who is behind a proxy, only the framework can tell.
    const serve = behindProxy ? undefined : fast.find(raw)
    if (serve !== undefined) return serve(raw, response)
    if (!hasBody(raw)) return app.routing(raw, response)
    withBody(() => {
      // Whoever has hung up by now has asked for nothing.
      if (!raw.socket.destroyed) app.routing(raw, response)
    })
  })
  app.addHook('preClose', async () => fast.close())
  app.server.on('dropRequest', () => log.warn({}, 'a connection was dropped: too many requests on it'))
  return app
}

const remoteAddress = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? ''

const assertReadable = (raw: IncomingMessage): void => {
  if (lacksHost(raw)) throw new AppError(Failures.MALFORMED_REQUEST)
  if (raw.rawHeaders.length > MAX_HEADER_PAIRS * 2) throw new AppError(Failures.HEADERS_TOO_LARGE)
}

// RFC 9112: such a request gets 400, whatever it asks for.
const lacksHost = ({ headers, httpVersionMinor }: IncomingMessage): boolean =>
  headers.host === undefined && httpVersionMinor > 0

/** What a GET of a fixed address says beside its headers. */
const NO_PARTS: RequestParts = { params: {}, query: {}, body: undefined }

const NO_ENDPOINT = { method: 'GET', path: '*', scope: 'public', summary: '', returns: [200, null] } as const

const enter = (gate: Gate, context: RequestContext, done: (error?: Error) => void): void => {
  try {
    const waiting = gate.admit(context)
    if (waiting === undefined) done()
    else waiting.then(() => done(), done)
  } catch (error) {
    done(error as Error)
  }
}

const KEY_MEMBER = 'api_key'

/** The member of a JSON body that is a credential, where the dialect has one. */
const keyMember = ({ context }: FastifyRequest): string | undefined =>
  context.dialect.carriers.includes('body') ? KEY_MEMBER : undefined

// The credential has done its work: no schema has to know it, and no handler can write it down.
const withoutKey = (body: unknown): unknown => {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || !(KEY_MEMBER in body)) return body
  const { [KEY_MEMBER]: _key, ...rest } = body
  return rest
}

const parsed = (parse: () => unknown, done: (error: Error | null, body?: unknown) => void): void => {
  try {
    done(null, parse())
  } catch (error) {
    done(error as Error)
  }
}

const refuseEncoded = (raw: IncomingMessage, parse: () => unknown): unknown => {
  const encoding = raw.headers['content-encoding']
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return parse()
  throw new AppError(Failures.UNSUPPORTED_MEDIA_TYPE, { message: 'Send the body without Content-Encoding.' })
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? '/'

const allowedMethods = (routes: readonly Route[], path: string): string[] => {
  const methods = new Set<string>()
  for (const { endpoint } of routes) {
    for (const pattern of [endpoint.path, ...(endpoint.aliases ?? [])]) {
      if (matches(pattern, path)) methods.add(endpoint.method)
    }
  }
  return [...methods]
}

const matches = (pattern: string, path: string): boolean => {
  const wanted = pattern.split('/')
  const given = path.replace(/\/$/, '').split('/')
  for (const [index, part] of wanted.entries()) {
    if (part === '*') return given.length > index
    if (given[index] === undefined || (!part.startsWith(':') && part !== given[index])) return false
  }
  return wanted.length === given.length
}

// What the parser could not read has no request object: the answer is written to the bare socket.
const answerUnreadable = (
  options: ServerOptions,
  error: Error & { code?: string; rawPacket?: unknown },
  socket: Socket,
): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy()
  const entry = UNREADABLE[error.code ?? ''] ?? Failures.MALFORMED_REQUEST
  const firstLine = Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString('latin1', 0, 512) : ''
  const path = /^[A-Z]+ (\S+)/.exec(firstLine)?.[1] ?? '/'
  const dialect = dialectFor(options.dialects, path)
  const failure = new AppError(entry)
  const requestId = requestIdOf(undefined)
  const [type, body] = printFailure(dialect, failure, { requestId, nowMs: options.clock.now().getTime() })
  socket.end(
    `HTTP/1.1 ${failure.status} ${REASONS[failure.status] ?? 'Bad Request'}\r\nContent-Type: ${type}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nX-Request-Id: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
  )
}

const UNREADABLE: Record<string, (typeof Failures)[keyof typeof Failures]> = {
  HPE_HEADER_OVERFLOW: Failures.HEADERS_TOO_LARGE,
  ERR_HTTP_REQUEST_TIMEOUT: Failures.BODY_TIMEOUT,
}

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}
