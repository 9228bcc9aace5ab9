import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { guardedFetcher, isPublicAddress } from './index.ts'

const OPEN = { allow: ['127.0.0.1'], ports: [80, 443], userAgent: 'Test' }
const SHUT = { ...OPEN, allow: [] }
const SMALL = { maxBytes: 1000 }

const serve = async (t: TestContext, listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}

describe('addresses of others', () => {
  const PUBLIC = ['1.1.1.1', '8.8.8.8', '172.32.0.1', '192.0.1.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1']
  const PRIVATE = [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.170',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::1',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'localhost',
    '',
  ]

  for (const address of PUBLIC) it(`${address} is public`, () => assert.ok(isPublicAddress(address)))
  for (const address of PRIVATE) it(`${address || 'nothing'} is not`, () => assert.ok(!isPublicAddress(address)))
})

describe('fetching what strangers ask for', () => {
  const REFUSED: Record<string, string> = {
    'ftp://example.org/': 'FETCH_URL',
    'file:///etc/passwd': 'FETCH_URL',
    'http://me:secret@example.org/': 'FETCH_URL',
    'no address': 'FETCH_URL',
    'http://127.0.0.1/': 'FETCH_REFUSED',
    'http://2130706433/': 'FETCH_REFUSED',
    'http://0x7f.1/': 'FETCH_REFUSED',
    'http://0177.0.0.1/': 'FETCH_REFUSED',
    'http://127.1/': 'FETCH_REFUSED',
    'http://[::1]/': 'FETCH_REFUSED',
    'http://[::ffff:7f00:1]/': 'FETCH_REFUSED',
    'http://[fe80::1]/': 'FETCH_REFUSED',
    'http://169.254.169.254/latest/meta-data': 'FETCH_REFUSED',
    'http://8.8.8.8:22/': 'FETCH_REFUSED',
  }
  for (const [url, code] of Object.entries(REFUSED))
    it(`${url} is refused without asking anybody`, async () => {
      const { fetch, assertUrl } = guardedFetcher({ ...SHUT, resolve: () => assert.fail('It asked.') })

      assert.throws(() => assertUrl(url), { code })
      await assert.rejects(fetch(url, SMALL), { code })
    })

  for (const addresses of [['127.0.0.1'], ['10.0.0.1'], ['::1'], ['::ffff:127.0.0.1'], ['8.8.8.8', '192.168.0.1']])
    it(`a name that means ${addresses.join(' and ')} is refused`, async () => {
      const { fetch } = guardedFetcher({ ...SHUT, resolve: async () => addresses })

      await assert.rejects(fetch('http://innocent.example/', SMALL), { code: 'FETCH_REFUSED' })
    })

  it('a name on a port that is not for fetching is refused', async () => {
    const { fetch } = guardedFetcher({ ...SHUT, resolve: async () => ['8.8.8.8'] })

    await assert.rejects(fetch('http://mail.example:25/', SMALL), { code: 'FETCH_REFUSED' })
  })

  it('a name is asked for once, and the connection goes to the address that was checked', async (t) => {
    const url = await serve(t, (request, response) => response.end(`for ${request.headers.host}`))
    const answers = [['127.0.0.1'], ['10.0.0.1']]
    const asked: string[] = []
    const resolve = async (host: string) => {
      asked.push(host)
      return answers.shift() ?? []
    }
    const { port } = new URL(url)

    const { body } = await guardedFetcher({ ...OPEN, resolve }).fetch(`http://rebinding.example:${port}/`, SMALL)

    assert.equal((await buffer(body)).toString(), `for rebinding.example:${port}`)
    assert.deepEqual(asked, ['rebinding.example'])
  })

  it('a redirect is checked like the first address', async (t) => {
    const targets = ['http://10.0.0.1/', 'http://[::1]/', 'file:///etc/passwd', 'http://inside.example/']
    const url = await serve(t, (request, response) => {
      response.writeHead(302, { location: targets[Number(request.url?.slice(1))] ?? '' }).end()
    })
    const { fetch } = guardedFetcher({ ...OPEN, resolve: async () => ['192.168.0.1'] })

    for (const [index, target] of targets.entries()) {
      const code = target.startsWith('file') ? 'FETCH_URL' : 'FETCH_REFUSED'
      await assert.rejects(fetch(`${url}/${index}`, SMALL), { code }, target)
    }
  })

  it('five redirects are followed and six are not', async (t) => {
    const url = await serve(t, (request, response) => {
      const left = Number(request.url?.slice(1))
      if (left === 0) response.end('here')
      else response.writeHead(307, { location: `/${left - 1}` }).end()
    })
    const { fetch } = guardedFetcher(OPEN)

    const five = await fetch(`${url}/5`, SMALL)

    assert.equal((await buffer(five.body)).toString(), 'here')
    assert.equal(five.url.href, `${url}/0`)
    await assert.rejects(fetch(`${url}/6`, SMALL), { code: 'FETCH_REDIRECTS' })
  })

  it('more bytes than are wanted are refused, announced or not', async (t) => {
    const url = await serve(t, (request, response) => {
      if (request.url === '/announced') response.setHeader('content-length', 1001)
      response.write('x'.repeat(600))
      response.end('x'.repeat(401))
    })
    const { fetch } = guardedFetcher(OPEN)

    await assert.rejects(fetch(`${url}/announced`, SMALL), { code: 'FETCH_TOO_LARGE' })
    const { body } = await fetch(`${url}/streamed`, SMALL)
    await assert.rejects(buffer(body), { code: 'FETCH_TOO_LARGE' })
  })

  it('a server that says nothing, or stops in the middle, is given up', async (t) => {
    const url = await serve(t, (request, response) => {
      if (request.url === '/half') response.writeHead(200, { 'content-length': 100 }).write('half')
    })
    const { fetch } = guardedFetcher(OPEN)

    await assert.rejects(fetch(`${url}/silent`, { ...SMALL, idleMs: 50 }), { code: 'FETCH_TIMEOUT' })
    await assert.rejects(fetch(`${url}/silent`, { ...SMALL, totalMs: 50 }), { code: 'FETCH_TIMEOUT' })
    const { body } = await fetch(`${url}/half`, { ...SMALL, idleMs: 50 })
    await assert.rejects(buffer(body))
  })

  it('a body that its server never ends is no whole one when its time is over', async (t) => {
    const url = await serve(t, (request, response) => {
      response.useChunkedEncodingByDefault = false
      response.write('beginning')
      if (request.url !== '/drips') return
      const timer = setInterval(() => response.write('.'), 10)
      response.on('close', () => clearInterval(timer))
    })
    const { fetch } = guardedFetcher(OPEN)

    const dripping = await fetch(`${url}/drips`, { ...SMALL, totalMs: 100 })
    const silent = await fetch(`${url}/falls-silent`, { ...SMALL, idleMs: 100 })

    await assert.rejects(buffer(dripping.body), { code: 'FETCH_TIMEOUT' })
    await assert.rejects(buffer(silent.body), { code: 'FETCH_TIMEOUT' })
  })

  const GARBLED: Record<string, string> = {
    'another protocol': 'SSH-2.0-OpenSSH_9.9\r\n',
    'a switch to another protocol': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    'headers without end': `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
  }
  for (const [name, answer] of Object.entries(GARBLED))
    it(`${name} is no answer`, async (t) => {
      const server = createTcpServer((socket) => {
        socket.on('error', () => {})
        socket.once('data', () => socket.end(answer))
      }).listen(0, '127.0.0.1')
      t.after(() => server.close())
      await once(server, 'listening')
      const address = server.address()
      assert.ok(address !== null && typeof address === 'object')

      const fetched = guardedFetcher(OPEN).fetch(`http://127.0.0.1:${address.port}/`, SMALL)

      await assert.rejects(fetched, { code: 'FETCH_GARBLED' })
    })

  it('bytes come as they were sent, and the request says who asks', async (t) => {
    const url = await serve(t, ({ headers }, response) => {
      response.setHeader('content-encoding', 'gzip')
      response.end(`${headers['user-agent']} ${headers['accept-encoding']} ${headers.range}`)
    })

    const { body } = await guardedFetcher(OPEN).fetch(url, { ...SMALL, headers: { range: 'bytes=5-' } })

    assert.equal((await buffer(body)).toString(), 'Test identity bytes=5-')
  })
})
