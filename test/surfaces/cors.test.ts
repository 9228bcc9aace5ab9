import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, type TestApp, testApp } from '../app.ts'

const PAGE = 'https://app.example'
const STRANGER = 'https://evil.test'
const OPEN = [
  '/v1/cards',
  '/api/v1/cards',
  '/api/v1/tags',
  '/api/raycast/search',
  '/v1/nowhere',
  '/mcp',
  '/api/auth/mcp/token',
  '/api/auth/mcp/revoke',
  '/api/auth/mcp/register',
  '/api/auth/mcp/jwks',
  '/api/auth/mcp/userinfo',
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-protected-resource/mcp',
]
const CLOSED = [
  '/api/account',
  '/api/keys',
  '/api/v1/files',
  '/api/v1/files/uploads',
  '/api/v1/stats',
  '/v2/bots',
  '/s/anything',
  '/api/auth/sign-in',
  '/api/auth/mcp/authorize',
  '/api/auth/mcp/consent',
  '/dav/',
  '/nowhere',
  '/healthz',
]

const allowed = (response: Response): string | null => response.headers.get('access-control-allow-origin')

/** Words of a header that is a list, in lower case. */
const wordsOf = (response: Response, name: string): string[] =>
  (response.headers.get(name) ?? '').split(',').map((word) => word.trim().toLowerCase())

