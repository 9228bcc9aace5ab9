import { z } from 'zod'
import type { Endpoint, EndpointSpec } from './contract.ts'
import { type Dialect, dialectFor } from './dialect.ts'
import { failureBook } from './openapi-failures.ts'
import {
  type PathName,
  parametersOf,
  repliesOf,
  replyContentOf,
  requestBodyOf,
  SECURITY_SCHEMES,
  securityOf,
} from './openapi-operations.ts'
import { type JsonObject, pascal, schemaBook } from './openapi-schemas.ts'

/** A chapter of the reference page. */
export interface Area {
  readonly name: string
  readonly about: string
  /** Paths that belong to it. The longest prefix that ends at a path segment wins. */
  readonly prefixes: readonly string[]
}

export interface OpenApiOptions {
  readonly endpoints: readonly Endpoint<EndpointSpec>[]
  readonly dialects: readonly Dialect[]
  /** Endpoints outside all of them stand under the name of their dialect. */
  readonly areas?: readonly Area[]
  /** Prefixes of paths that still work but that nobody should begin to use. */
  readonly deprecated?: readonly string[]
  readonly version: string
  /** Absolute, or relative to where the document is served from. */
  readonly serverUrl: string
}

/**
 * Describes endpoints as OpenAPI 3.1. An alias is a path of its own, with `x-alias-of`; the scope that a key needs is
 * `x-scope`. The rest of a path (`*`) is a parameter called like the `title` of the params schema's `*` member.
 *
 * @throws {Error} if two endpoints answer the same method and path, or one can be called by nobody.
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export const openApiDocument = (options: OpenApiOptions): JsonObject => {
  const { endpoints, areas = [], version, serverUrl } = options
  const schemas = schemaBook()
  const failures = failureBook(schemas)
  const identify = operationIds()
  const paths = pathBook()
  const tags = new Map<string, JsonObject>()
  const schemes = new Set<string>()

  const add = (endpoint: EndpointSpec, address: string, id: string): void => {
    const dialect = dialectFor(options.dialects, address)
    const path = shownPath(endpoint, address)
    const area = areaOf(areas, path) ?? { name: dialect.name, about: '' }
    tags.set(area.name, { name: area.name, ...(area.about === '' ? {} : { description: area.about }) })
    const names = paths.namesFor(endpoint, path)
    const isAlias = address !== endpoint.path
    const security = securityOf(endpoint, dialect)
    for (const name of security.flatMap((choice) => Object.keys(choice))) schemes.add(name)
    const body = requestBodyOf(schemas, endpoint, dialect, id)
    paths.add(endpoint.method, path, {
      tags: [area.name],
      operationId: isAlias ? identify.alias(id) : id,
      summary: endpoint.summary,
      ...(endpoint.description === undefined ? {} : { description: endpoint.description }),
      ...(isAlias
        ? { 'x-alias-of': `${endpoint.method} ${paths.templateOf(shownPath(endpoint, endpoint.path))}` }
        : {}),
      ...(options.deprecated?.some((prefix) => owns(prefix, path)) ? { deprecated: true } : {}),
      'x-scope': endpoint.scope,
      security,
      parameters: parametersOf(schemas, endpoint, names, id),
      ...(body === undefined ? {} : { requestBody: body }),
      responses: { ...failures.responses(endpoint, dialect), ...repliesOf(schemas, endpoint, dialect, id) },
    })
  }

  const identified = endpoints.map((endpoint) => [endpoint, identify.next(endpoint)] as const)
  // Replies first: where what is sent differs from what is answered, the answer keeps the plain name.
  for (const [endpoint, id] of identified) replyContentOf(schemas, endpoint, id)
  for (const [endpoint, id] of identified) {
    for (const path of [endpoint.path, ...(endpoint.aliases ?? [])]) add(endpoint, path, id)
  }

  return {
    openapi: '3.1.0',
    info: { title: 'Latchkey', version, license: { name: 'MIT', identifier: 'MIT' }, description: ABOUT },
    servers: [{ url: serverUrl }],
    tags: inOrderOf(areas, [...tags.values()]),
    paths: paths.all(),
    components: {
      schemas: schemas.all(),
      responses: failures.all(),
      headers: { RequestId: REQUEST_ID },
      securitySchemes: Object.fromEntries(Object.entries(SECURITY_SCHEMES).filter(([name]) => schemes.has(name))),
    },
  }
}

const ABOUT =
  'Files, Telegram bots and a knowledge hub behind one account and one set of keys. `x-scope` is the scope that a ' +
  'key needs; a browser session has every scope. `x-alias-of` marks a second address of the same operation.'

const REQUEST_ID: JsonObject = {
  description: "Finds this request in the server's log.",
  schema: { type: 'string' },
  example: 'req_0Zk3vX9Qb7LmT2',
}

const PLACEHOLDER = /:([A-Za-z_]\w*)|\*/g

