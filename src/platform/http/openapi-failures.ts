import { AppError, type ErrorEntry } from '../errors.ts'
import { type Decision, dayPolicy, windowPolicy } from '../limits/index.ts'
import { type EndpointSpec, isStreamBody } from './contract.ts'
import type { Dialect } from './dialect.ts'
import { Failures } from './failures.ts'
import { byName, isObject, type JsonObject, pascal, type SchemaBook } from './openapi-schemas.ts'

/** The failures of a document: each status that an endpoint can answer, with an example for each code. */
export interface FailureBook {
  /** @returns By status, ascending. Answers that many endpoints share are references. */
  responses(endpoint: EndpointSpec, dialect: Dialect): Record<string, JsonObject>
  /** The shared answers, by name and in order of names. */
  all(): Record<string, JsonObject>
}

// A document must not change because it was made at another time.
const CONTEXT = { requestId: 'req_0Zk3vX9Qb7LmT2', nowMs: Date.UTC(2026, 0, 15, 10, 30) }
const RETRY_AFTER_SECONDS = 30
const DETAILS = [{ path: 'body.name', message: 'name: Invalid input: expected string, received undefined' }]

export const failureBook = (schemas: SchemaBook): FailureBook => {
  const shared = new Map<string, JsonObject>()
  const bodies = new Map<Dialect, JsonObject>()
  const bodyOf = (dialect: Dialect): JsonObject => {
    const known = bodies.get(dialect)
    if (known !== undefined) return known
    const samples = Object.values(Failures).map((entry) => sampleOf(entry, dialect))
    const reference = schemas.define(`${pascal(dialect.name)}Failure`, schemaOfSamples(samples))
    bodies.set(dialect, reference)
    return reference
  }
  const responseOf = (status: number, entries: readonly ErrorEntry[], dialect: Dialect): JsonObject => ({
    description: [...new Set(entries.map((entry) => entry.message))].join(' \n'),
    headers: headersOf(status, dialect),
    content: { 'application/json': { schema: bodyOf(dialect), examples: examplesOf(entries, dialect) } },
  })

  return {
    responses(endpoint, dialect) {
      const own = Object.values(endpoint.errors ?? {})
      const common = commonFailures(endpoint, dialect).filter((entry) => !own.some(({ code }) => code === entry.code))
      const byStatus = Object.groupBy([...common, ...own], (entry) => String(entry.status))
      const responses = Object.entries(byStatus).map(([status, entries = []]): [string, JsonObject] => {
        const response = responseOf(Number(status), entries, dialect)
        if (entries.some((entry) => own.includes(entry))) return [status, response]
        const name = [dialect.name, status, ...entries.map(({ code }) => code)].join('.').replace(/[^\w.-]/g, '-')
        shared.set(name, response)
        return [status, { $ref: `#/components/responses/${name}` }]
      })
      return Object.fromEntries(responses.sort(byName))
    },
    all: () => Object.fromEntries([...shared].sort(byName)),
  }
}

/** What an endpoint can refuse because of what it is, besides what its contract lists. */
const commonFailures = (endpoint: EndpointSpec, dialect: Dialect): ErrorEntry[] => {
  const { body } = endpoint
  const isStream = isStreamBody(body)
  const takesJson = body !== undefined && !isStream
  const takesInput = takesJson || endpoint.params !== undefined || endpoint.query !== undefined
  const when = (condition: boolean, ...entries: ErrorEntry[]): ErrorEntry[] => (condition ? entries : [])
  return [
    ...when(takesInput || (isStream && body.stream === 'form'), Failures.INVALID_INPUT, Failures.INVALID_TEXT),
    ...when(takesJson, Failures.MALFORMED_JSON, Failures.PAYLOAD_TOO_LARGE, Failures.UNSUPPORTED_MEDIA_TYPE),
    ...when(isStream, Failures.TRUNCATED),
    ...when(isStream && body.stream === 'form', Failures.UNSUPPORTED_MEDIA_TYPE),
    ...refusals(endpoint, dialect),
    Failures.RATE_LIMITED,
    Failures.INTERNAL,
    Failures.UNAVAILABLE,
  ]
}

const refusals = (endpoint: EndpointSpec, dialect: Dialect): ErrorEntry[] => {
  if (endpoint.scope === 'public') return []
  const callers = endpoint.by ?? ['key', 'session']
  const byKey = callers.includes('key')
  const bySession = callers.includes('session') && dialect.carriers.includes('cookie')
  return [
    ...Object.values(Failures).filter(({ status }) => status === 401),
    ...(byKey ? [Failures.AUTH_AMBIGUOUS] : []),
    ...(byKey && endpoint.scope !== 'any' ? [Failures.SCOPE_MISSING] : []),
    ...(byKey && endpoint.plan !== false ? [Failures.PLAN_REQUIRED] : []),
    ...(endpoint.by === undefined ? [] : [Failures.CREDENTIAL_KIND]),
    ...(bySession && endpoint.method !== 'GET' ? [Failures.CROSS_SITE] : []),
  ]
}

