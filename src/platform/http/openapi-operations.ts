import { STATUS_CODES } from 'node:http'
import type { z } from 'zod'
import { type EndpointSpec, isBytesReply, isStreamBody, type StreamBody } from './contract.ts'
import type { Carrier, Dialect } from './dialect.ts'
import { limitHeadersOf, REQUEST_ID_HEADER } from './openapi-failures.ts'
import { isObject, type JsonObject, pascal, type SchemaBook } from './openapi-schemas.ts'

/** A parameter of a path. */
export interface PathName {
  /** As the document calls it. */
  readonly name: string
  /** As the params schema calls it. */
  readonly member: string
}

export const SECURITY_SCHEMES: Record<string, JsonObject> = {
  bearerAuth: { type: 'http', scheme: 'bearer', description: 'An API key, as `Authorization: Bearer`.' },
  apiKeyHeader: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' },
  apiKeyQuery: {
    type: 'apiKey',
    in: 'query',
    name: 'api_key',
    description: 'An API key. It may also be the member `api_key` of the body. Servers can switch this off.',
  },
  session: { type: 'apiKey', in: 'cookie', name: 'login_token', description: 'A browser session, from signing in.' },
  device: { type: 'apiKey', in: 'header', name: 'X-HWID', description: 'The secret of a paired device.' },
}

// `body` is not here: OpenAPI has no word for a credential in a body.
const KEY_SCHEMES: Partial<Record<Carrier, string>> = {
  bearer: 'bearerAuth',
  'x-api-key': 'apiKeyHeader',
  query: 'apiKeyQuery',
}

/**
 * @returns Names of `SECURITY_SCHEMES`, each enough by itself, with the scope that a key needs; empty for "public".
 * @throws {Error} if nobody could call the endpoint: an empty list would read as "public".
 */
export const securityOf = (endpoint: EndpointSpec, dialect: Dialect): Record<string, string[]>[] => {
  if (endpoint.scope === 'public') return []
  const by = endpoint.by ?? ['key', 'session']
  const roles = endpoint.scope === 'any' ? [] : [endpoint.scope]
  const keys = dialect.carriers.flatMap((carrier) => KEY_SCHEMES[carrier] ?? [])
  const security = [
    ...(by.includes('key') ? keys.map((name) => ({ [name]: [...roles] })) : []),
    ...(by.includes('session') && dialect.carriers.includes('cookie') ? [{ session: [] }] : []),
    ...(by.includes('device') ? [{ device: [] }] : []),
  ]
  if (security.length === 0) throw new Error(`${endpoint.method} ${endpoint.path} can be called by nobody`)
  return security
}

/** @param id Names the parts of schemas that have no name of their own. */
export const parametersOf = (
  schemas: SchemaBook,
  endpoint: EndpointSpec,
  names: readonly PathName[],
  id: string,
): JsonObject[] => {
  const members = membersOf(schemas, endpoint.params, `${pascal(id)}Params`)
  const inPath = names.map(({ name, member }) => {
    const schema = members.find((candidate) => candidate.name === member)?.schema ?? { type: 'string' }
    return { name, in: 'path', required: true, ...described(schema) }
  })
  const inQuery = membersOf(schemas, endpoint.query, `${pascal(id)}Query`).map(({ name, schema, required }) => ({
    name,
    in: 'query',
    ...(required ? { required } : {}),
    ...described(schema),
  }))
  return [...inPath, ...inQuery, ...conditionalHeaders(endpoint)]
}

/** @returns undefined for an endpoint without a body. */
export const requestBodyOf = (
  schemas: SchemaBook,
  endpoint: EndpointSpec,
  dialect: Dialect,
  id: string,
): JsonObject | undefined => {
  const { body } = endpoint
  if (body === undefined) return undefined
  if (isStreamBody(body)) return streamBody(schemas, body, id)
  const content = { schema: schemas.of(body, 'input', `${pascal(id)}Body`) }
  // The server takes an absent body for an empty object.
  const required = !body.safeParse({}).success
  const asForm = dialect.formBodies ? { 'application/x-www-form-urlencoded': content } : {}
  return { required, content: { 'application/json': content, ...asForm } }
}

