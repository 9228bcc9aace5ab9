import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { TelegramError } from './api.ts'
import { httpBotApi } from './client.ts'

const TOKEN = '7000000001:AAsecretsecretsecretsecretsecretsec'

describe('Bot API client over HTTP', () => {
  const servers: Server[] = []
  after(() => {
    for (const server of servers) {
      server.closeAllConnections()
      server.close()
    }
  })

  const serve = async (listener: RequestListener, prefix = '') => {
    const server = createServer(listener)
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return `http://127.0.0.1:${port}${prefix}`
  }

  const failureOf = async (promise: Promise<unknown>): Promise<TelegramError> => {
    const error = await promise.then(
      () => assert.fail('the call succeeded'),
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof TelegramError)
    assert.ok(!inspect(error, { depth: 10 }).includes('secret'))
    assert.ok(!String(error.stack).includes('secret'))
    assert.equal(error.cause, undefined)
    return error
  }

  it('posts JSON to the path of the token and method, under any prefix, and gives the result', async () => {
    const seen: unknown[] = []
    const apiRoot = await serve(async (req, res) => {
      const body = JSON.parse(Buffer.concat(await req.toArray()).toString())
      seen.push([req.method, req.url, req.headers['content-type'], body])
      res.end('{"ok":true,"result":{"message_id":5}}')
    }, '/simulator')
    const api = httpBotApi({ apiRoot })

    const result = await api.call(TOKEN, 'sendMessage', { chat_id: 1, text: 'привет', nothing: undefined })

    assert.deepEqual(result, { message_id: 5 })
    assert.deepEqual(seen, [
      ['POST', `/simulator/bot${TOKEN}/sendMessage`, 'application/json', { chat_id: 1, text: 'привет' }],
    ])
  })

  it('throws what the Bot API refused, with its parameters', async () => {
    const apiRoot = await serve((_req, res) => {
      const parameters = { retry_after: 7, migrate_to_chat_id: -1001 }
      res.writeHead(429).end(JSON.stringify({ ok: false, error_code: 429, description: 'Too Many', parameters }))
    })

    const error = await failureOf(httpBotApi({ apiRoot }).call(TOKEN, 'sendMessage'))

    assert.equal(error.message, 'sendMessage: Too Many')
    assert.equal(error.errorCode, 429)
    assert.equal(error.retryAfterSeconds, 7)
    assert.equal(error.migrateToChatId, -1001)
  })

  it('takes the HTTP status of an answer that is not JSON', async () => {
    const apiRoot = await serve((req, res) => {
      res.writeHead(502, { 'content-type': 'text/html', 'retry-after': '3' }).end(`<html>${req.url}</html>`)
    })

    const error = await failureOf(httpBotApi({ apiRoot }).call(TOKEN, 'getMe'))

    assert.equal(error.errorCode, 502)
    assert.equal(error.description, 'Bad Gateway')
    assert.equal(error.retryAfterSeconds, 3)
  })

  it('hides the token when the answer repeats it', async () => {
    const apiRoot = await serve((req, res) => {
      res.writeHead(404).end(JSON.stringify({ ok: false, error_code: 404, description: `no ${req.url}` }))
    })

    const error = await failureOf(httpBotApi({ apiRoot }).call(TOKEN, 'getMe'))

    assert.equal(error.description, 'no /bot<token>/getMe')
  })

  it('refuses a 200 that is not a Bot API answer', async () => {
    const apiRoot = await serve((_req, res) => res.end('<html>captive portal</html>'))

    const error = await failureOf(httpBotApi({ apiRoot }).call(TOKEN, 'getMe'))

    assert.equal(error.description, 'The answer is not a Bot API answer')
  })

  it('gives up when no answer comes in time', async () => {
    const apiRoot = await serve(() => {})

    const error = await failureOf(httpBotApi({ apiRoot }).call(TOKEN, 'getMe', {}, { timeoutMs: 20 }))

    assert.equal(error.errorCode, 0)
    assert.equal(error.networkCode, 'TIMEOUT')
    assert.equal(error.description, 'no answer within 20 ms')
  })

  it('gives up when an answer begins and never ends', async () => {
    const apiRoot = await serve((_req, res) => void res.write('{"ok":true,'))

    const error = await failureOf(httpBotApi({ apiRoot }).call(TOKEN, 'getMe', {}, { timeoutMs: 20 }))

    assert.equal(error.networkCode, 'TIMEOUT')
  })

  it('lets a long poll last for its own timeout', async () => {
    const apiRoot = await serve((_req, res) => void setTimeout(() => res.end('{"ok":true,"result":[]}'), 60))

    const result = await httpBotApi({ apiRoot }).call(TOKEN, 'getUpdates', { timeout: 5 }, { timeoutMs: 20 })

    assert.deepEqual(result, [])
  })

  it('says that the connection was refused', async () => {
    const apiRoot = await serve(() => {})
    const server = servers.pop()
    server?.close()

    const error = await failureOf(httpBotApi({ apiRoot }).call(TOKEN, 'getMe'))

    assert.equal(error.errorCode, 0)
    assert.equal(error.networkCode, 'ECONNREFUSED')
    assert.equal(error.message, 'getMe: the connection was refused')
  })

  it('says that the connection broke', async () => {
    const apiRoot = await serve((req) => void req.socket.destroy())

    const error = await failureOf(httpBotApi({ apiRoot }).call(TOKEN, 'sendMessage'))

    assert.equal(error.networkCode, 'ECONNRESET')
  })

  it('repeats a read, and never a send, on a kept connection that the server closed', async () => {
    const seen: string[] = []
    let closing = false
    const apiRoot = await serve((req, res) => {
      seen.push(String(req.url).split('/').at(-1) ?? '')
      if (closing) req.socket.destroy()
      else res.end('{"ok":true,"result":true}')
      closing = !closing
    })
    const api = httpBotApi({ apiRoot, maxSockets: 1 })

    await api.call(TOKEN, 'getMe')
    await api.call(TOKEN, 'getChat')
    closing = true
    const error = await failureOf(api.call(TOKEN, 'sendMessage'))

    assert.equal(error.networkCode, 'ECONNRESET')
    assert.deepEqual(seen, ['getMe', 'getChat', 'getChat', 'sendMessage'])
  })

  it('ends a call whose signal is aborted, with the reason of the signal', async () => {
    const controller = new AbortController()
    const apiRoot = await serve(() => controller.abort(new Error('stopping')))

    const call = httpBotApi({ apiRoot }).call(TOKEN, 'getUpdates', { timeout: 50 }, { signal: controller.signal })

    await assert.rejects(call, { message: 'stopping' })
  })
})
