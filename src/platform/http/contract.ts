import type { z } from 'zod'
import type { ErrorEntry } from '../errors.ts'
import type { Scope } from './scopes.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | DavMethod

/** Methods of WebDAV. OpenAPI cannot describe them. */
export type DavMethod = (typeof DAV_METHODS)[number]
export const DAV_METHODS = ['PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK'] as const

/** Who may call: an API key, a browser session, or a paired device (`X-HWID`). */
export type CallerKind = 'key' | 'session' | 'device'

/** A body that is not JSON. `raw` is handed over as a stream, `form` as a multipart form with one file in `field`. */
export interface StreamBody<Fields extends z.ZodType = z.ZodType> {
  readonly stream: 'raw' | 'form'
  readonly field: string
  readonly fields: Fields | undefined
}

/** The request's bytes as they come: `Content-Type` is data, not a format to parse. */
export const rawBody = (): StreamBody => ({ stream: 'raw', field: '', fields: undefined })

/** A `multipart/form-data` body: one file in `field`, and text fields of the given shape, before or behind it. */
export const formBody = <F extends z.ZodType>(field: string, fields: F): StreamBody<F> => ({
  stream: 'form',
  field,
  fields,
})

/** A reply made of bytes: a file, a page, an event stream. */
export interface BytesReply {
  readonly bytes: string
}

/** @param mediaType What the reference page says of the reply, such as `application/octet-stream`. */
export const bytes = (mediaType: string): BytesReply => ({ bytes: mediaType })

export interface EndpointSpec {
  readonly method: Method
  /** With `:name` for a parameter, and `*` for the rest of the path. */
  readonly path: string
  /** What the rest of the path always ends in, such as `/rename`: the reference page tells endpoints apart by it. */
  readonly tail?: string
  /** Older or shorter paths of the same endpoint. */
  readonly aliases?: readonly string[]
  /** The scope a key needs; `any` takes every valid credential, `public` asks for none. */
  readonly scope: Scope | 'any' | 'public'
  /** Default: a key with that scope, or a session. */
  readonly by?: readonly CallerKind[]
  /** A scope that the key alone does not give: the account's plan must include API access. Default true. */
  readonly plan?: boolean
  /** Counted under limits of this name instead of those of its API: for requests of which one transfer needs many. */
  readonly budget?: string
  readonly summary: string
  readonly description?: string
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType | StreamBody
  /** Also the filter: a field that is not in the schema never leaves the server. */
  readonly returns: readonly [status: number, schema: z.ZodType | BytesReply | null]
  /** Other statuses that carry an answer, such as 206 and 304 of a download. */
  readonly also?: readonly number[]
  readonly errors?: Readonly<Record<string, ErrorEntry>>
}

export type Endpoint<S extends EndpointSpec = EndpointSpec> = S & { readonly kind: 'endpoint' }

/**
 * One endpoint: the single place from which validation, types, OpenAPI and the client come.
 *
 * @param spec Literal types are kept, so that a handler and a client call are checked against it.
 */
export const endpoint = <const S extends EndpointSpec>(spec: S): Endpoint<S> => ({ ...spec, kind: 'endpoint' })

type Parsed<T> = T extends z.ZodType ? z.infer<T> : Record<string, never>
type Given<T> = T extends z.ZodType ? z.input<T> : undefined

export type ParamsOf<S extends EndpointSpec> = Parsed<S['params']>
export type QueryOf<S extends EndpointSpec> = Parsed<S['query']>
export type BodyOf<S extends EndpointSpec> = S['body'] extends z.ZodType ? z.infer<S['body']> : undefined
export type FieldsOf<S extends EndpointSpec> = S['body'] extends StreamBody<infer F> ? z.infer<F> : never
export type ReplyOf<S extends EndpointSpec> = S['returns'][1] extends z.ZodType ? z.infer<S['returns'][1]> : undefined

/** What a caller of the typed client passes. */
export type CallOf<S extends EndpointSpec> = {
  params?: Given<S['params']>
  query?: Given<S['query']>
  body?: S['body'] extends z.ZodType ? z.input<S['body']> : unknown
}

/** True for a body that is handed to the route as a stream instead of being parsed. */
export const isStreamBody = (body: EndpointSpec['body']): body is StreamBody => body !== undefined && 'stream' in body

export const isBytesReply = (schema: EndpointSpec['returns'][1]): schema is BytesReply =>
  schema !== null && 'bytes' in schema
