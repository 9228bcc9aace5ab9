import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import type { Clock } from '../../platform/clock.ts'
import { guardedFetcher } from '../../platform/http-client/index.ts'
import type { Json } from '../sandbox/index.ts'
import { hostContext } from './context.fixture.ts'
import { httpHandlers } from './http.ts'

describe('requests of commands', async () => {
  const seen: IncomingMessage[] = []
  let other = ''
  const start = async (): Promise<string> => {
    const server = createServer((request, response) => {
      seen.push(request)
      request.resume()
      if (request.url === '/other') return void response.writeHead(302, { location: `${other}/landed` }).end()
      if (request.url === '/kept') return void response.writeHead(307, { location: '/landed' }).end()
      response.end('x'.repeat(10))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    after(() => server.close())
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const base = await start()
  other = await start()
  const handlers = (clock: Clock) => {
    const fetcher = guardedFetcher({ allow: ['127.0.0.1'], ports: [80], userAgent: 'Test' })
    const [request] = httpHandlers({ fetcher, clock })
    assert.ok(request)
    return (kwargs: { [name: string]: Json }, botId = '1') =>
      request.run([], { headers: {}, ...kwargs }, hostContext({ botId }))
  }
  const still: Clock = { now: () => new Date(0), monotonicMs: () => 0 }
  const send = handlers(still)

  it('take their credentials no further than they were meant', async () => {
    seen.length = 0
    const headers = { Authorization: 'Bearer x', Cookie: 'a=b', 'X-Other': 'y', Host: 'evil' }

    await send({ method: 'POST', url: `${base}/other`, headers })
    await send({ method: 'POST', url: `${base}/kept`, headers }, '2')

    const told = seen.map(({ method, headers }) => [method, headers.authorization, headers.cookie, headers['x-other']])
    assert.deepEqual(told, [
      ['POST', 'Bearer x', 'a=b', 'y'],
      ['GET', undefined, undefined, 'y'],
      ['POST', 'Bearer x', 'a=b', 'y'],
      ['POST', 'Bearer x', 'a=b', 'y'],
    ])
    assert.ok(seen.every(({ headers }) => headers.host?.startsWith('127.0.0.1')))
  })

  it('refuse headers and methods that are none', async () => {
    for (const [kwargs, words] of [
      [{ method: 'TRACE' }, /has no method TRACE/],
      [{ method: 'GET', headers: { 'a b': 'c' } }, /the header a b cannot be sent/],
      [{ method: 'GET', headers: { a: 'b\r\nc: d' } }, /the header a cannot be sent/],
      [{ method: 'GET', headers: { a: 'x'.repeat(40_000) } }, /the header a cannot be sent/],
    ] as const) {
      await assert.rejects(send({ url: base, ...kwargs }, '3'), { kind: 'ValueError', message: words })
    }
  })

  it('are counted for each bot, by the minute', async () => {
    let nowMs = 0
    const counted = handlers({ now: () => new Date(nowMs), monotonicMs: () => nowMs })
    for (let count = 0; count < 120; count += 1) await counted({ method: 'GET', url: base }, '4')

    await assert.rejects(counted({ method: 'GET', url: base }, '4'), /120 requests a minute/)
    await counted({ method: 'GET', url: base }, '5')
    nowMs = 60_000
    await counted({ method: 'GET', url: base }, '4')
  })
})
