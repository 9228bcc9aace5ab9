import type { z } from 'zod'
import {
  type BytesReply,
  type EndpointSpec,
  isBytesReply,
  isStreamBody,
  type ReplyOf,
  type StreamBody,
} from '../platform/http/contract.ts'
import { type Address, addressOf } from './address.ts'
import { ClientError, parseJson, toClientError } from './client-error.ts'
import { encodeForm, type FormContent } from './form.ts'

export { addressOf } from './address.ts'
export { ClientError } from './client-error.ts'
export type { StreamFile } from './form.ts'

/** Where a parameter, a query or a body is optional as a whole, it may be left out. */
type Member<Name extends string, Value> = object extends Value
  ? { readonly [N in Name]?: Value | undefined }
  : { readonly [N in Name]: Value }

type Absent<Name extends string> = { readonly [N in Name]?: undefined }

type Given<Name extends string, Schema> = Schema extends z.ZodType ? Member<Name, z.input<Schema>> : Absent<Name>

type RawContent = Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | string

type FormInput<Fields> = Omit<FormContent, 'fields'> & Given<'fields', Fields>

// Only a raw body leaves its fields open.
type GivenBody<Body> =
  Body extends StreamBody<infer Fields>
    ? { readonly body: z.ZodType extends Fields ? RawContent : FormInput<Fields> }
    : Given<'body', Body>

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly signal?: AbortSignal | undefined
  /** Default 30 s; none while a stream, a form or raw bytes are sent. */
  readonly timeoutMs?: number | undefined
}

/** Everything that a call of an endpoint takes. */
export type CallInput<S extends EndpointSpec> = Given<'params', S['params']> &
  Given<'query', S['query']> &
  GivenBody<S['body']> &
  CallOptions

type Arguments<S extends EndpointSpec> = object extends CallInput<S> ? [input?: CallInput<S>] : [input: CallInput<S>]

/** An endpoint whose reply is JSON, or nothing. */
type Callable<S extends EndpointSpec> = S['returns'][1] extends BytesReply ? never : S

export interface ClientOptions {
  /** Where the server's paths begin; an empty string is the page's own origin. */
  readonly baseUrl: string
  /** An API key, sent as `Authorization: Bearer`. */
  readonly key?: string | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Whether cookies go along; the browser's default is its own origin only. */
  readonly credentials?: 'omit' | 'same-origin' | 'include' | undefined
}

export interface Client {
  /**
   * Calls an endpoint whose reply is JSON.
   *
   * The reply is typed and not checked: the server prints through the same schema, and a newer server may know more.
   *
   * @returns undefined where the endpoint answers nothing.
   * @throws {ClientError}
   */
  call<const S extends EndpointSpec>(endpoint: Callable<S> & S, ...input: Arguments<S>): Promise<ReplyOf<S>>
  /**
   * Calls any endpoint and hands over the answer as it comes: bytes, ranges (206), 304, event streams. The timeout
   * ends when the answer begins; a `signal` also ends its body.
   *
   * @throws {ClientError} for a status of 400 or more.
   */
  raw<S extends EndpointSpec>(endpoint: S, ...input: Arguments<S>): Promise<Response>
  /** The address that a call would go to, for links and images. */
  url<S extends EndpointSpec>(endpoint: S, address: Pick<CallInput<S>, 'params' | 'query'>): string
}

const DEFAULT_TIMEOUT_MS = 30_000

/**
 * A client for every endpoint of the server, in Node and in browsers: what a call takes and gives follows from the
 * endpoint's contract.
 */