describe('pages of other sites', async () => {
  const app = await testApp('sqlite')
  const ada = await app.account()
  // Where the operator has named two of them.
  const listing = await testApp('sqlite', { settings: { CORS_ORIGINS: `${PAGE}, chrome-extension://abcdef` } })

  const ask = (of: TestApp, path: string, origin: string | undefined, method = 'POST'): Promise<Response> =>
    of.fetch(path, {
      method: 'OPTIONS',
      headers: {
        ...(origin === undefined ? {} : { origin }),
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type',
      },
    })

  it('may all ask cards, MCP and OAuth', async () => {
    for (const path of OPEN) {
      const response = await ask(app, path, STRANGER)

      assert.deepEqual([path, response.status, allowed(response)], [path, 204, '*'])
      assert.equal(response.headers.get('access-control-max-age'), '86400')
      assert.equal(response.headers.get('access-control-allow-credentials'), null)
      assert.equal(await response.text(), '')
    }
  })

  it('may ask nothing else unless the operator names them', async () => {
    for (const path of CLOSED) {
      const [nobody, stranger, page] = [
        await ask(app, path, PAGE),
        await ask(listing, path, STRANGER),
        await ask(listing, path, PAGE),
      ]

      assert.deepEqual([path, allowed(nobody), allowed(stranger)], [path, null, null])
      assert.deepEqual([path, page.status, allowed(page)], [path, 204, PAGE])
      assert.equal(page.headers.get('access-control-allow-credentials'), null)
      assert.ok(wordsOf(page, 'vary').includes('origin'))
    }
  })

  it('may be an extension', async () => {
    const response = await ask(listing, '/v2/bots', 'chrome-extension://abcdef')

    assert.equal(allowed(response), 'chrome-extension://abcdef')
  })

  it('are told which methods an API has', async () => {
    const cards = wordsOf(await ask(app, '/v1/cards', STRANGER), 'access-control-allow-methods')
    const mcp = wordsOf(await ask(app, '/mcp', STRANGER), 'access-control-allow-methods')
    const dav = wordsOf(await ask(listing, '/dav/', PAGE), 'access-control-allow-methods')

    for (const method of ['get', 'head', 'post', 'patch', 'delete', 'put', 'options'])
      assert.ok(cards.includes(method), method)
    assert.ok(mcp.includes('post') && !mcp.includes('propfind'))
    assert.ok(dav.includes('propfind') && dav.includes('lock'))
  })

  it('may send every header that a client of ours needs', async () => {
    const headers = wordsOf(await ask(app, '/v1/cards', STRANGER), 'access-control-allow-headers')

    const needed = [
      'authorization', 'x-api-key', 'content-type', 'idempotency-key', 'if-match', 'mcp-protocol-version',
      'mcp-session-id', 'last-event-id', 'range', 'x-request-id', 'tus-resumable', 'upload-offset', 'upload-metadata',
    ] // biome-ignore format: a list
    assert.deepEqual(
      needed.filter((name) => !headers.includes(name)),
      [],
    )
  })

  it('may read answers and refusals, with their limits', async () => {
    const good = await ada.fetch('/v1/cards', { headers: { origin: STRANGER } })
    const bad = await app.fetch('/mcp', { method: 'POST', headers: { origin: STRANGER } })

    assert.deepEqual([good.status, allowed(good)], [200, '*'])
    assert.deepEqual([bad.status, allowed(bad)], [401, '*'])
    const exposed = wordsOf(bad, 'access-control-expose-headers')
    for (const name of ['www-authenticate', 'x-request-id', 'ratelimit', 'retry-after', 'etag', 'location'])
      assert.ok(exposed.includes(name), name)
  })

  it('may read files with a key where the operator names them, and others may not', async () => {
    const zoe = await listing.account()
    const name = '/api/v1/files'

    const [page, stranger, nobody] = [
      await zoe.fetch(name, { headers: { origin: PAGE } }),
      await zoe.fetch(name, { headers: { origin: STRANGER } }),
      await zoe.fetch(name),
    ]

    assert.deepEqual([page.status, allowed(page), wordsOf(page, 'vary').includes('origin')], [200, PAGE, true])
    assert.deepEqual([stranger.status, allowed(stranger), nobody.status, allowed(nobody)], [200, null, 200, null])
  })

  it('never use the cookie of a visitor, not even to read', async () => {
    const cookie = await ada.signIn()
    const from = (headers: Record<string, string>) => app.fetch('/v1/cards', { headers: { cookie, ...headers } })

    const [stranger, sandbox, neighbour] = [
      await from({ origin: STRANGER }),
      await from({ origin: 'null' }),
      await from({ origin: 'https://files.example', 'sec-fetch-site': 'same-site' }),
    ]
    const [own, link] = [await from({ origin: app.url }), await from({ 'sec-fetch-site': 'cross-site' })]

    assert.deepEqual([stranger.status, sandbox.status, neighbour.status], [403, 403, 403])
    assert.deepEqual([own.status, link.status], [200, 200])
  })

  it('never use the cookie of a visitor where the operator names them either', async () => {
    const zoe = await listing.account()
    const cookie = await zoe.signIn()

    const response = await listing.fetch('/api/v1/files', { headers: { cookie, origin: PAGE } })

    assert.deepEqual([response.status, response.headers.get('access-control-allow-credentials')], [403, null])
  })

  it('leave no trace where none is asking, but on what caches keep', async () => {
    const zoe = await listing.account()
    const contentOf = async (account: TestAccount): Promise<Response> => {
      const put = await account.fetch('/api/v1/files/content?name=a.txt', { method: 'PUT', body: 'a' })
      return account.fetch(`${put.headers.get('location')}/content`)
    }

    const [cards, closed, named] = [await ada.fetch('/v1/cards'), await contentOf(ada), await contentOf(zoe)]

    assert.deepEqual([cards, closed, named].map(allowed), [null, null, null])
    assert.deepEqual(
      [cards, closed, named].map(({ headers }) => headers.get('vary')),
      [null, null, 'origin'],
    )
  })

  it('get the answers of tus and WebDAV to those who ask for something else', async () => {
    const tus = await app.fetch('/api/v1/files/uploads', { method: 'OPTIONS' })
    const dav = await listing.fetch('/dav/', { method: 'OPTIONS', headers: { origin: PAGE } })

    assert.ok(tus.headers.has('tus-version'))
    assert.ok(dav.headers.has('dav'))
  })
})
