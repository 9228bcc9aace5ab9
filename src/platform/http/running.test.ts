import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../../../test/services/eventually.ts'
import { filesDialect } from '../../files/dialect.ts'
import { systemClock } from '../clock.ts'
import { createLog } from '../log/index.ts'
import { bytes, type Caller, type Ending, endpoint, type Gate, httpServer, httpStats, reply, route } from './index.ts'

const getEvents = endpoint({
  method: 'GET',
  path: '/api/v1/events',
  scope: 'any',
  summary: 'Events',
  returns: [200, bytes('text/event-stream')],
})

describe('what runs while its credential may end', () => {
  it('is asked about while it lasts, together with everybody else who has that credential', async (t) => {
    const asked: string[][] = []
    const { open } = await serveEvents(t, async (callers) => {
      asked.push(callers.map(({ credentialId }) => credentialId))
      return new Map()
    })

    const streams = [await open('one'), await open('one'), await open('two')]
    await eventually(() => assert.deepEqual(asked.at(-1)?.toSorted(), ['one', 'two']))
    for (const stream of streams) stream.stop()

    // What has ended is asked about no more, and then nobody asks at all.
    await eventually(async () => {
      const before = asked.length
      await wait(1000)
      assert.equal(asked.length, before)
    })
  })

  it('is cut when it has ended, and only that', async (t) => {
    const ended = new Map<string, Ending>()
    const { open, log } = await serveEvents(t, async () => ended)
    const [one, two] = [await open('one'), await open('two')]

    ended.set('one', 'revoked')

    await one.broken
    const { seen } = two
    await eventually(() => assert.ok(two.seen > seen + 5))
    assert.equal(log.filter((line) => line.includes('a running request was cut')).length, 1)
  })

  it('goes on while nobody can say, which is logged once, and is cut as soon as somebody can', async (t) => {
    let failures = 0
    const { open, log } = await serveEvents(t, async () => {
      failures += 1
      if (failures < 4) throw new Error('the database is away')
      return new Map([['one', 'expired']])
    })

    const { broken } = await open('one')
    await broken

    assert.equal(failures, 4)
    assert.equal(log.filter((line) => line.includes('nobody can say')).length, 1)
  })
})

describe('a stream that is not read to its end', () => {
  it('is no failure when its reader has left, and is one when it breaks', async (t) => {
    const sources: Readable[] = []
    const { open, log } = await serveEvents(t, async () => new Map(), sources)
    const failures = () => log.filter((line) => line.includes('a request failed'))
    const [leaving, staying] = [await open('one'), await open('two')]

    leaving.stop()
    await eventually(() => assert.ok(sources[0]?.destroyed))
    sources[1]?.destroy(new Error('The disk is gone.'))
    await staying.broken

    await eventually(() => assert.equal(failures().length, 1))
    assert.match(failures()[0] ?? '', /The disk is gone/)
  })
})

/** A server with a stream of events that never ends. Its callers are who they say. */
const serveEvents = async (t: TestContext, ended: NonNullable<Gate['ended']>, sources: Readable[] = []) => {
  const log: string[] = []
  const server = httpServer({
    routes: [
      route(getEvents, ({ request: { signal } }) => {
        const stream = Readable.from(events(signal))
        sources.push(stream)
        return reply(200, stream, { 'content-type': 'text/event-stream' })
      }),
    ],
    dialects: [filesDialect],
    gate: {
      admit: (context) => {
        context.caller = callerOf(String(context.raw.headers['x-name']))
      },
      ended,
    },
    log: createLog('debug', (line) => log.push(line)),
    clock: systemClock,
    stats: httpStats(),
    trustedProxies: [],
    bodyLimitBytes: 1000,
  })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const open = async (name: string) => {
    const stopping = new AbortController()
    const response = await fetch(new URL(getEvents.path, url), {
      headers: { 'x-name': name },
      signal: stopping.signal,
    })
    const stream = { seen: 0, stop: () => stopping.abort(), broken: Promise.resolve() }
    const read = async (): Promise<void> => {
      for await (const _ of response.body ?? []) stream.seen += 1
    }
    stream.broken = assert.rejects(read())
    return stream
  }
  t.after(() => {
    server.server.closeAllConnections()
    return server.close()
  })
  return { open, log }
}

async function* events(signal: AbortSignal): AsyncIterable<string> {
  while (!signal.aborted) {
    yield 'data: tick\n\n'
    await wait(20)
  }
}

const callerOf = (credentialId: string): Caller => ({ kind: 'key', accountId: 'a', scopes: 0, credentialId })
