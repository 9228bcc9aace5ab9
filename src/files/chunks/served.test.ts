import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '../../../test/services/eventually.ts'
import { systemClock } from '../../platform/clock.ts'
import { bytes, endpoint, httpServer, httpStats, reply, route } from '../../platform/http/index.ts'
import { createLog } from '../../platform/log/index.ts'
import { filesDialect } from '../dialect.ts'
import { rangeReader } from './reader.ts'
import { chunkFixture, collect, counting, cutStream, receivedUntilError, toStored } from './testing.ts'

const SIZE_BYTES = 24 * 1024 * 1024
const PATH = '/api/v1/transfer'

const getTransfer = endpoint({
  method: 'GET',
  path: PATH,
  scope: 'public',
  summary: 'A file',
  returns: [200, bytes('application/octet-stream')],
})

describe('a transfer, as the answer to a request', () => {
  it('comes whole, with its headers, as often as it is asked for on a connection', async (t) => {
    const { url, content, openCount } = await serveFile(t)

    for (let turn = 0; turn < 2; turn += 1) {
      const response = await ask(url)
      assert.deepEqual([response.statusCode, response.headers['content-length']], [200, String(SIZE_BYTES)])
      assert.ok((await collect(response)).equals(content))
    }

    await eventually(() => assert.equal(openCount(), 0))
  })

  it('is closed without being read where only its headers are wanted', async (t) => {
    const { url, openCount } = await serveFile(t)

    const response = await ask(url, 'HEAD')

    assert.equal(response.headers['content-length'], String(SIZE_BYTES))
    assert.equal((await collect(response)).length, 0)
    await eventually(() => assert.equal(openCount(), 0))
  })

  it('is a failure with a body if its first bytes are damaged, and a broken connection if later ones are', async (t) => {
    const { url, content, damage, log } = await serveFile(t)

    await damage(1)
    const broken = await receivedUntilError(ask(url))
    await damage(0)
    const refused = await ask(url)

    assert.ok(broken.bytes.length < SIZE_BYTES)
    assert.ok(broken.bytes.equals(content.subarray(0, broken.bytes.length)))
    assert.equal(refused.statusCode, 500)
    assert.equal(JSON.parse(String(await collect(refused))).code, 'chunk_damaged')
    assert.equal(log.filter((line) => line.includes('a request failed')).length, 2)
  })

  it('is closed when the client goes away', async (t) => {
    const { url, openCount, connections } = await serveFile(t)

    const response = await ask(url)
    response.on('error', () => {})
    await once(response, 'readable')
    response.destroy()

    await eventually(async () => assert.deepEqual([openCount(), await connections()], [0, 0]))
  })

  it('is closed, with its connection, when the client stops reading for the idle time', async (t) => {
    const { url, openCount, connections } = await serveFile(t, { idleTimeoutMs: 300 })
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    t.after(() => socket.destroy())

    socket.pause()
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await eventually(() => assert.notEqual(openCount(), 0))

    await eventually(async () => assert.deepEqual([openCount(), await connections()], [0, 0]))
  })
})

const serveFile = async (t: TestContext, { idleTimeoutMs = 120_000 } = {}) => {
  const { writer, disk, pathOf } = await chunkFixture(t)
  const { backend, openCount } = counting(disk)
  const content = randomBytes(SIZE_BYTES)
  const chunks = toStored(await writer.write(cutStream(content, [1_000_000])), backend)
  const reader = rangeReader({ onBadCopy: () => {} })
  const log: string[] = []
  const options = {
    routes: [
      route(getTransfer, async ({ request: { signal } }) =>
        reply(200, await reader.openTransfer({ chunks, from: 0, to: SIZE_BYTES - 1, signal }), {
          'content-length': String(SIZE_BYTES),
        }),
      ),
    ],
    dialects: [filesDialect],
    gate: { admit: () => {} },
    log: createLog('debug', (line) => log.push(line)),
    clock: systemClock,
    stats: httpStats(),
    trustedProxies: [],
    bodyLimitBytes: 1000,
    idleTimeoutMs,
  }
  const server = httpServer(options)
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => {
    server.server.closeAllConnections()
    return server.close()
  })
  const connections = () =>
    new Promise<number>((resolve, reject) => {
      server.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
    })
  const damage = async (index: number): Promise<void> => {
    const { offset, sizeBytes, locator } = { locator: '', ...chunks[index], ...chunks[index]?.copies[0] }
    assert.ok(offset !== undefined && sizeBytes !== undefined)
    const changed = Buffer.from(content.subarray(offset, offset + sizeBytes))
    changed.writeUInt8(changed.readUInt8(0) ^ 1)
    await writeFile(pathOf(locator), changed)
  }
  return { url, content, openCount, connections, damage, log }
}

const ask = (url: string, method = 'GET'): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request(new URL(PATH, url), { method }, resolve).on('error', reject).end()
  })
