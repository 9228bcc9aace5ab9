import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type {
  BodyOf,
  BytesReply,
  CallerKind,
  Endpoint,
  EndpointSpec,
  FieldsOf,
  ParamsOf,
  QueryOf,
  ReplyOf,
} from './contract.ts'

/** Who calls, as the gate established it. */
export interface Caller {
  readonly kind: CallerKind
  readonly accountId: string
  /** Bit set, see `scopeBits`. A session and a device have every scope. */
  readonly scopes: number
  /** The key, session or device that authenticated. */
  readonly credentialId: string
}

/** The request behind a call, for the few routes that need more than its parsed parts. */
export interface RequestInfo {
  readonly id: string
  readonly ip: string
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly raw: IncomingMessage
  /** Aborted when the client goes away before the answer is complete. */
  readonly signal: AbortSignal
}

/** One file of a form, as it arrives. The stream must be read to its end or destroyed. */
export interface FormFile {
  readonly stream: Readable
  readonly fileName: string
  readonly mimeType: string
}

/** What came of a form: its text fields, and what the route made of its file. */
export interface Form<Fields, Stored> {
  readonly fields: Fields
  readonly file: Stored
}

export interface Input<S extends EndpointSpec> {
  readonly caller: S['scope'] extends 'public' ? Caller | null : Caller
  readonly params: ParamsOf<S>
  readonly query: QueryOf<S>
  readonly body: BodyOf<S>
  readonly request: RequestInfo
  /** For a `formBody`: streams the form; `store` is called once, for the file, and its result is in the form. */
  readonly form: <Stored>(store: (file: FormFile) => Promise<Stored>) => Promise<Form<FieldsOf<S>, Stored>>
}

/** Names in lower case; a list of values is sent as one header each. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>

/** An answer with a status or headers of its own. */
export interface Reply<Value> {
  readonly status: number
  readonly headers: ReplyHeaders
  readonly value: Value
}

const REPLY: unique symbol = Symbol('reply')

/** @param headers Sent as given, next to the ones that every answer carries. */
export const reply = <Value>(status: number, value: Value, headers: ReplyHeaders = {}): Reply<Value> =>
  ({ status, headers, value, [REPLY]: true }) as Reply<Value>

export const isReply = (value: unknown): value is Reply<unknown> =>
  typeof value === 'object' && value !== null && REPLY in value

/**
 * Bytes that write themselves into the response, because they know a faster way than a stream. They are open, so that
 * what is wrong with the first of them was said before: whoever has them calls `sendTo` or `close`.
 */
export interface Transfer {
  /**
   * Writes all bytes and ends the response, whose status and headers are written already. If that fails half-way, the
   * connection is cut: the client sees a broken transfer, never a short one that looks whole.
   *
   * @param response The response itself, not a stream in front of it: memory is used again as soon as `write` calls back,
   * which for a response means that the system has the bytes, and for a transform only that it has seen them.
   * @returns `isComplete` false if the client went away first.
   */
  sendTo(response: ServerResponse): Promise<{ readonly isComplete: boolean }>
  /** Also after `sendTo`, where it changes nothing. */
  close(): Promise<void>
}

export const isTransfer = (value: unknown): value is Transfer =>
  typeof value === 'object' && value !== null && 'sendTo' in value && 'close' in value

type Bytes = Readable | Transfer | Buffer | string | null
type Value<S extends EndpointSpec> = S['returns'][1] extends BytesReply ? Bytes : ReplyOf<S>
type Answer<S extends EndpointSpec> = Value<S> | Reply<Value<S>>

export type Handler<S extends EndpointSpec> = (input: Input<S>) => Answer<S> | Promise<Answer<S>>

export interface Route {
  readonly endpoint: Endpoint<EndpointSpec>
  readonly handle: (input: Input<EndpointSpec>) => unknown
}

/** Binds an endpoint to the function that answers it. */
export const route = <S extends EndpointSpec>(endpoint: Endpoint<S>, handle: Handler<S>): Route => ({
  endpoint: endpoint as unknown as Endpoint<EndpointSpec>,
  handle: handle as unknown as Route['handle'],
})