export const createClient = (options: ClientOptions): Client => {
  // A browser's fetch must not lose its window.
  const send = options.fetch ?? ((url: string, init: RequestInit) => globalThis.fetch(url, init))
  const base = options.baseUrl.replace(/\/+$/, '')

  const open = async (endpoint: EndpointSpec, input: LooseInput, deadline: Deadline): Promise<Response> => {
    const { body, contentType } = encodeBody(endpoint.body, input.body)
    const headers = new Headers(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` })
    if (contentType !== undefined) headers.set('content-type', contentType)
    for (const [name, value] of Object.entries({ ...options.headers, ...input.headers })) headers.set(name, value)
    const init: RequestInit & { duplex?: 'half' } = { method: endpoint.method, headers, signal: deadline.signal }
    if (options.credentials !== undefined) init.credentials = options.credentials
    if (body !== undefined) init.body = body
    if (body instanceof ReadableStream) init.duplex = 'half'
    return deadline.within(send(base + addressOf(endpoint, input), init))
  }

  return {
    async call(endpoint: EndpointSpec, input: LooseInput = {}) {
      if (isBytesReply(endpoint.returns[1])) throw new TypeError(`${endpoint.path} answers bytes: use raw()`)
      const deadline = deadlineOf(endpoint, input)
      try {
        const response = await open(endpoint, input, deadline)
        const text = await deadline.within(response.text())
        if (!response.ok) throw toClientError(response, text)
        return replyOf(endpoint, response, text) as never
      } finally {
        deadline.stop()
      }
    },
    async raw(endpoint: EndpointSpec, input: LooseInput = {}) {
      const deadline = deadlineOf(endpoint, input)
      try {
        const response = await open(endpoint, input, deadline)
        if (response.status >= 400) throw toClientError(response, await deadline.within(response.text()))
        return response
      } finally {
        deadline.stop()
      }
    },
    url: (endpoint, address) => base + addressOf(endpoint, address as Address),
  }
}

/** What `CallInput` is once its endpoint is no longer known by type. */
interface LooseInput extends Address, CallOptions {
  readonly body?: unknown
}

interface Deadline {
  readonly signal: AbortSignal
  /** Passes a result on, and tells a timeout and a broken connection from a call that was cancelled. */
  within<T>(work: Promise<T>): Promise<T>
  stop(): void
}

const deadlineOf = ({ body }: EndpointSpec, { timeoutMs, signal }: CallOptions): Deadline => {
  const limitMs = timeoutMs ?? (isStreamBody(body) ? undefined : DEFAULT_TIMEOUT_MS)
  const controller = new AbortController()
  const timer = limitMs === undefined ? undefined : setTimeout(() => controller.abort(), limitMs)
  return {
    signal: signal === undefined ? controller.signal : AbortSignal.any([controller.signal, signal]),
    async within(work) {
      try {
        return await work
      } catch (cause) {
        if (signal?.aborted) throw cause
        if (!controller.signal.aborted)
          throw new ClientError({ status: 0, code: 'NETWORK', message: reasonOf(cause), cause })
        throw new ClientError({ status: 0, code: 'TIMEOUT', message: `No answer within ${limitMs} ms.`, cause })
      }
    },
    stop: () => clearTimeout(timer),
  }
}

// fetch says "fetch failed" and keeps the reason as its cause.
const reasonOf = (error: unknown): string => {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const reason = inner instanceof Error ? inner.message || inner.name : String(inner)
  return `The server could not be reached: ${reason}`
}

const replyOf = (endpoint: EndpointSpec, response: Response, text: string): unknown => {
  if (endpoint.returns[1] === null || text === '') return undefined
  const reply = parseJson(text)
  if (reply.ok) return reply.value
  const message = 'The answer is not JSON. Is this the address of the server?'
  const requestId = response.headers.get('x-request-id') ?? undefined
  throw new ClientError({
    status: response.status,
    code: 'BAD_REPLY',
    message,
    requestId,
    body: text,
    cause: reply.cause,
  })
}

type Content = RawContent | FormData

const encodeBody = (
  body: EndpointSpec['body'],
  given: unknown,
): { body: Content | undefined; contentType?: string | undefined } => {
  if (body === undefined) return { body: undefined }
  if (!isStreamBody(body)) {
    return given === undefined ? { body: undefined } : { body: JSON.stringify(given), contentType: 'application/json' }
  }
  // The types of `call` and `raw` have seen to it.
  if (body.stream === 'form') return encodeForm(body.field, given as FormContent)
  const type = given instanceof Blob ? given.type : ''
  return { body: given as RawContent, contentType: type || 'application/octet-stream' }
}
