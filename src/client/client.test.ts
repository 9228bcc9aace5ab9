import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { z } from 'zod'
import { defineErrors } from '../platform/errors.ts'
import { bytes, endpoint, formBody, rawBody } from '../platform/http/contract.ts'
import { addressOf, ClientError, createClient } from './index.ts'

const Shelf = z.object({ id: z.string(), name: z.string() })
const ShelfErrors = defineErrors({ SHELF_NAME_TAKEN: [409, 'Taken.'], SHELF_NAME_RESERVED: [409, 'Reserved.'] })

const createShelf = endpoint({
  method: 'POST',
  path: '/api/v1/shelves',
  scope: 'cards:write',
  summary: 'Create a shelf',
  body: Shelf.pick({ name: true }),
  returns: [201, Shelf],
  errors: ShelfErrors,
})
const listShelves = endpoint({
  method: 'GET',
  path: '/api/v1/shelves',
  scope: 'cards:read',
  summary: 'List shelves',
  query: z.object({ limit: z.coerce.number<string | number>().default(50), tag: z.array(z.string()).optional() }),
  returns: [200, z.object({ items: z.array(Shelf) })],
})
const deleteShelf = endpoint({
  method: 'DELETE',
  path: '/api/v1/shelves/:id',
  scope: 'cards:write',
  summary: 'Delete a shelf',
  params: z.object({ id: z.string() }),
  returns: [204, null],
})
const runCommand = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/commands/*',
  scope: 'bots:write',
  summary: 'Run a command',
  params: z.object({ botid: z.string(), '*': z.string() }),
  returns: [200, z.object({ ok: z.boolean() })],
})
const download = endpoint({
  method: 'GET',
  path: '/api/v1/files/:id/content',
  scope: 'files:read',
  summary: 'Download a file',
  params: z.object({ id: z.string() }),
  returns: [200, bytes('application/octet-stream')],
  also: [206, 304],
})
const upload = endpoint({
  method: 'POST',
  path: '/api/v1/files',
  scope: 'files:write',
  summary: 'Upload a file',
  body: formBody('file', z.object({ folder: z.string(), note: z.string().optional() })),
  returns: [201, z.object({ id: z.string() })],
})
const uploadPart = endpoint({
  method: 'PUT',
  path: '/api/v1/parts/:id',
  scope: 'files:write',
  summary: 'Upload a part',
  params: z.object({ id: z.string() }),
  body: rawBody(),
  returns: [204, null],
})

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}

const answerJson = (response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))

const servers: { close(): void; closeAllConnections(): void }[] = []
after(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server that answers every request with what it saw of it. */
const serveEcho = (status = 200) =>
  serve(async (request, response) => {
    const { method, url, headers } = request
    answerJson(response, status, { method, url, headers, text: await textOf(request) })
  })

const Echo = z.object({
  method: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  text: z.string(),
})

const clientOf = async (listener: RequestListener) => createClient({ baseUrl: await serve(listener), key: 'tk_live_1' })

