import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { systemClock } from '../clock.ts'
import { createLog } from '../log/index.ts'
import type { Dialect } from './dialect.ts'
import { referenceRoutes } from './reference.ts'
import { httpServer } from './server.ts'
import { httpStats } from './stats.ts'

const dialect: Dialect = {
  name: 'shelves',
  prefixes: ['/'],
  carriers: [],
  formBodies: false,
  failure: (error) => ({ code: error.code }),
  code: ({ code }) => code,
  limitHeaders: () => [],
}

const DOCUMENT = { openapi: '3.1.0', info: { title: 'Ä test', version: '1' }, paths: {} }
let described = 0

const server = httpServer({
  routes: referenceRoutes({
    document: () => {
      described += 1
      return DOCUMENT
    },
  }),
  dialects: [dialect],
  gate: { admit: () => undefined },
  log: createLog('silent'),
  clock: systemClock,
  stats: httpStats(),
  trustedProxies: [],
  bodyLimitBytes: 1024,
})

interface Answer {
  readonly status: number
  readonly headers: Record<string, string | undefined>
  readonly body: Buffer
}

// Not fetch, which would decode what is compressed.
const ask = (path: string, headers: Record<string, string> = {}): Promise<Answer> => {
  const { port } = server.server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      const flat = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
      resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(flat), body: Buffer.concat(chunks) })
    }).on('error', reject)
  })
}

const assetPath = async (name: string): Promise<string> => {
  const page = (await ask('/docs')).body.toString()
  const path = new RegExp(`"(/docs/assets/[^"]*/${name})"`).exec(page)?.[1]
  assert.ok(path !== undefined, page)
  return path
}

before(async () => {
  await server.listen({ host: '127.0.0.1', port: 0 })
})
after(() => server.close())

describe('the reference page', () => {
  it('makes the document once, and gives it to everybody', async () => {
    const [one, two] = await Promise.all([ask('/openapi.json'), ask('/openapi.json')])

    assert.deepEqual(JSON.parse(one.body.toString()), DOCUMENT)
    assert.deepEqual(one.body, two.body)
    assert.equal(one.headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(described, 1)
  })

  it('answers 304 to who has the document already', async () => {
    const { headers } = await ask('/openapi.json')

    const again = await ask('/openapi.json', { 'if-none-match': `"other", W/${headers.etag}` })

    assert.equal(again.status, 304)
    assert.equal(again.body.length, 0)
    assert.equal(again.headers.etag, headers.etag)
    assert.equal(headers['cache-control'], 'no-cache')
  })

  it('is a page without inline script or style, from this server alone', async () => {
    const { status, headers, body } = await ask('/docs')

    const html = body.toString()
    assert.equal(status, 200)
    assert.equal(headers['content-type'], 'text/html; charset=utf-8')
    assert.match(headers['content-security-policy'] ?? '', /default-src 'none'; script-src 'self'; style-src 'self'/)
    assert.doesNotMatch(html, /<script(?![^>]* src="\/)|<style|style=|https?:|\bon\w+=/)
  })

  it('has every part that it names, each kept for good', async () => {
    const page = (await ask('/docs')).body.toString()
    const paths = [...page.matchAll(/(?:src|href)="(\/docs\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')

    assert.equal(paths.length, 4)
    for (const path of paths) {
      const { status, headers, body } = await ask(path)
      assert.equal(status, 200, path)
      assert.equal(headers['content-length'], String(body.length))
      assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable')
      assert.equal(headers['x-content-type-options'], 'nosniff')
    }
  })

  it('sends its script compressed as the browser prefers', async () => {
    const path = await assetPath('swagger-ui-bundle.js')
    const plain = await readFile(new URL(import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js')))

    const brotli = await ask(path, { 'accept-encoding': 'gzip, deflate, br, zstd' })
    const zipped = await ask(path, { 'accept-encoding': 'br;q=0, gzip' })
    const whole = await ask(path, { 'accept-encoding': 'identity' })

    assert.deepEqual([brotli.headers['content-encoding'], zipped.headers['content-encoding']], ['br', 'gzip'])
    assert.equal(whole.headers['content-encoding'], undefined)
    assert.ok(brotliDecompressSync(brotli.body).equals(plain))
    assert.ok(gunzipSync(zipped.body).equals(plain))
    assert.ok(whole.body.equals(plain))
    assert.equal(new Set([brotli, zipped, whole].map(({ headers }) => headers.etag)).size, 3)
    for (const { headers } of [brotli, zipped, whole]) assert.equal(headers.vary, 'accept-encoding')
  })

  it('has nothing under the address of another version, or beside its parts', async () => {
    const path = await assetPath('start.js')

    for (const wrong of [path.replace('start.js', 'package.json'), path.replace(/assets\/[^/]*/, 'assets/1.0.0')]) {
      const { status, body } = await ask(wrong)
      assert.deepEqual([status, JSON.parse(body.toString())], [404, { code: 'NOT_FOUND' }])
    }
  })

  it('shows only the document of this server', async () => {
    const { body } = await ask(await assetPath('start.js'))

    assert.match(body.toString(), /url: '\/openapi\.json'/)
    assert.match(body.toString(), /queryConfigEnabled: false/)
    assert.match(body.toString(), /validatorUrl: null/)
  })
})
