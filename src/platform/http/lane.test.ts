import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, describe, it } from 'node:test'
import { z } from 'zod'
import { filesDialect } from '../../files/dialect.ts'
import { systemClock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { createLog } from '../log/index.ts'
import { endpoint, Failures, httpServer, httpStats, reply, route } from './index.ts'

const Notes = z.object({ text: z.string(), query: z.string() })
const spec = { method: 'GET', scope: 'any', summary: 'Notes', returns: [200, Notes] } as const
const listNotes = endpoint({ ...spec, path: '/api/v1/notes', query: z.object({ q: z.string().default('none') }) })
const lateNotes = endpoint({ ...spec, path: '/api/v1/late-notes' })
const namedNotes = endpoint({ ...spec, path: '/api/v1/named-notes' })

/** Lets everybody in, late where the path says so, but those who say that they are wrong. */
const admit = ({ endpoint, raw, headers }: Parameters<Parameters<typeof httpServer>[0]['gate']['admit']>[0]) => {
  headers.push('x-ratelimit-limit', '100', 'ratelimit', '"minute";r=99;t=60')
  if (raw.headers['x-wrong'] === undefined)
    return endpoint.path.includes('late') ? new Promise<void>((resolve) => setImmediate(resolve)) : undefined
  throw new AppError(Failures.AUTH_INVALID)
}

const server = httpServer({
  routes: [
    route(listNotes, ({ query }) => ({ text: 'café', query: query.q })),
    route(lateNotes, async () => ({ text: 'late', query: '' })),
    route(namedNotes, () => reply(200, { text: 'named', query: '' }, { 'x-name': 'a\r\nb' })),
  ],
  dialects: [filesDialect],
  gate: { admit },
  log: createLog('silent'),
  clock: systemClock,
  stats: httpStats(),
  trustedProxies: [],
  bodyLimitBytes: 1000,
})
const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }))
after(() => server.close())

/** Writes all at once, and ends. @returns All that came until the other side ended too. */
const exchange = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(port), '127.0.0.1', () => socket.end(text))
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk
    })
    socket.on('end', () => resolve(answer)).on('error', reject)
  })

const get = (path: string, ...headers: string[]): Promise<string> =>
  exchange([`GET ${path} HTTP/1.1`, 'Host: x', 'X-Request-Id: request-1', ...headers, '', ''].join('\r\n'))

/** Without what depends on the moment. */
const steady = (answer: string): string => answer.replace(/Date: .*\r\n/, 'Date: now\r\n')

describe('a GET of a fixed address', () => {
  it('is answered with the same bytes as by the long way', async () => {
    const short = await get('/api/v1/notes')

    const long = await get('/api/v1/notes?')

    assert.equal(steady(short), steady(long))
    assert.match(short, /^HTTP\/1\.1 200 OK\r\nx-ratelimit-limit: 100\r\n/)
    assert.match(short, /\r\n\r\n\{"text":"café","query":"none"\}$/)
  })

  it('has a head that Node would have written, but for what became of the connection', async () => {
    const own = await get('/api/v1/notes')

    const nodes = await get('/api/v1/notes', 'Connection: close')

    const kept = 'Connection: keep-alive\r\nKeep-Alive: timeout=72\r\n'
    assert.equal(steady(own).replace(kept, 'Connection: close\r\n'), steady(nodes))
    assert.match(own, /\r\nDate: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n/)
  })

  it('fails with the same bytes as by the long way', async () => {
    const wrong = 'X-Wrong: yes'
    const tooMany = Array.from({ length: 201 }, (_, index) => `X-${index}: 1`)
    const noHost = (path: string) => exchange(`GET ${path} HTTP/1.1\r\nX-Request-Id: request-1\r\n\r\n`)

    const short = [
      await get('/api/v1/notes', wrong),
      await get('/api/v1/notes', ...tooMany),
      await noHost('/api/v1/notes'),
    ]
    const long = [
      await get('/api/v1/notes?', wrong),
      await get('/api/v1/notes?', ...tooMany),
      await noHost('/api/v1/notes?'),
    ]

    assert.deepEqual(short.map(steady), long.map(steady))
    assert.deepEqual(
      short.map((answer) => answer.slice(9, 12)),
      ['401', '431', '400'],
    )
  })

  it('never sends a line break that a handler has put into a header', async () => {
    const answer = await get('/api/v1/named-notes')

    assert.match(answer, /^HTTP\/1\.1 500 /)
    assert.doesNotMatch(answer, /x-name/)
  })

  it('waits for its turn when several were sent at once', async () => {
    const request = (path: string, id: string): string =>
      `GET ${path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: request-${id}\r\n\r\n`
    const paths = ['late-notes', 'notes', 'notes?q=long', 'late-notes', 'notes']

    const answers = await exchange(paths.map((path, index) => request(`/api/v1/${path}`, String(index))).join(''))

    const ids = [...answers.matchAll(/x-request-id: request-(\d)/g)].map(([, id]) => id)
    assert.deepEqual(ids, ['0', '1', '2', '3', '4'])
  })
})