const sampleOf = (entry: ErrorEntry, dialect: Dialect): unknown => {
  const waits = entry.status === 429 || entry.status === 503
  const error = new AppError(entry, {
    ...(entry.code === Failures.INVALID_INPUT.code ? { details: DETAILS } : {}),
    ...(waits ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : {}),
  })
  // Through JSON, because members that are undefined are not printed.
  return JSON.parse(JSON.stringify(dialect.failure(error, CONTEXT)))
}

const examplesOf = (entries: readonly ErrorEntry[], dialect: Dialect): JsonObject => {
  const examples: JsonObject = {}
  const seen = new Set<string>()
  for (const entry of entries) {
    const value = sampleOf(entry, dialect)
    const text = JSON.stringify(value)
    if (seen.has(text)) continue
    seen.add(text)
    // Two failures that a dialect prints with one code are told apart by our own.
    const code = dialect.code(entry)
    examples[code in examples ? entry.code : code] = { summary: entry.message, value }
  }
  return examples
}

const MINUTE = windowPolicy('minute', 100, 60_000)
const DAY = dayPolicy('day', 144_000)

const decision = (allowed: boolean): Decision => ({
  allowed,
  states: [MINUTE, DAY].map((policy) => ({
    policy,
    remaining: allowed ? policy.limit - 1 : 0,
    resetMs: RETRY_AFTER_SECONDS * 1000,
    resetAtSeconds: CONTEXT.nowMs / 1000 + RETRY_AFTER_SECONDS,
  })),
  retryAfterSeconds: allowed ? 0 : RETRY_AFTER_SECONDS,
  violated: allowed ? [] : [MINUTE.name],
  epoch: 0,
})

/** Headers about limits that a dialect sends, with the values of a made-up caller. */
export const limitHeadersOf = (dialect: Dialect, allowed: boolean): Record<string, JsonObject> => {
  const flat = dialect.limitHeaders(decision(allowed), CONTEXT.nowMs)
  const headers: Record<string, JsonObject> = {}
  for (let index = 0; index + 1 < flat.length; index += 2) {
    headers[flat[index] ?? ''] = { schema: { type: 'string' }, example: flat[index + 1] }
  }
  return headers
}

export const REQUEST_ID_HEADER: JsonObject = { $ref: '#/components/headers/RequestId' }

const RETRY_AFTER = (description: string): JsonObject => ({
  description,
  schema: { type: 'integer', minimum: 1 },
  example: RETRY_AFTER_SECONDS,
})

const headersOf = (status: number, dialect: Dialect): Record<string, JsonObject> => {
  const headers: Record<string, JsonObject> = { 'X-Request-Id': REQUEST_ID_HEADER }
  if (status === 401) {
    const description = 'How to authenticate (RFC 9110, section 11.6.1).'
    headers['WWW-Authenticate'] = { description, schema: { type: 'string' }, example: 'Bearer' }
  }
  if (status === 429) {
    Object.assign(headers, limitHeadersOf(dialect, false))
    for (const name of Object.keys(headers)) if (name.toLowerCase() === 'retry-after') delete headers[name]
    headers['Retry-After'] = RETRY_AFTER('Seconds after which the same request can pass.')
  }
  if (status === 503) headers['Retry-After'] = RETRY_AFTER('Seconds after which it is worth trying again, if known.')
  return headers
}

/** The schema that all samples have in common: members that some lack are optional. */
const schemaOfSamples = (samples: readonly unknown[]): JsonObject => {
  const types = [...new Set(samples.map(typeOf))]
  if (types.length > 1) return { type: types.sort() }
  if (types[0] === 'object') return schemaOfObjects(samples.filter(isObject))
  if (types[0] === 'array') return { type: 'array', items: schemaOfSamples(samples.flat()) }
  if (types[0] === 'boolean' && new Set(samples).size === 1) return { type: 'boolean', const: samples[0] }
  return types[0] === undefined ? {} : { type: types[0] }
}

const schemaOfObjects = (samples: readonly JsonObject[]): JsonObject => {
  const names = [...new Set(samples.flatMap((sample) => Object.keys(sample)))]
  const properties = names.map((name) => {
    const values = samples.filter((sample) => name in sample).map((sample) => sample[name])
    return [name, schemaOfSamples(values)] as const
  })
  const required = names.filter((name) => samples.every((sample) => name in sample))
  return { type: 'object', properties: Object.fromEntries(properties), ...(required.length > 0 ? { required } : {}) }
}

const typeOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}
