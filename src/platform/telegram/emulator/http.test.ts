import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { TelegramError } from '../api.ts'
import { emulatorBotApi, httpBotApi } from '../client.ts'
import { ada, emulatorWithBot } from './fixture.ts'
import { emulatorHttp } from './http.ts'

describe('emulator over HTTP', () => {
  const servers: Server[] = []
  after(() => {
    for (const server of servers) server.close().closeAllConnections()
  })

  const serve = async (options = {}) => {
    const world = emulatorWithBot(options)
    const handle = emulatorHttp(world.emulator)
    const server = createServer((req, res) => void handle(req, res, String(req.url).replace(/^\/simulator/, '')))
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const apiRoot = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simulator`
    const url = (method: string) => `${apiRoot}/bot${world.bot.token}/${method}`
    const text = (messageId = 2) => world.emulator.transcript(world.bot.id, 501)[messageId - 1]?.text
    return { ...world, apiRoot, url, text }
  }

  const json = async (response: Response | Promise<Response>) => {
    const answer = await response
    assert.equal(answer.headers.get('content-type'), 'application/json')
    return { status: answer.status, body: JSON.parse(await answer.text()) }
  }
  const markup = { inline_keyboard: [[{ text: 'a', callback_data: 'b' }]] }

  it('takes parameters from the query, with GET and POST', async () => {
    const { url, text } = await serve()
    const query = new URLSearchParams({ chat_id: '501', text: 'a+b & ж', reply_markup: JSON.stringify(markup) })

    for (const method of ['GET', 'POST']) {
      const { body } = await json(fetch(`${url('sendMessage')}?${query}`, { method }))
      assert.deepEqual([body.ok, body.result.reply_markup], [true, markup])
    }

    assert.equal(text(3), 'a+b & ж')
  })

  it('takes parameters from an urlencoded body', async () => {
    const { url } = await serve()
    const body = new URLSearchParams({ chat_id: '501', text: 'ж', reply_markup: JSON.stringify(markup) })

    const answer = await json(fetch(url('sendMessage'), { method: 'POST', body }))

    assert.deepEqual([answer.body.result.text, answer.body.result.reply_markup], ['ж', markup])
  })

  it('takes parameters from a JSON body, nested or as text', async () => {
    const { url } = await serve()

    for (const reply_markup of [markup, JSON.stringify(markup)]) {
      const body = JSON.stringify({ chat_id: 501, text: 'ж', reply_markup })
      const headers = { 'content-type': 'application/json; charset=utf-8' }
      const answer = await json(fetch(url('sendMessage'), { method: 'POST', headers, body }))
      assert.deepEqual([answer.body.result.text, answer.body.result.reply_markup], ['ж', markup])
    }
  })

  it('takes parameters from a multipart body, and reads files past', async () => {
    const { url } = await serve()
    const body = new FormData()
    body.set('chat_id', '501')
    body.set('file', new Blob([new Uint8Array(100_000)]), 'a.bin')
    body.set('text', 'ж')
    body.set('reply_markup', JSON.stringify(markup))

    const answer = await json(fetch(url('sendMessage'), { method: 'POST', body }))

    assert.deepEqual([answer.body.result.text, answer.body.result.reply_markup], ['ж', markup])
  })

  it('takes the name of the method as a parameter', async () => {
    const { url } = await serve()

    assert.equal((await json(fetch(`${url('')}?method=getme`))).body.result.username, 'echo_bot')
  })

  it('takes a token with an escaped colon', async () => {
    const { url } = await serve()

    assert.equal((await json(fetch(url('getMe').replace(/:(?=AA)/, '%3A')))).status, 200)
  })

  it('answers other paths and verbs in the envelope', async () => {
    const { apiRoot, url } = await serve()
    const notFound = { status: 404, body: { ok: false, error_code: 404, description: 'Not Found' } }

    for (const path of ['', '/', '//', '/bot', '/file/bot1:a/x', '/bot1:a/getMe/more']) {
      assert.deepEqual(await json(fetch(apiRoot + path)), notFound)
    }
    assert.equal((await json(fetch(url('getMe'), { method: 'DELETE' }))).status, 405)
    assert.deepEqual(await json(fetch(`${apiRoot}/bot1:a/getMe`)), {
      status: 401,
      body: { ok: false, error_code: 401, description: 'Unauthorized' },
    })
  })

  it('refuses a body that does not parse or is too large', async () => {
    const { url } = await serve()
    const post = (type: string, body: string) =>
      json(fetch(url('getMe'), { method: 'POST', headers: { 'content-type': type }, body }))

    assert.equal((await post('application/json', '{')).status, 400)
    assert.equal((await post('application/json', '[]')).status, 400)
    assert.equal((await post('multipart/form-data', 'x')).status, 400)
    assert.equal((await post('multipart/form-data; boundary=x', 'nothing of the kind')).status, 400)
    const large = await post('application/x-www-form-urlencoded', 'a'.repeat(1024 * 1024 + 1))
    assert.deepEqual(large, {
      status: 413,
      body: { ok: false, error_code: 413, description: 'Request Entity Too Large' },
    })
    const field = `--x\r\ncontent-disposition: form-data; name="text"\r\n\r\n${'a'.repeat(1024 * 1024 + 1)}\r\n--x--`
    assert.equal((await post('multipart/form-data; boundary=x', field)).status, 413)
  })

  it('sends Retry-After with a 429', async () => {
    const { url, emulator } = await serve()
    emulator.failNext('getMe', {
      errorCode: 429,
      description: 'Too Many Requests: retry after 9',
      retryAfterSeconds: 9,
    })

    const response = await fetch(url('getMe'))

    assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '9'])
  })

  it('ends a poll whose caller has gone', async () => {
    const { apiRoot, bot, startId, emulator, call, clock } = await serve()
    clock.advance(10)
    const { port } = new URL(apiRoot)
    const socket = connect(Number(port), '127.0.0.1')
    const polled = new Promise<void>((resolve) => {
      const poll = `GET /bot${bot.token}/getUpdates?timeout=50&offset=${startId + 1} HTTP/1.1\r\nhost: x\r\n\r\n`
      socket.write(poll, () => resolve())
    })
    await polled
    await emulator.waitForConfirmed(bot.id, startId)

    socket.destroy()
    const { update_id } = emulator.sendAsUser({ botId: bot.id, user: ada, text: 'kept' })
    clock.advance(10)

    assert.equal((await call('getUpdates'))[0].update_id, update_id)
  })

  for (const transport of ['over HTTP', 'in this process'] as const) {
    const connectApi = async (options = {}) => {
      const world = await serve(options)
      const api = transport === 'over HTTP' ? httpBotApi({ apiRoot: world.apiRoot }) : emulatorBotApi(world.emulator)
      const { token } = world.bot
      return { ...world, api, token }
    }
    const failureOf = async (call: Promise<unknown>, token: string) => {
      const error = await call.then(
        () => assert.fail('the call succeeded'),
        (reason: unknown) => reason,
      )
      assert.ok(error instanceof TelegramError)
      assert.ok(!inspect(error, { depth: 10 }).includes(token.slice(12)))
      return error
    }

    it(`serves the client ${transport}`, async () => {
      const { api, token, text } = await connectApi()

      await api.call(token, 'sendMessage', { chat_id: 501, text: 'ж', reply_markup: markup, entities: undefined })

      assert.equal(text(), 'ж')
    })

    it(`gives the client its refusals ${transport}`, async () => {
      const { api, token, emulator } = await connectApi()
      emulator.failNext('getMe', {
        errorCode: 429,
        description: 'Too Many Requests: retry after 9',
        retryAfterSeconds: 9,
      })

      const busy = await failureOf(api.call(token, 'getMe'), token)
      const unknown = await failureOf(api.call(`${token.slice(0, -1)}!`, 'getMe'), token)

      assert.deepEqual([busy.errorCode, busy.retryAfterSeconds], [429, 9])
      assert.deepEqual([unknown.errorCode, unknown.message], [401, 'getMe: Unauthorized'])
    })

    it(`wakes a client that polls ${transport}`, async () => {
      const { api, token, emulator, bot, startId, clock } = await connectApi()
      clock.advance(10)
      const poll = api.call(token, 'getUpdates', { offset: startId + 1, timeout: 50 })
      await emulator.waitForConfirmed(bot.id, startId)

      const { update_id, message } = emulator.sendAsUser({ botId: bot.id, user: ada, text: 'now' })

      assert.deepEqual(await poll, [{ update_id, message }])
    })

    it(`loses an answer on order ${transport}, after the work was done`, async () => {
      const { api, token, emulator, text } = await connectApi()
      emulator.dropReplyAfterWork('sendMessage')

      const lost = await failureOf(api.call(token, 'sendMessage', { chat_id: 501, text: 'done' }), token)

      assert.deepEqual([lost.errorCode, lost.networkCode, text()], [0, 'ECONNRESET', 'done'])
    })

    it(`times out ${transport}`, async () => {
      const { api, token, emulator } = await connectApi()
      emulator.delayNext('getMe', 500)

      const late = await failureOf(api.call(token, 'getMe', {}, { timeoutMs: 10 }), token)

      assert.equal(late.networkCode, 'TIMEOUT')
    })

    it(`ends a poll whose signal is aborted ${transport}`, async () => {
      const { api, token, emulator, bot, startId, clock } = await connectApi()
      clock.advance(10)
      const stop = new AbortController()
      const poll = api.call(token, 'getUpdates', { offset: startId + 1, timeout: 50 }, { signal: stop.signal })
      await emulator.waitForConfirmed(bot.id, startId)

      stop.abort(new Error('stopping'))

      await assert.rejects(poll, { message: 'stopping' })
    })
  }
})