const shownPath = ({ tail = '' }: EndpointSpec, path: string): string => path.replace(/\*$/, `*${tail}`)

const tailName = (params: z.ZodObject | undefined): string => {
  const tail = params?.shape['*']
  return (tail === undefined ? undefined : z.globalRegistry.get(tail)?.title) ?? 'rest'
}

/** Collects operations by path. Paths that differ only in the names of their parameters are one path in OpenAPI. */
const pathBook = () => {
  const shapes = new Map<string, { template: string; names: string[]; operations: JsonObject }>()
  const shapeOf = (path: string) => path.replace(PLACEHOLDER, '{}')
  const at = (path: string) => {
    const found = shapes.get(shapeOf(path))
    if (found === undefined) throw new Error(`the path ${path} has no parameters yet`)
    return found
  }

  return {
    /** @returns The parameters of `path`, in order, under the names by which the document knows them. */
    namesFor(endpoint: EndpointSpec, path: string): PathName[] {
      const members = [...path.matchAll(PLACEHOLDER)].map(([, name]) => name ?? '*')
      const shape = shapeOf(path)
      if (!shapes.has(shape)) {
        const names = members.map((member) => (member === '*' ? tailName(endpoint.params) : member))
        const next = names.values()
        const template = path.replace(PLACEHOLDER, () => `{${next.next().value}}`)
        shapes.set(shape, { template, names, operations: {} })
      }
      const { names } = at(path)
      return members.map((member, index) => ({ name: names[index] ?? member, member }))
    },
    templateOf: (path: string): string => at(path).template,
    add(method: string, path: string, operation: JsonObject): void {
      const { template, operations } = at(path)
      const key = method.toLowerCase()
      if (key in operations) throw new Error(`two endpoints answer ${method} ${template}`)
      operations[key] = operation
    },
    all: (): JsonObject =>
      Object.fromEntries([...shapes.values()].map(({ template, operations }) => [template, operations])),
  }
}

/** Names operations after their summaries ("Create a shelf" is `createShelf`), or after method and path when taken. */
const operationIds = () => {
  const used = new Set<string>()
  // What stands behind the first stop explains, and would make a name of a dozen words.
  const fromSummary = ({ summary }: EndpointSpec): string =>
    camel((summary.split(/[,.:;(]/, 1)[0] ?? '').replace(/\b(an?|the|your)\b/gi, ' '))
  const unused = (...wanted: string[]): string => {
    const last = wanted.at(-1) ?? 'operation'
    const free = wanted.find((id) => id !== '' && !used.has(id))
    if (free !== undefined) {
      used.add(free)
      return free
    }
    let number = 2
    while (used.has(`${last}${number}`)) number++
    return unused(`${last}${number}`)
  }
  return {
    next: (endpoint: EndpointSpec) =>
      unused(fromSummary(endpoint), camel(`${endpoint.method.toLowerCase()} ${endpoint.path}`)),
    alias: (id: string) => unused(`${id}Alias`),
  }
}

const camel = (words: string): string => {
  const name = pascal(words.replace(/['’]/g, ''))
  return name.charAt(0).toLowerCase() + name.slice(1)
}

const areaOf = (areas: readonly Area[], path: string): Area | undefined => {
  const length = (area: Area) =>
    Math.max(-1, ...area.prefixes.filter((prefix) => owns(prefix, path)).map((p) => p.length))
  const best = areas.toSorted((a, b) => length(b) - length(a))[0]
  return best !== undefined && length(best) >= 0 ? best : undefined
}

const owns = (prefix: string, path: string): boolean =>
  path === prefix || path.startsWith(`${prefix.replace(/\/$/, '')}/`)

const inOrderOf = (areas: readonly Area[], tags: readonly JsonObject[]): JsonObject[] => {
  const position = (tag: JsonObject) => {
    const index = areas.findIndex(({ name }) => name === tag.name)
    return index < 0 ? areas.length : index
  }
  return tags.toSorted((a, b) => position(a) - position(b))
}
