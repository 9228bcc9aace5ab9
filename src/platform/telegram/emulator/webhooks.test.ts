import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Emulator } from './emulator.ts'
import { ada, emulatorWithBot } from './fixture.ts'

interface Post {
  headers: IncomingHttpHeaders
  body: { update_id: number; message?: { text: string } }
}

describe('emulator: webhooks', () => {
  const servers: Server[] = []
  const emulators: Emulator[] = []
  after(() => {
    for (const server of servers) server.close().closeAllConnections()
    for (const emulator of emulators) emulator.close()
  })

  const until = async (condition: () => unknown) => {
    const deadlineMs = performance.now() + 60_000
    while (!(await condition())) {
      assert.ok(performance.now() < deadlineMs, 'the condition was not met in time')
      await sleep(2)
    }
  }

  /** A hook that answers with these statuses in turn, and then 200. */
  const hook = async (answers: { status: number; body?: string }[] = []) => {
    const posts: Post[] = []
    const server = createServer(async (req, res) => {
      posts.push({ headers: req.headers, body: JSON.parse(Buffer.concat(await req.toArray()).toString()) })
      const { status = 200, body = '' } = answers.shift() ?? {}
      res.writeHead(status).end(body)
    })
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { posts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` }
  }

  const withBot = (options = {}) => {
    const world = emulatorWithBot({ timeScale: 0.001, ...options })
    emulators.push(world.emulator)
    const send = (text: string) => world.emulator.sendAsUser({ botId: world.bot.id, user: ada, text })
    const info = () => world.call('getWebhookInfo')
    return { ...world, send, info }
  }

  it('says in words what became of the hook', async () => {
    const { request, clock } = withBot()
    const { url } = await hook()
    const answers = []
    for (const [method, params] of [
      ['setWebhook', { url }],
      ['setWebhook', { url }],
      ['deleteWebhook', {}],
      ['deleteWebhook', {}],
      ['setWebhook', { url }],
      ['setWebhook', { url: '' }],
    ] as const) {
      clock.advance(1)
      answers.push((await request(method, params)).body)
    }

    assert.deepEqual(
      answers,
      [
        'Webhook was set',
        'Webhook is already set',
        'Webhook was deleted',
        'Webhook is already deleted',
        'Webhook was set',
        'Webhook was deleted',
      ].map((description) => ({ ok: true, result: true, description })),
    )
  })

  for (const [params, description] of [
    [{ url: 'nonsense' }, 'invalid webhook URL specified'],
    [{ url: 'http://example.com/' }, 'bad webhook: An HTTPS URL must be provided for webhook'],
    [{ url: 'https://example.com:444/' }, 'bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443'],
    [{ url: 'https://e.com/', secret_token: 'x'.repeat(257) }, 'secret token is too long'],
    [{ url: 'https://e.com/', secret_token: 'a b' }, 'secret token contains unallowed characters'],
  ] as const) {
    it(`refuses a hook with: ${description}`, async () => {
      const { refusal } = withBot()

      assert.equal(await refusal('setWebhook', params), `Bad Request: ${description}`)
    })
  }

  it('posts nowhere unless the address is allowed', async () => {
    const { refusal, call } = withBot({ allowWebhook: ({ hostname }: URL) => hostname === 'hooks.example.com' })

    const refused = await refusal('setWebhook', { url: 'http://127.0.0.1:22/' })

    assert.equal(refused, 'Bad Request: bad webhook: 127.0.0.1:22 is not reachable from here')
    assert.equal((await call('getWebhookInfo')).url, '')
  })

  it('lets a hook be changed once a second', async () => {
    const { call, request, clock } = emulatorWithBot()
    const [one, two] = [await hook(), await hook()]
    await call('setWebhook', { url: one.url })

    const early = await request('setWebhook', { url: two.url })
    clock.advance(1)

    assert.deepEqual(early.body, {
      ok: false,
      error_code: 429,
      description: 'Too Many Requests: retry after 1',
      parameters: { retry_after: 1 },
    })
    assert.equal(await call('setWebhook', { url: two.url }), true)
    await call('deleteWebhook')
  })

  it('refuses getUpdates while a hook is set', async () => {
    const { call, request } = withBot()
    const { url } = await hook()
    await call('setWebhook', { url })

    const { body } = await request('getUpdates')

    assert.deepEqual(body, {
      ok: false,
      error_code: 409,
      description:
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    })
  })

  it('ends a waiting poll when a hook is set', async () => {
    const { call, request, startId, clock } = withBot({ timeScale: 1 })
    const { url } = await hook()
    clock.advance(10)

    const poll = request('getUpdates', { offset: startId + 1, timeout: 50 })
    await call('setWebhook', { url })

    const { status, body } = await poll
    assert.equal(status, 409)
    assert.equal(!body.ok && body.description, 'Conflict: terminated by setWebhook request')
  })

  it('posts each update once, in order, with the secret token', async () => {
    const { call, send, info, startId } = withBot()
    const { url, posts } = await hook()
    await call('setWebhook', { url, secret_token: 'Sesame-1', max_connections: 5 })

    for (const text of ['a', 'b', 'c']) send(text)
    await until(() => posts.length === 4)

    assert.deepEqual(
      posts.map(({ body }) => body.update_id),
      [0, 1, 2, 3].map((step) => startId + step),
    )
    assert.ok(posts.every(({ headers }) => headers['x-telegram-bot-api-secret-token'] === 'Sesame-1'))
    assert.ok(posts.every(({ headers }) => headers['content-type'] === 'application/json'))
    await until(async () => (await info()).pending_update_count === 0)
    assert.deepEqual(await info(), { url, has_custom_certificate: false, pending_update_count: 0, max_connections: 5 })
  })

  it('posts again until the hook takes the update, and keeps the last error', async () => {
    const { call, send, info, startId } = withBot()
    const { url, posts } = await hook([{ status: 500 }, { status: 503 }, { status: 404 }])
    await call('setWebhook', { url, drop_pending_updates: true })

    send('stubborn')
    send('next')
    await until(() => posts.length === 5)

    const ids = posts.map(({ body }) => body.update_id - startId)
    assert.deepEqual(ids, [1, 1, 1, 1, 2])
    assert.equal((await info()).last_error_message, 'Wrong response from the webhook: 404 Not Found')
  })

  it('tells that nobody listens', async () => {
    const { call, send, info } = withBot()
    const { url } = await hook()
    const server = servers.pop()
    server?.close()
    await once(server ?? assert.fail(), 'close')
    await call('setWebhook', { url })

    send('x')

    let message: unknown
    await until(async () => {
      message = (await info()).last_error_message
      return message
    })
    assert.equal(message, 'Connection refused')
  })

  it('runs the method that a hook answers with', async () => {
    const { call, emulator, bot, startId } = withBot()
    const reply = JSON.stringify({ method: 'sendMessage', chat_id: 501, text: 'from the hook' })
    const { url } = await hook([{ status: 200, body: reply }])
    const texts = () => emulator.transcript(bot.id, 501).map(({ text }) => text)

    await call('setWebhook', { url })
    await until(() => texts().length === 2)

    assert.deepEqual(texts(), ['/start', 'from the hook'])
    assert.ok(startId)
  })

  it('drops a hook that has been gone for 23 hours', async () => {
    const { call, send, info, clock } = withBot({ timeScale: 1 })
    const { url, posts } = await hook(Array.from({ length: 9 }, () => ({ status: 410 })))
    await call('setWebhook', { url, drop_pending_updates: true })
    send('x')
    await until(() => posts.length > 0)
    await until(async () => (await info()).last_error_message)

    clock.advance(23 * 3600)
    await until(async () => (await info()).url === '')

    assert.equal((await info()).pending_update_count, 1)
  })

  it('leaves what the hook did not take to getUpdates', async () => {
    const { call, send, clock, startId } = withBot({ timeScale: 1 })
    const { url, posts } = await hook(Array.from({ length: 9 }, () => ({ status: 500 })))
    await call('setWebhook', { url })
    send('x')
    await until(() => posts.length > 0)

    await call('deleteWebhook')
    clock.advance(10)

    const updates: { update_id: number }[] = await call('getUpdates')
    assert.deepEqual(
      updates.map(({ update_id }) => update_id),
      [startId, startId + 1],
    )
  })
})
