import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { type AppError, defineErrors } from '../errors.ts'
import { bytes, type Endpoint, type EndpointSpec, endpoint, formBody, rawBody } from './contract.ts'
import type { Dialect } from './dialect.ts'
import { openApiDocument } from './openapi.ts'
import { documentProblems } from './openapi-check.ts'

const shelfDialect: Dialect = {
  name: 'shelves',
  prefixes: ['/api'],
  carriers: ['bearer', 'x-api-key', 'cookie'],
  formBodies: false,
  failure: (error: AppError, { requestId }) => ({
    error: error.message,
    code: error.code.toLowerCase(),
    request_id: requestId,
    ...(error.details === undefined ? {} : { details: error.details }),
  }),
  code: ({ code }) => code.toLowerCase(),
  limitHeaders: ({ states }) => ['X-RateLimit-Limit', String(states[0]?.policy.limit)],
}

const robotDialect: Dialect = {
  name: 'robots',
  prefixes: ['/v2'],
  carriers: ['bearer', 'query', 'body', 'cookie'],
  formBodies: true,
  failure: (error: AppError) => ({ ok: false, result: error.message, code: error.code }),
  code: ({ code }) => code,
  limitHeaders: () => [],
}

const ShelfErrors = defineErrors({ SHELF_NAME_TAKEN: [409, 'You already have a shelf with this name.'] })

