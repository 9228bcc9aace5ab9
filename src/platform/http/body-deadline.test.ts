import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { z } from 'zod'
import { filesDialect } from '../../files/dialect.ts'
import { systemClock } from '../clock.ts'
import { createLog } from '../log/index.ts'
import { endpoint, httpServer, httpStats, route } from './index.ts'

const createNote = endpoint({
  method: 'POST',
  path: '/api/v1/notes',
  scope: 'public',
  summary: 'Notes',
  body: z.object({ text: z.string() }),
  returns: [200, z.object({ length: z.int() })],
})

const serve = async (t: TestContext) => {
  let handled = 0
  const options = {
    routes: [
      route(createNote, ({ body }) => {
        handled += 1
        return { length: body.text.length }
      }),
    ],
    dialects: [filesDialect],
    gate: { admit: () => {} },
    log: createLog('silent'),
    clock: systemClock,
    stats: httpStats(),
    trustedProxies: [],
    bodyLimitBytes: 1000,
    bodyTimeoutMs: 300,
  }
  const server = httpServer(options)
  const url = new URL(await server.listen({ host: '127.0.0.1', port: 0 }))
  t.after(() => server.close())
  return { port: Number(url.port), handled: () => handled }
}

/** Sends a byte at a time, and goes on when nobody wants to read any more. @returns What came until the connection ended. */
const trickle = (port: number): Promise<string> =>
  new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        'POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n',
      )
    })
    const timer = setInterval(() => socket.write('{'), 50)
    socket.on('data', (bytes) => {
      answer += bytes.toString()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      resolve(answer)
    })
  })

describe('a JSON body that does not end', () => {
  it('is answered with 408 in the words of the dialect, and the connection is closed', async (t) => {
    const { port, handled } = await serve(t)

    const answer = await trickle(port)

    assert.match(answer, /^HTTP\/1\.1 408 /)
    assert.match(answer, /\r\nconnection: close\r\n/i)
    assert.match(answer, /"code":"body_timeout"/)
    assert.equal(handled(), 0)
  })

  it('leaves those alone that arrive in time', async (t) => {
    const { port, handled } = await serve(t)

    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/notes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'four' }),
    })

    assert.deepEqual(await answer.json(), { length: 4 })
    assert.equal(handled(), 1)
  })
})
