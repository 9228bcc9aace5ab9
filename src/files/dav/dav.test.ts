import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { overWire } from '../../../test/surfaces/wire.ts'
import { filesOnDisk, limitPlan, slowRequest, someBytes, totalsOf } from '../files/testing.ts'
import { createFolder } from '../folders/contract.ts'
import { listTrash } from '../trash/contract.ts'
import { conditionsOf, dav, listOf, propertyOf, statusOf } from './testing.ts'

const basic = (key: string, user = 'anybody') => `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}`

for (const dialect of dialects) {
  describe(`the drive by WebDAV (${dialect})`, async () => {
    const app = await testApp(dialect)
    const newAccount = app.account

    it('says what it can do to anybody', async () => {
      const response = await app.fetch('/dav/', { method: 'OPTIONS' })

      assert.deepEqual([response.status, response.headers.get('dav')], [200, '1, 2'])
      assert.match(response.headers.get('allow') ?? '', /PROPFIND.*LOCK/)
    })

    it('takes the key as password of whichever user, and challenges with Basic alone', async () => {
      const ada = await app.account()
      const get = (authorization: string) => app.fetch('/dav/', { headers: { authorization } })

      const answers = [
        await get(basic(ada.key)),
        await get(basic(ada.key, '')),
        await get(`bAsIc ${basic(ada.key).slice(6)}`),
      ]
      const refused = [
        await get(basic('tk_live_nonsense')),
        await get('Basic %%%'),
        await get(basic('')),
        await app.fetch('/dav'),
      ]

      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200],
      )
      assert.deepEqual(
        refused.map(({ status }) => status),
        [401, 401, 401, 401],
      )
      for (const { headers } of refused) assert.equal(headers.get('www-authenticate'), 'Basic realm="Latchkey"')
      assert.match(refused[0]?.headers.get('content-type') ?? '', /^application\/xml/)
    })

    it('does not take Basic or a browser session where that is not the way in', async () => {
      const ada = await app.account()

      const api = await app.fetch('/api/v1/files', { headers: { authorization: basic(ada.key) } })
      const session = await app.fetch('/dav/', { headers: { cookie: await ada.signIn() } })

      assert.deepEqual([api.status, session.status], [401, 401])
      assert.match(api.headers.get('www-authenticate') ?? '', /^Bearer/)
    })

    it('stores what is put, and gives it back whole and in parts', async () => {
      const ada = await newAccount()
      const bytes = someBytes(3_000_000)

      const put = await dav(ada, 'PUT', '/a.bin', { body: bytes, headers: { 'content-type': 'image/png' } })
      const whole = await ada.fetch('/dav/a.bin')
      const part = await ada.fetch('/dav/a.bin', { headers: { range: 'bytes=2999990-' } })
      const beyond = await ada.fetch('/dav/a.bin', { headers: { range: 'bytes=3000000-' } })
      const head = await ada.fetch('/dav/a.bin', { method: 'HEAD' })
      const known = await ada.fetch('/dav/a.bin', { headers: { 'if-none-match': put.headers.get('etag') ?? '' } })

      assert.deepEqual([put.status, put.text], [201, ''])
      assert.ok(Buffer.from(await whole.arrayBuffer()).equals(bytes))
      assert.equal(whole.headers.get('content-type'), 'image/png')
      assert.equal(whole.headers.get('etag'), put.headers.get('etag'))
      assert.deepEqual([part.status, part.headers.get('content-range')], [206, 'bytes 2999990-2999999/3000000'])
      assert.ok(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(2_999_990)))
      assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, 'bytes */3000000'])
      assert.deepEqual([head.status, head.headers.get('content-length')], [200, '3000000'])
      assert.equal(known.status, 304)
    })

    it('replaces the bytes of a file that has the name', async () => {
      const ada = await newAccount()
      await dav(ada, 'PUT', '/a.txt', { body: 'one' })

      const again = await statusOf(ada, 'PUT', '/a.txt', { body: 'two' })

      assert.equal(again, 204)
      assert.equal((await dav(ada, 'GET', '/a.txt')).text, 'two')
      assert.deepEqual(await totalsOf(ada), { totalFiles: 1, totalSizeBytes: 3 })
    })

    it('stores files with nothing in them, and files sent in chunks', async () => {
      const ada = await newAccount()
      const empty = await statusOf(ada, 'PUT', '/empty', { body: '' })
      const lengthless = await overWire(app.url, {
        method: 'PUT',
        path: '/dav/none',
        headers: [`X-API-Key: ${ada.key}`],
      })
      const { sending, answered } = slowRequest(app, ada, '/dav/._chunked', { 'x-expected-entity-length': 6 })
      sending.write('abc')
      sending.end('def')

      assert.deepEqual([empty, lengthless.status, (await answered).status], [201, 201, 201])
      assert.equal((await dav(ada, 'GET', '/._chunked')).text, 'abcdef')
      assert.equal(await propertyOf(ada, '/empty', 'getcontentlength'), '0')
    })

    it('depends on If-Match and If-None-Match', async () => {
      const ada = await newAccount()
      const put = (headers: Record<string, string>) => statusOf(ada, 'PUT', '/a.txt', { body: 'x', headers })

      const missing = await put({ 'if-match': '*' })
      const first = await put({ 'if-none-match': '*' })
      const second = await put({ 'if-none-match': '*' })
      const wrong = await put({ 'if-match': '"nonsense"' })

      assert.deepEqual([missing, first, second, wrong], [412, 201, 412, 412])
    })

    it('keeps the moment that rclone and the clients of ownCloud send along', async () => {
      const ada = await newAccount()

      const put = await dav(ada, 'PUT', '/a.txt', { body: 'x', headers: { 'x-oc-mtime': '981173106' } })
      const odd = await statusOf(ada, 'PUT', '/b.txt', { body: 'x', headers: { 'x-oc-mtime': 'yesterday' } })

      assert.equal(put.headers.get('x-oc-mtime'), 'accepted')
      assert.equal(await propertyOf(ada, '/a.txt', 'getlastmodified'), 'Sat, 03 Feb 2001 04:05:06 GMT')
      const got = await ada.fetch('/dav/a.txt', { method: 'HEAD' })
      assert.equal(got.headers.get('last-modified'), 'Sat, 03 Feb 2001 04:05:06 GMT')
      assert.equal(odd, 201)
    })

    it('refuses parts of a file, encodings, folders as files and paths that cannot be', async () => {
      const ada = await newAccount()
      await dav(ada, 'MKCOL', '/docs')
      const put = (path: string, headers: Record<string, string> = {}) =>
        statusOf(ada, 'PUT', path, { body: 'x', headers })

      assert.equal(await put('/a', { 'content-range': 'bytes 0-0/2' }), 400)
      assert.equal(await put('/a', { 'content-encoding': 'gzip' }), 415)
      assert.equal(await put('/docs'), 405)
      assert.equal(await put('/new/'), 409)
      assert.equal(await put('/nowhere/a'), 409)
      assert.equal(await put('/'), 405)
      assert.deepEqual(await totalsOf(ada), { totalFiles: 0, totalSizeBytes: 0 })
    })

    it('says 507 where there is no room, and keeps nothing of it', async () => {
      const app = await testApp(dialect, {})
      const ada = await app.account()
      await limitPlan(app, ada, { maxBytes: 1000 })

      const announced = await statusOf(ada, 'PUT', '/a', { body: someBytes(2000) })
      const { sending, answered } = slowRequest(app, ada, '/dav/b', {})
      sending.end(someBytes(2000))

      assert.deepEqual([announced, (await answered).status], [507, 507])
      assert.deepEqual(await listOf(ada, '/'), ['/dav/'])
      assert.deepEqual(await filesOnDisk(app), [])
    })

    it('makes folders, where there is none and in what is one', async () => {
      const ada = await newAccount()
      const make = (path: string, body?: string) => statusOf(ada, 'MKCOL', path, body === undefined ? {} : { body })

      const made = [await make('/docs/'), await make('/docs/2026')]
      await dav(ada, 'PUT', '/file', { body: 'x' })
      const refused = [
        await make('/docs'),
        await make('/file'),
        await make('/no/where'),
        await make('/file/x'),
        await make('/'),
      ]

      assert.deepEqual(made, [201, 201])
      assert.deepEqual(refused, [405, 405, 409, 409, 405])
      assert.equal(await make('/strange', '<x/>'), 415)
    })

    it('deletes into the trash, folders with what is in them', async () => {
      const ada = await newAccount()
      await dav(ada, 'MKCOL', '/docs')
      await dav(ada, 'PUT', '/docs/a.txt', { body: 'abc' })
      await dav(ada, 'PUT', '/b.txt', { body: 'b' })

      const deleted = [await statusOf(ada, 'DELETE', '/docs/'), await statusOf(ada, 'DELETE', '/b.txt')]

      const { items } = await ada.call(listTrash, {})
      assert.deepEqual(deleted, [204, 204])
      assert.deepEqual(items.map(({ name }) => name).toSorted(), ['b.txt', 'docs'])
      assert.deepEqual([await statusOf(ada, 'DELETE', '/b.txt'), await statusOf(ada, 'DELETE', '/')], [404, 403])
    })

    it('decodes names once, composes them, and prints them as they have to be sent', async () => {
      const ada = await newAccount()
      const name = 'ünï & <100%> #1?;+\'"日本.txt'
      await dav(ada, 'PUT', `/${encodeURIComponent(name.normalize('NFD'))}`, { body: 'x' })

      const hrefs = await listOf(ada, '/')

      assert.deepEqual(hrefs, ['/dav/', `/dav/${encodeURIComponent(name)}`])
      assert.equal(await propertyOf(ada, hrefs[1]?.slice(4) ?? '', 'displayname'), name)
    })

    it('refuses names that could lead elsewhere', async () => {
      const ada = await newAccount()
      const send = async (path: string) =>
        (await overWire(app.url, { method: 'PUT', path, headers: [`X-API-Key: ${ada.key}`], body: 'x' })).status

      for (const path of [
        '/dav/a%2Fb',
        '/dav/a%00b',
        '/dav/..',
        '/dav/%2e%2e/x',
        '/dav/./x',
        '/dav/%ff',
        '/dav/a#b',
        '/dav/%',
      ])
        assert.equal(await send(path), 400, path)
      assert.deepEqual(await listOf(ada, '/'), ['/dav/'])
    })

    it('finds names in their own case only, and never keeps two that differ in nothing else', async () => {
      const ada = await newAccount()
      await dav(ada, 'PUT', '/a.txt', { body: 'first' })
      await dav(ada, 'MKCOL', '/docs')

      const other = [
        await statusOf(ada, 'GET', '/A.TXT'),
        await statusOf(ada, 'DELETE', '/A.TXT'),
        await statusOf(ada, 'MKCOL', '/Docs'),
        await statusOf(ada, 'PUT', '/Docs/x', { body: 'x' }),
      ]
      const put = await statusOf(ada, 'PUT', '/A.txt', { body: 'second' })

      assert.deepEqual(other, [404, 404, 409, 409])
      assert.equal(put, 201)
      assert.deepEqual(await listOf(ada, '/'), ['/dav/', '/dav/docs/', '/dav/A.txt'])
      assert.deepEqual(
        (await ada.call(listTrash, {})).items.map(({ name }) => name),
        ['a.txt'],
      )
    })

    it('shows nobody what belongs to somebody else', async () => {
      const [ada, bob] = [await newAccount(), await newAccount()]
      await dav(ada, 'PUT', '/secret.txt', { body: 'x' })

      const tries = ['GET', 'DELETE', 'PROPFIND', 'LOCK', 'UNLOCK'].map((method) =>
        statusOf(bob, method, '/secret.txt', { headers: { 'lock-token': '<urn:x>', if: '(<urn:x>)' } }),
      )

      assert.deepEqual(await Promise.all(tries), [404, 404, 404, 412, 409])
      assert.deepEqual(await listOf(bob, '/'), ['/dav/'])
    })

    it('asks for the scopes that the same thing needs elsewhere', async () => {
      const reader = await newAccount({ scopes: ['files:read'] })
      const writer = await newAccount({ scopes: ['files:read', 'files:write'] })
      const statuses = (ada: TestAccount, ...calls: [string, string, Record<string, string>?][]) =>
        Promise.all(calls.map(([method, path, headers = {}]) => statusOf(ada, method, path, { headers })))

      await dav(writer, 'PUT', '/a', { body: 'x' })

      assert.deepEqual(
        await statuses(reader, ['GET', '/'], ['PROPFIND', '/', { depth: '0' }], ['PUT', '/x'], ['LOCK', '/x']),
        [200, 207, 403, 403],
      )
      assert.deepEqual(
        await statuses(writer, ['DELETE', '/a'], ['MKCOL', '/docs'], ['COPY', '/a', { destination: '/dav/b' }]),
        [403, 403, 201],
      )
    })

    it('shows teams as folders in one called Teams, unless there is an own one', async () => {
      const [ada, bob] = [await newAccount(), await newAccount()]
      const { db } = app.app.core.database
      const members = [ada, bob].map(({ id }, index) => ({
        team_id: `team_${ada.id}`,
        account_id: id,
        role: index === 0 ? ('owner' as const) : ('viewer' as const),
        joined_at: 1,
      }))
      await db
        .insertInto('teams')
        .values({ id: `team_${ada.id}`, name: 'R/D', created_at: 1 })
        .execute()
      await db.insertInto('team_members').values(members).execute()

      const put = await statusOf(ada, 'PUT', '/Teams/R_D/a.txt', { body: 'shared' })
      const byViewer = [
        await statusOf(bob, 'PUT', '/Teams/R_D/b.txt', { body: 'x' }),
        await statusOf(bob, 'DELETE', '/Teams/R_D/a.txt'),
      ]
      const fixed = ['/Teams', '/Teams/R_D', '/Teams/new'].map((path) =>
        statusOf(ada, path.endsWith('new') ? 'MKCOL' : 'DELETE', path),
      )

      assert.deepEqual([put, ...byViewer], [201, 403, 403])
      assert.deepEqual(await Promise.all(fixed), [403, 403, 403])
      assert.deepEqual(await listOf(bob, '/'), ['/dav/', '/dav/Teams/'])
      assert.deepEqual(await listOf(bob, '/Teams'), ['/dav/Teams/', '/dav/Teams/R_D/'])
      assert.equal((await dav(bob, 'GET', '/Teams/R_D/a.txt')).text, 'shared')
      await bob.call(createFolder, { body: { name: 'teams' } })
      assert.deepEqual(await listOf(bob, '/'), ['/dav/', '/dav/teams/'])
    })

    it('has a limit of its own, which is not counted against the day', async () => {
      const app = await testApp(dialect, { settings: { LIMIT_DAV_PER_MINUTE: '3' } })
      const ada = await app.account()

      const answers = [1, 2, 3, 4].map(() => ada.fetch('/dav/'))
      const statuses = (await Promise.all(answers)).map(({ status }) => status)
      const limited = await dav(ada, 'PUT', '/a', { body: 'x' })
      const api = await ada.fetch('/api/v1/files')

      assert.deepEqual(statuses.toSorted(), [200, 200, 200, 429])
      assert.equal(limited.status, 429)
      assert.ok(Number(limited.headers.get('retry-after')) > 0)
      assert.deepEqual(conditionsOf(limited), [])
      assert.deepEqual(
        [api.status, Number(api.headers.get('x-ratelimit-limit')) - Number(api.headers.get('x-ratelimit-remaining'))],
        [200, 1],
      )
    })
  })
}