describe('the typed client', () => {
  it('sends the body as JSON and gives the reply', async () => {
    const baseUrl = await serveEcho()
    const client = createClient({ baseUrl: `${baseUrl}/`, key: 'tk_live_1', headers: { 'x-everywhere': 'yes' } })

    const shelf = await client.call(createShelf, { body: { name: 'Récipes' }, headers: { 'idempotency-key': 'k1' } })

    const echo = Echo.parse(shelf)
    assert.equal(`${echo.method} ${echo.url}`, 'POST /api/v1/shelves')
    assert.deepEqual(JSON.parse(echo.text), { name: 'Récipes' })
    assert.equal(echo.headers['content-type'], 'application/json')
    assert.equal(echo.headers.authorization, 'Bearer tk_live_1')
    assert.equal(echo.headers['x-everywhere'], 'yes')
    assert.equal(echo.headers['idempotency-key'], 'k1')
  })

  it('sends no body, no type and no key where there is none', async () => {
    const client = createClient({ baseUrl: await serveEcho() })

    const reply = await client.call(listShelves)

    const { headers, text } = Echo.parse(reply)
    assert.deepEqual([headers['content-type'], headers.authorization, text], [undefined, undefined, ''])
  })

  it('knows the types of what a call takes and gives', async () => {
    const client = createClient({ baseUrl: await serveEcho() })
    const neverRun = async () => {
      const shelf = await client.call(createShelf, { body: { name: 'Recipes' } })
      const name: string = shelf.name
      const nothing: undefined = await client.call(deleteShelf, { params: { id: 's1' } })
      await client.call(listShelves, { query: { limit: 3 } })
      await client.raw(download, { params: { id: 'f1' } })
      await client.call(upload, { body: { file: new Blob([]), fields: { folder: 'f' } } })
      await client.call(uploadPart, { params: { id: 'p1' }, body: 'bytes' })
      // @ts-expect-error The body is missing.
      await client.call(createShelf)
      // @ts-expect-error A name is text.
      await client.call(createShelf, { body: { name: 3 } })
      // @ts-expect-error The parameter is missing.
      await client.call(deleteShelf, { params: {} })
      // @ts-expect-error There is no such parameter.
      await client.call(createShelf, { params: { id: 's1' }, body: { name: 'Recipes' } })
      // @ts-expect-error The reply has no such member.
      shelf.colour
      // @ts-expect-error The form asks for a folder.
      await client.call(upload, { body: { file: new Blob([]), fields: {} } })
      // @ts-expect-error A raw body has no fields.
      await client.call(uploadPart, { params: { id: 'p1' }, body: { file: new Blob([]) } })
      // @ts-expect-error Bytes are read with raw().
      await client.call(download, { params: { id: 'f1' } })
      return [name, nothing]
    }

    assert.equal(typeof neverRun, 'function')
  })

  it('gives undefined for an answer without a body', async () => {
    const client = await clientOf((_request, response) => response.writeHead(204).end())

    const reply = await client.call(deleteShelf, { params: { id: 's1' } })

    assert.equal(reply, undefined)
  })

  it('encodes whatever stands in a parameter, so that it stays one name', async () => {
    const client = createClient({ baseUrl: await serveEcho() })

    const reply = await client.call(runCommand, { params: { botid: 'a/b?c#d %é', '*': '/start/../me' } })

    assert.equal(Echo.parse(reply).url, '/v2/bots/a%2Fb%3Fc%23d%20%25%C3%A9/commands/%2Fstart%2F..%2Fme')
  })

  it('refuses parameters that no URL can carry', () => {
    for (const id of ['.', '..', '']) assert.throws(() => addressOf(deleteShelf, { params: { id } }), TypeError)
    for (const tail of ['..', ''])
      assert.throws(() => addressOf(runCommand, { params: { botid: 'b', '*': tail } }), TypeError)
    assert.throws(() => addressOf(deleteShelf, {}), TypeError)
  })

  it('repeats a list in the query and leaves out what is undefined', () => {
    const path = addressOf(listShelves, { query: { limit: 3, tag: ['a&b', 'c'], search: undefined, at: new Date(0) } })

    assert.equal(path, '/api/v1/shelves?limit=3&tag=a%26b&tag=c&at=1970-01-01T00%3A00%3A00.000Z')
  })

  it('gives the address of a call for links', () => {
    const client = createClient({ baseUrl: '' })

    assert.equal(client.url(download, { params: { id: 'f 1' } }), '/api/v1/files/f%201/content')
  })
})

const errorOf = async (call: Promise<unknown>): Promise<ClientError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ClientError)
  return error
}

describe('failures of the typed client', () => {
  const reject = async (status: number, body: unknown, headers: Record<string, string> = {}) => {
    const client = await clientOf((_request, response) => answerJson(response, status, body, headers))
    return client.call(createShelf, { body: { name: 'Recipes' } })
  }

  it('come from the envelope of files', async () => {
    const failed = reject(409, { error: 'Taken.', code: 'shelf_name_taken', request_id: 'req_1' })

    await assert.rejects(failed, {
      name: 'ClientError',
      status: 409,
      code: 'shelf_name_taken',
      message: 'Taken.',
      requestId: 'req_1',
      body: { error: 'Taken.', code: 'shelf_name_taken', request_id: 'req_1' },
    })
  })

  it('come from the envelope of cards', async () => {
    const failed = reject(409, { code: 'SHELF_NAME_TAKEN', error: 'Taken.', requestId: 'req_2' })

    await assert.rejects(failed, { status: 409, code: 'SHELF_NAME_TAKEN', message: 'Taken.', requestId: 'req_2' })
  })

  it('come from the envelope of bots', async () => {
    const failed = reject(
      404,
      { ok: false, result: 'Command not found', code: 'not_found' },
      { 'x-request-id': 'req_3' },
    )

    await assert.rejects(failed, { status: 404, code: 'not_found', message: 'Command not found', requestId: 'req_3' })
  })

  it('can be compared with a contract, whatever the spelling', async () => {
    for (const code of ['shelf_name_taken', 'shelf-name-taken', 'SHELF_NAME_TAKEN']) {
      const error = await errorOf(reject(409, { error: 'Taken.', code }))

      assert.equal(error.is(ShelfErrors.SHELF_NAME_TAKEN), true)
      assert.equal(error.is(ShelfErrors.SHELF_NAME_RESERVED), false)
    }
  })

  it('say when to try again, in seconds', async () => {
    const date = new Date(Date.now() + 90_000).toUTCString()

    await assert.rejects(reject(429, {}, { 'retry-after': '17' }), { code: 'HTTP_429', retryAfterSeconds: 17 })
    for (const failed of [reject(429, {}, { 'retry-after': date }), reject(429, { retryAt: Date.now() + 90_000 })]) {
      const { retryAfterSeconds = 0 } = await errorOf(failed)
      assert.ok(retryAfterSeconds > 0 && retryAfterSeconds <= 90, String(retryAfterSeconds))
    }
  })

  it('name the status of an answer that is not ours', async () => {
    const client = await clientOf((_request, response) => response.writeHead(502).end('<h1>Bad Gateway</h1>'))

    const failed = client.call(listShelves)

    await assert.rejects(failed, {
      status: 502,
      code: 'HTTP_502',
      message: 'Bad Gateway',
      body: '<h1>Bad Gateway</h1>',
    })
  })

  it('include a reply that is not JSON', async () => {
    const client = await clientOf((_request, response) => response.writeHead(200).end('<h1>Welcome to nginx</h1>'))

    await assert.rejects(client.call(listShelves), { status: 200, code: 'BAD_REPLY' })
  })

  it('include a server that is not there', async () => {
    const baseUrl = await serve(() => undefined)
    servers.at(-1)?.close()

    await assert.rejects(createClient({ baseUrl }).call(listShelves), {
      status: 0,
      code: 'NETWORK',
      message: /REFUSED/,
    })
  })

  it('include an answer that does not come in time', async () => {
    const client = await clientOf(() => undefined)

    await assert.rejects(client.call(listShelves, { timeoutMs: 20 }), { status: 0, code: 'TIMEOUT' })
  })

  it('include a reply whose end does not come in time', async () => {
    const client = await clientOf((_request, response) => response.writeHead(200).write('{'))

    await assert.rejects(client.call(listShelves, { timeoutMs: 50 }), { status: 0, code: 'TIMEOUT' })
  })

  it('are not made of a call that was cancelled', async () => {
    const controller = new AbortController()
    const client = await clientOf(() => controller.abort())

    await assert.rejects(client.call(listShelves, { signal: controller.signal }), { name: 'AbortError' })
  })
})