const Shelf = z
  .object({
    id: z.string().meta({ id: 'ShelfId', example: 'shelf_8Kq2' }),
    name: z.string().trim().min(1).max(80).describe('Unique within the account.'),
    colour: z.string().nullable().default(null),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Shelf' })

const getShelf = endpoint({
  method: 'GET',
  path: '/api/v1/shelves/:id',
  aliases: ['/api/old/shelf/:id'],
  scope: 'cards:read',
  summary: 'Get a shelf',
  params: z.object({ id: z.string().describe('Of the shelf.').meta({ example: 'shelf_8Kq2' }) }),
  query: z.object({
    limit: z.coerce.number<string>().int().min(1).max(100).default(50),
    include: z.string().optional(),
  }),
  returns: [200, Shelf],
})
const createShelf = endpoint({
  method: 'POST',
  path: '/api/v1/shelves',
  scope: 'cards:write',
  summary: 'Create a shelf',
  body: Shelf.pick({ name: true, colour: true }),
  returns: [201, Shelf],
  errors: ShelfErrors,
})
const replaceShelf = endpoint({
  method: 'PUT',
  path: '/api/v1/shelves/:shelfId',
  scope: 'cards:write',
  summary: 'Create a shelf',
  params: z.object({ shelfId: z.string() }),
  body: Shelf,
  returns: [204, null],
})
const download = endpoint({
  method: 'GET',
  path: '/api/v1/files/:id/content',
  scope: 'public',
  summary: "Download a file's bytes, or a part of them",
  params: z.object({ id: z.string() }),
  returns: [200, bytes('application/octet-stream')],
  also: [206, 304],
})
const upload = endpoint({
  method: 'POST',
  path: '/api/v1/files',
  scope: 'files:write',
  summary: 'Upload a file',
  body: formBody('file', z.object({ folder_id: z.string().optional(), tag: z.string() })),
  returns: [201, z.object({ id: z.string() })],
})
const uploadPart = endpoint({
  method: 'PUT',
  path: '/api/v1/parts/:id',
  by: ['session', 'device'],
  scope: 'any',
  summary: 'Upload a part',
  params: z.object({ id: z.string() }),
  body: rawBody(),
  returns: [204, null],
})
const runCommand = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/commands/*',
  scope: 'bots:write',
  summary: 'Run a command',
  params: z.object({ botid: z.string(), '*': z.string().meta({ title: 'command', description: 'May hold slashes.' }) }),
  body: z.object({ text: z.string() }),
  returns: [200, z.object({ ok: z.literal(true), result: z.string() })],
})

const documentOf = (...endpoints: Endpoint<EndpointSpec>[]) => {
  const document = openApiDocument({
    endpoints,
    dialects: [shelfDialect, robotDialect],
    areas: [{ name: 'cards', about: 'What you know.', prefixes: ['/api/v1/shelves', '/api/old'] }],
    deprecated: ['/api/old'],
    version: '1.2.3',
    serverUrl: '/',
  })
  assert.deepEqual(documentProblems(document), [])
  return document
}

/** What stands at a path of member names, to be compared with what is expected there. */
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((node, name) => (isRecord(node) ? node[name] : undefined), value)

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const ALL = [getShelf, createShelf, replaceShelf, download, upload, uploadPart, runCommand]

describe('the OpenAPI document', () => {
  it('is sound for every kind of endpoint', () => {
    const document = documentOf(...ALL)

    assert.equal(document.openapi, '3.1.0')
    assert.equal(at(document, 'info', 'version'), '1.2.3')
    assert.deepEqual(document.servers, [{ url: '/' }])
  })

  it('does not change from one making to the next', () => {
    assert.equal(JSON.stringify(documentOf(...ALL)), JSON.stringify(documentOf(...ALL)))
  })

  it('writes path parameters in braces, with their schemas', () => {
    const operation = at(documentOf(getShelf), 'paths', '/api/v1/shelves/{id}', 'get')

    assert.deepEqual(at(operation, 'parameters', '0'), {
      name: 'id',
      in: 'path',
      required: true,
      description: 'Of the shelf.',
      schema: { type: 'string', examples: ['shelf_8Kq2'] },
    })
  })

  it('shows what a query takes before it is converted, and asks for nothing that has a default', () => {
    const operation = at(documentOf(getShelf), 'paths', '/api/v1/shelves/{id}', 'get')

    assert.deepEqual(at(operation, 'parameters', '1'), {
      name: 'limit',
      in: 'query',
      schema: { type: 'integer', minimum: 1, maximum: 100, default: 50 },
    })
  })

  it('calls the rest of a path what the params schema calls it', () => {
    const document = documentOf(runCommand)

    const parameters = at(document, 'paths', '/v2/bots/{botid}/commands/{command}', 'post', 'parameters')
    assert.deepEqual(
      [at(parameters, '1', 'name'), at(parameters, '1', 'in'), at(parameters, '1', 'description')],
      ['command', 'path', 'May hold slashes.'],
    )
  })

  it('puts paths that differ only in parameter names under one template', () => {
    const document = documentOf(getShelf, replaceShelf)

    assert.equal(at(document, 'paths', '/api/v1/shelves/{shelfId}'), undefined)
    assert.equal(at(document, 'paths', '/api/v1/shelves/{id}', 'put', 'parameters', '0', 'name'), 'id')
  })

  it('lists an alias as a path of its own, and old ones as deprecated', () => {
    const document = documentOf(getShelf)

    const alias = at(document, 'paths', '/api/old/shelf/{id}', 'get')
    assert.equal(at(alias, 'x-alias-of'), 'GET /api/v1/shelves/{id}')
    assert.equal(at(alias, 'deprecated'), true)
    assert.equal(at(alias, 'operationId'), 'getShelfAlias')
    assert.equal(at(document, 'paths', '/api/v1/shelves/{id}', 'get', 'deprecated'), undefined)
  })

  it('names operations after their summaries, and the second of a name after its path', () => {
    const document = documentOf(createShelf, replaceShelf, download)

    assert.equal(at(document, 'paths', '/api/v1/shelves', 'post', 'operationId'), 'createShelf')
    assert.equal(at(document, 'paths', '/api/v1/shelves/{shelfId}', 'put', 'operationId'), 'putApiV1ShelvesShelfId')
    assert.equal(at(document, 'paths', '/api/v1/files/{id}/content', 'get', 'operationId'), 'downloadFilesBytes')
  })

  it('refuses two endpoints for one method and path', () => {
    const again = endpoint({ ...getShelf, path: '/api/v1/shelves/:other', summary: 'Again', aliases: [] })

    assert.throws(() => documentOf(getShelf, again), /two endpoints answer GET \/api\/v1\/shelves\/\{id\}/)
  })

  it('tells endpoints apart by what the rest of their paths ends in', () => {
    const rename = endpoint({ ...runCommand, tail: '/rename', summary: 'Rename a command' })

    const document = documentOf(runCommand, rename)

    const named = '/v2/bots/{botid}/commands/{command}'
    assert.deepEqual(Object.keys(at(document, 'paths') ?? {}), [named, `${named}/rename`])
    assert.equal(at(document, 'paths', `${named}/rename`, 'post', 'parameters', '1', 'name'), 'command')
  })

  it('says which credentials do, and which scope a key needs', () => {
    const document = documentOf(...ALL)

    const shelf = at(document, 'paths', '/api/v1/shelves', 'post')
    assert.equal(at(shelf, 'x-scope'), 'cards:write')
    assert.deepEqual(at(shelf, 'security'), [
      { bearerAuth: ['cards:write'] },
      { apiKeyHeader: ['cards:write'] },
      { session: [] },
    ])
    assert.deepEqual(at(document, 'paths', '/api/v1/parts/{id}', 'put', 'security'), [{ session: [] }, { device: [] }])
    assert.deepEqual(at(document, 'paths', '/api/v1/files/{id}/content', 'get', 'security'), [])
    assert.deepEqual(Object.keys(at(document, 'components', 'securitySchemes') ?? {}), [
      'bearerAuth',
      'apiKeyHeader',
      'apiKeyQuery',
      'session',
      'device',
    ])
  })

  it('refuses an endpoint that nobody can call', () => {
    const locked = endpoint({ ...createShelf, path: '/api/locked', by: [] })

    assert.throws(() => documentOf(locked), /can be called by nobody/)
  })

  it('keeps the plain name of a schema for the answer, and calls what is sent its input', () => {
    const document = documentOf(replaceShelf, getShelf)

    assert.deepEqual(at(document, 'components', 'schemas', 'Shelf', 'required'), ['id', 'name', 'colour', 'createdAt'])
    assert.deepEqual(at(document, 'components', 'schemas', 'ShelfInput', 'required'), ['id', 'name', 'createdAt'])
    assert.deepEqual(
      at(document, 'paths', '/api/v1/shelves/{shelfId}', 'put', 'requestBody', 'content', 'application/json', 'schema'),
      { $ref: '#/components/schemas/ShelfInput' },
    )
    assert.deepEqual(at(document, 'components', 'schemas', 'ShelfInput', 'properties', 'id'), {
      $ref: '#/components/schemas/ShelfId',
    })
  })

  it('prints schemas without what only a validator would need', () => {
    const document = documentOf(getShelf)

    assert.deepEqual(at(document, 'components', 'schemas', 'Shelf', 'properties', 'createdAt'), {
      type: 'string',
      format: 'date-time',
    })
    assert.equal(at(document, 'components', 'schemas', 'Shelf', 'additionalProperties'), undefined)
    assert.deepEqual(at(document, 'components', 'schemas', 'ShelfId'), { type: 'string', examples: ['shelf_8Kq2'] })
  })

  it('can print a schema that contains itself', () => {
    interface Tree {
      name: string
      kids: Tree[]
    }
    const tree: z.ZodType<Tree> = z.object({ name: z.string(), kids: z.array(z.lazy(() => tree)) })
    const getTree = endpoint({
      ...createShelf,
      summary: 'Grow',
      body: z.object({ tree }),
      returns: [200, z.object({ tree })],
    })

    const document = documentOf(getTree)

    assert.deepEqual(at(document, 'components', 'schemas', 'GrowReplyPart', 'properties', 'kids', 'items'), {
      $ref: '#/components/schemas/GrowReplyPart',
    })
  })

  it('prints each failure in the words of its dialect, with an example for each code', () => {
    const document = documentOf(createShelf, runCommand)

    const taken = at(document, 'paths', '/api/v1/shelves', 'post', 'responses', '409', 'content', 'application/json')
    assert.deepEqual(at(taken, 'examples', 'shelf_name_taken', 'value'), {
      error: 'You already have a shelf with this name.',
      code: 'shelf_name_taken',
      request_id: 'req_0Zk3vX9Qb7LmT2',
    })
    assert.deepEqual(at(taken, 'schema'), { $ref: '#/components/schemas/ShelvesFailure' })
    assert.deepEqual(at(document, 'components', 'schemas', 'ShelvesFailure', 'required'), [
      'error',
      'code',
      'request_id',
    ])
    assert.deepEqual(at(document, 'components', 'schemas', 'RobotsFailure', 'properties', 'ok'), {
      type: 'boolean',
      const: false,
    })
  })

  it('shares the answers that follow from what an endpoint is', () => {
    const document = documentOf(getShelf, createShelf)

    const reference = at(document, 'paths', '/api/v1/shelves', 'post', 'responses', '401', '$ref')
    assert.equal(reference, at(document, 'paths', '/api/v1/shelves/{id}', 'get', 'responses', '401', '$ref'))
    assert.ok(String(reference).startsWith('#/components/responses/shelves.401.'))
  })

  it('names the headers of a refusal', () => {
    const document = documentOf(createShelf)

    const limited = at(document, 'components', 'responses', 'shelves.429.RATE_LIMITED', 'headers')
    assert.deepEqual(Object.keys(limited ?? {}), ['X-Request-Id', 'X-RateLimit-Limit', 'Retry-After'])
    const reply = at(document, 'paths', '/api/v1/shelves', 'post', 'responses', '201', 'headers')
    assert.deepEqual(Object.keys(reply ?? {}), ['X-Request-Id', 'X-RateLimit-Limit'])
  })

  it('shows a form with its file, raw bytes as bytes, and form-encoded bodies where a dialect reads them', () => {
    const document = documentOf(upload, uploadPart, runCommand)

    const form = at(
      document,
      'paths',
      '/api/v1/files',
      'post',
      'requestBody',
      'content',
      'multipart/form-data',
      'schema',
    )
    assert.equal(at(form, 'properties', 'file', 'format'), 'binary')
    assert.deepEqual(at(form, 'properties', 'folder_id'), { type: 'string' })
    assert.deepEqual(at(form, 'required'), ['file', 'tag'])
    const raw = at(document, 'paths', '/api/v1/parts/{id}', 'put', 'requestBody', 'content')
    assert.deepEqual(Object.keys(raw ?? {}), ['application/octet-stream'])
    const body = at(document, 'paths', '/v2/bots/{botid}/commands/{command}', 'post', 'requestBody')
    assert.deepEqual(Object.keys(at(body, 'content') ?? {}), ['application/json', 'application/x-www-form-urlencoded'])
    assert.equal(at(body, 'required'), true)
  })

  it('shows ranges and conditions of a download', () => {
    const operation = at(documentOf(download), 'paths', '/api/v1/files/{id}/content', 'get')

    const responses = at(operation, 'responses')
    assert.ok(isRecord(at(responses, '206', 'content')) && isRecord(at(responses, '206', 'headers', 'Content-Range')))
    assert.equal(at(responses, '304', 'content'), undefined)
    assert.deepEqual(
      [at(operation, 'parameters', '1', 'name'), at(operation, 'parameters', '2', 'name')],
      ['Range', 'If-None-Match'],
    )
  })

  it('groups by area, and by dialect where no area is', () => {
    const document = documentOf(runCommand, getShelf)

    assert.deepEqual(document.tags, [{ name: 'cards', description: 'What you know.' }, { name: 'robots' }])
  })
})

describe('the check of a document', () => {
  it('finds references to nothing, undeclared parameters, repeated ids, old words and wrong examples', () => {
    const operation = { operationId: 'same', parameters: [] }
    const problems = documentProblems({
      paths: { '/a/{id}': { get: operation, post: operation } },
      components: {
        schemas: {
          A: { $ref: '#/components/schemas/B' },
          C: { type: 'string', nullable: true },
          D: { type: 'integer', examples: ['three'] },
        },
      },
    })

    for (const part of ['schemas/B, which', 'path id', 'same is used twice', 'nullable', 'D/examples/0 is not']) {
      assert.ok(
        problems.some((problem) => problem.includes(part)),
        `${part} in ${problems.join('\n')}`,
      )
    }
  })
})