const streamBody = (schemas: SchemaBook, body: StreamBody, id: string): JsonObject => {
  if (body.stream === 'raw') return { required: true, content: { 'application/octet-stream': { schema: BINARY } } }
  const members = membersOf(schemas, body.fields, `${pascal(id)}Form`)
  const fields = Object.fromEntries(members.map(({ name, schema }) => [name, schema]))
  const required = members.filter((member) => member.required).map(({ name }) => name)
  const schema = {
    type: 'object',
    properties: { ...fields, [body.field]: BINARY },
    required: [body.field, ...required],
  }
  return { required: true, content: { 'multipart/form-data': { schema } } }
}

/** @returns undefined for a reply without a body. */
export const replyContentOf = (schemas: SchemaBook, endpoint: EndpointSpec, id: string): JsonObject | undefined => {
  const schema = endpoint.returns[1]
  if (schema === null) return undefined
  if (isBytesReply(schema)) return { [schema.bytes]: { schema: schemaOfBytes(schema.bytes) } }
  return { 'application/json': { schema: schemas.of(schema, 'output', `${pascal(id)}Reply`) } }
}

/** @returns By status: what the endpoint answers when it does not fail. */
export const repliesOf = (
  schemas: SchemaBook,
  endpoint: EndpointSpec,
  dialect: Dialect,
  id: string,
): Record<string, JsonObject> => {
  const limits = endpoint.scope === 'public' ? {} : limitHeadersOf(dialect, true)
  const content = replyContentOf(schemas, endpoint, id)
  const statuses = [...new Set([endpoint.returns[0], ...(endpoint.also ?? [])])]
  const entries = statuses.map((status): [string, JsonObject] => {
    const hasContent = content !== undefined && status >= 200 && status < 300 && status !== 204
    const headers = { 'X-Request-Id': REQUEST_ID_HEADER, ...limits, ...(status === 206 ? CONTENT_RANGE : {}) }
    const description = STATUS_CODES[status] ?? 'Answer'
    return [String(status), { description, headers, ...(hasContent ? { content } : {}) }]
  })
  return Object.fromEntries(entries)
}

// Both words for bytes: OpenAPI 3.1 uses JSON Schema's, most tools still look for the older one.
const BINARY: JsonObject = { type: 'string', format: 'binary', contentMediaType: 'application/octet-stream' }

const schemaOfBytes = (mediaType: string): JsonObject => {
  if (/^application\/([\w.-]+\+)?json\b/.test(mediaType)) return {}
  return mediaType.startsWith('text/') ? { type: 'string' } : { type: 'string', format: 'binary' }
}

const CONTENT_RANGE = {
  'Content-Range': { schema: { type: 'string' }, example: 'bytes 0-1023/146515' },
}

const conditionalHeaders = (endpoint: EndpointSpec): JsonObject[] => {
  const header = (name: string, description: string, example: string): JsonObject => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
    example,
  })
  const also = endpoint.also ?? []
  return [
    ...(also.includes(206) ? [header('Range', 'The part that is wanted; answered with 206.', 'bytes=0-1023')] : []),
    ...(also.includes(304) ? [header('If-None-Match', 'The `ETag` of the copy at hand.', '"b1946ac92492d234"')] : []),
  ]
}

interface Member {
  readonly name: string
  readonly schema: JsonObject
  readonly required: boolean
}

const membersOf = (schemas: SchemaBook, schema: z.ZodType | undefined, owner: string): Member[] => {
  if (schema === undefined) return []
  const { properties, required } = schemas.open(schema, 'input', owner)
  return Object.entries(isObject(properties) ? properties : {}).map(([name, member]) => ({
    name,
    schema: isObject(member) ? member : {},
    required: Array.isArray(required) && required.includes(name),
  }))
}

/** A parameter says some things itself that a schema says inside. */
const described = (schema: JsonObject): JsonObject => {
  const { description, deprecated, ...rest } = schema
  return {
    ...(description === undefined ? {} : { description }),
    ...(deprecated === undefined ? {} : { deprecated }),
    schema: rest,
  }
}