describe('bytes of the typed client', () => {
  it('come as a response, with ranges', async () => {
    const client = await clientOf(({ headers }, response) =>
      response.writeHead(206, { 'content-range': 'bytes 2-4/9' }).end(headers.range === 'bytes=2-4' ? 'cde' : '?'),
    )

    const response = await client.raw(download, { params: { id: 'f1' }, headers: { range: 'bytes=2-4' } })

    assert.equal(response.status, 206)
    assert.equal(response.headers.get('content-range'), 'bytes 2-4/9')
    assert.equal(await response.text(), 'cde')
  })

  it('that did not change come as 304', async () => {
    const client = await clientOf((_request, response) => response.writeHead(304).end())

    assert.equal((await client.raw(download, { params: { id: 'f1' } })).status, 304)
  })

  it('that may not be had are a failure', async () => {
    const client = await clientOf((_request, response) => answerJson(response, 404, { error: 'No file.', code: 'x' }))

    await assert.rejects(client.raw(download, { params: { id: 'f1' } }), { status: 404, code: 'x' })
  })

  it('may flow on after the timeout, once they have begun', async ({ mock }) => {
    const finish = Promise.withResolvers<void>()
    const client = await clientOf((_request, response) => {
      response.writeHead(200).write('be')
      void finish.promise.then(() => response.end('gun'))
    })
    mock.timers.enable({ apis: ['setTimeout'] })

    const response = await client.raw(download, { params: { id: 'f1' } })
    mock.timers.tick(60_000)
    finish.resolve()

    assert.equal(await response.text(), 'begun')
  })

  it('go out raw, from memory and from streams', async () => {
    const client = createClient({ baseUrl: await serveEcho() })
    const bodies = [
      'abc',
      new TextEncoder().encode('abc'),
      new Blob(['abc']),
      new Blob(['a', 'bc']).stream() as ReadableStream<Uint8Array>,
    ]

    for (const body of bodies) {
      const { text, headers } = Echo.parse(await (await client.raw(uploadPart, { params: { id: 'p' }, body })).json())

      assert.deepEqual([text, headers['content-type']], ['abc', 'application/octet-stream'])
    }
  })

  it('go out as a form, from a file and from a stream', async () => {
    const client = createClient({ baseUrl: await serveEcho() })
    const name = 'a "quoted" näme.txt'
    const files = [
      new File(['abc'], name, { type: 'text/plain' }),
      { stream: new Blob(['a', 'bc']).stream() as ReadableStream<Uint8Array>, name, type: 'text/plain' },
    ]

    for (const file of files) {
      const body = { file, fields: { folder: 'Récipes', note: undefined } }
      const { text, headers } = Echo.parse(await (await client.raw(upload, { body })).json())

      const form = await new Response(text, { headers: { 'content-type': headers['content-type'] ?? '' } }).formData()
      const sent = form.get('file')
      assert.deepEqual([...form.keys()], ['folder', 'file'])
      assert.equal(form.get('folder'), 'Récipes')
      assert.ok(sent instanceof File)
      assert.deepEqual([sent.name, sent.type, await sent.text()], [name, 'text/plain', 'abc'])
    }
  })

  it('of a stream that breaks are a failure, not a short file', async () => {
    const client = createClient({ baseUrl: await serveEcho() })
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('the disk is gone')),
    })

    const failed = client.call(upload, { body: { file: { stream, name: 'a.bin' }, fields: { folder: 'f' } } })

    await assert.rejects(failed, { status: 0, code: 'NETWORK', message: /the disk is gone/ })
  })
})
