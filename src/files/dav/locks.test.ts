import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { systemClock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { spaceIdOf } from '../spaces.ts'
import { lockPath } from './locks.ts'
import { lockRepo } from './repo.ts'
import { conditionsOf, dav, LOCK_INFO, listOf, lock, propertyOf, statusOf } from './testing.ts'

const SHARED = LOCK_INFO.replace('exclusive', 'shared')

for (const dialect of dialects) {
  describe(`locks of the WebDAV drive (${dialect})`, async () => {
    // Locks end while tests wait for nothing.
    let skippedMs = 0
    const clock = { ...systemClock, now: () => new Date(Date.now() + skippedMs) }
    const app = await testApp(dialect, { clock })

    it('are asked for in the transaction of each change, so that one which is made just before it is not passed by', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/there.txt', { body: 'x' })
      const database: { -readonly [K in keyof Database]: Database[K] } = app.app.core.database
      const { transaction } = database
      const methods = { '/new.txt': 'PUT', '/there.txt': 'DELETE', '/folder': 'MKCOL' }

      const statuses = []
      for (const [path, method] of Object.entries(methods)) {
        const space = { accountId: ada.id, teamId: null }
        const shape = { href: `/dav${path}`, depth: 'infinity' as const, scope: 'exclusive' as const, owner: '' }
        const ids = { token: `urn:uuid:${path}`, space_id: spaceIdOf(space), account_id: ada.id }
        // The request was let in by now.
        database.transaction = async (work) => {
          database.transaction = transaction
          await lockRepo(database.db).insert({ ...ids, path: lockPath([path.slice(1)]), ...shape, expires_at: 9e15 })
          return transaction(work)
        }
        statuses.push(await statusOf(ada, method, path, method === 'PUT' ? { body: 'x' } : {}))
      }

      assert.deepEqual(statuses, [423, 423, 423])
      assert.equal(await statusOf(ada, 'GET', '/there.txt'), 200)
      assert.deepEqual([await statusOf(ada, 'GET', '/new.txt'), await statusOf(ada, 'GET', '/folder')], [404, 404])
    })

    it('tell who has them, for how long and on what', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/a.txt', { body: 'x' })

      const made = await dav(ada, 'LOCK', '/a.txt', {
        body: LOCK_INFO,
        headers: { timeout: 'Infinite, Second-4100000000' },
      })

      const token = made.headers.get('lock-token') ?? ''
      assert.equal(made.status, 200)
      assert.match(token, /^<urn:uuid:[0-9a-f-]{36}>$/)
      const discovered = (await dav(ada, 'PROPFIND', '/a.txt', { headers: { depth: '0' } })).text
      for (const part of [
        token.slice(1, -1),
        'Second-3600',
        '<D:exclusive/>',
        '<D:depth>infinity</D:depth>',
        'mailto:ada@example.org',
        '<D:lockroot><D:href>/dav/a.txt</D:href>',
      ])
        assert.ok(discovered.includes(part), part)
    })

    it('keep out every client that does not show the token, of the same account too', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/a.txt', { body: 'x' })
      const token = await lock(ada, '/a.txt')

      const refused = await dav(ada, 'PUT', '/a.txt', { body: 'y' })
      const others = await Promise.all([
        statusOf(ada, 'DELETE', '/a.txt'),
        statusOf(ada, 'MOVE', '/a.txt', { headers: { destination: '/dav/b.txt' } }),
        statusOf(ada, 'PROPPATCH', '/a.txt', {
          body: '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="u:"/></D:prop></D:set></D:propertyupdate>',
        }),
        statusOf(ada, 'LOCK', '/a.txt', { body: LOCK_INFO }),
      ])
      const shown = await statusOf(ada, 'PUT', '/a.txt', { body: 'z', headers: { if: `(${token})` } })

      assert.equal(refused.status, 423)
      assert.deepEqual(conditionsOf(refused), ['lock-token-submitted'])
      assert.deepEqual(others, [423, 423, 423, 423])
      assert.equal(shown, 204)
      assert.equal((await dav(ada, 'GET', '/a.txt')).text, 'z')
    })

    it('let everybody read, and copy from what is locked', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/a.txt', { body: 'x' })
      await lock(ada, '/a.txt')

      const [got, copied] = [
        await dav(ada, 'GET', '/a.txt'),
        await statusOf(ada, 'COPY', '/a.txt', { headers: { destination: '/dav/b.txt' } }),
      ]

      assert.deepEqual([got.text, copied], ['x', 201])
      assert.equal(await statusOf(ada, 'PUT', '/b.txt', { body: 'free' }), 204)
    })

    it('of two clients at the same moment one gets the lock', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/a.txt', { body: 'x' })

      const statuses = await Promise.all([1, 2, 3, 4].map(() => statusOf(ada, 'LOCK', '/a.txt', { body: LOCK_INFO })))

      assert.deepEqual(statuses.toSorted(), [200, 423, 423, 423])
    })

    it('are released with their token, on what they are on and by whom they belong to', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      await dav(ada, 'PUT', '/a.txt', { body: 'x' })
      const token = await lock(ada, '/a.txt')
      const unlock = (who: typeof ada, path: string, headers: Record<string, string>) =>
        statusOf(who, 'UNLOCK', path, { headers })

      const wrong = [
        await unlock(ada, '/a.txt', {}),
        await unlock(ada, '/a.txt', { 'lock-token': '<urn:x>' }),
        await unlock(ada, '/b.txt', { 'lock-token': token }),
        await unlock(bob, '/a.txt', { 'lock-token': token }),
      ]
      const right = await unlock(ada, '/a.txt', { 'lock-token': token })

      assert.deepEqual(wrong, [400, 409, 409, 409])
      assert.equal(right, 204)
      assert.equal(await statusOf(ada, 'PUT', '/a.txt', { body: 'y' }), 204)
    })

    it('end by themselves, and last longer when they are refreshed', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/a.txt', { body: 'x' })
      const token = await lock(ada, '/a.txt', { timeout: 'Second-60' })
      const put = () => statusOf(ada, 'PUT', '/a.txt', { body: 'y' })

      skippedMs += 50_000
      const refreshed = await dav(ada, 'LOCK', '/a.txt', { headers: { if: `(${token})`, timeout: 'Second-60' } })
      skippedMs += 50_000
      const held = await put()
      skippedMs += 20_000
      const free = await put()
      const late = await statusOf(ada, 'LOCK', '/a.txt', { headers: { if: `(${token})` } })

      assert.deepEqual([refreshed.status, held, free, late], [200, 423, 204, 412])
      assert.match(refreshed.text, /Second-60</)
      assert.equal(await statusOf(ada, 'LOCK', '/a.txt'), 400)
    })

    it('on a name that is free make an empty file, which only their owner can fill', async () => {
      const ada = await app.account()

      const made = await dav(ada, 'LOCK', '/new.txt', { body: LOCK_INFO })
      const nowhere = await statusOf(ada, 'LOCK', '/no/where', { body: LOCK_INFO })

      assert.deepEqual([made.status, nowhere], [201, 409])
      assert.deepEqual(await listOf(ada, '/'), ['/dav/', '/dav/new.txt'])
      assert.equal(await statusOf(ada, 'PUT', '/new.txt', { body: 'x' }), 423)
      const headers = { if: `(${made.headers.get('lock-token')})` }
      assert.equal(await statusOf(ada, 'PUT', '/new.txt', { body: 'x', headers }), 204)
    })

    it('on a folder hold for all that is in it, or for its names alone', async () => {
      const ada = await app.account()
      for (const folder of ['/deep', '/flat']) {
        await dav(ada, 'MKCOL', folder)
        await dav(ada, 'PUT', `${folder}/a`, { body: 'x' })
      }
      const token = await lock(ada, '/deep')
      await lock(ada, '/flat', { depth: '0' })
      const put = (path: string, headers: Record<string, string> = {}) =>
        statusOf(ada, 'PUT', path, { body: 'y', headers })

      const deep = [await put('/deep/a'), await put('/deep/new'), await statusOf(ada, 'MKCOL', '/deep/x')]
      const flat = [await put('/flat/a'), await put('/flat/new'), await statusOf(ada, 'DELETE', '/flat/a')]
      const shown = [
        await put('/deep/a', { if: `(${token})` }),
        await put('/deep/new', { if: `</dav/deep> (${token})` }),
      ]

      assert.deepEqual(
        [deep, flat, shown],
        [
          [423, 423, 423],
          [204, 423, 423],
          [204, 201],
        ],
      )
    })

    it('below a folder keep it where it is', async () => {
      const ada = await app.account()
      await dav(ada, 'MKCOL', '/docs')
      await dav(ada, 'PUT', '/docs/a', { body: 'x' })
      const token = await lock(ada, '/docs/a')
      const move = (headers: Record<string, string> = {}) =>
        statusOf(ada, 'MOVE', '/docs', { headers: { destination: '/dav/there', ...headers } })

      const kept = [
        await statusOf(ada, 'DELETE', '/docs'),
        await move(),
        await statusOf(ada, 'LOCK', '/docs', { body: LOCK_INFO }),
      ]
      const moved = await move({ if: `</dav/docs/a> (${token})` })

      assert.deepEqual([kept, moved], [[423, 423, 423], 201])
      assert.equal(await propertyOf(ada, '/there/a', 'lockdiscovery'), '', 'a lock stays where it was, and ends')
      assert.equal(await statusOf(ada, 'PUT', '/docs', { body: 'free' }), 201)
    })

    it('can be shared, and then keep out those who have none', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/a', { body: 'x' })

      const made = [await dav(ada, 'LOCK', '/a', { body: SHARED }), await dav(ada, 'LOCK', '/a', { body: SHARED })]
      const exclusive = await statusOf(ada, 'LOCK', '/a', { body: LOCK_INFO })
      const put = (headers: Record<string, string>) => statusOf(ada, 'PUT', '/a', { body: 'y', headers })

      assert.deepEqual([...made.map(({ status }) => status), exclusive], [200, 200, 423])
      assert.deepEqual([await put({}), await put({ if: `(${made[1]?.headers.get('lock-token')})` })], [423, 204])
    })

    it('of one member of a team keep out the others, who cannot use or release them', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const { db } = app.app.core.database
      const team = { id: `team_${ada.id}`, name: 'Crew', created_at: 1 }
      await db.insertInto('teams').values(team).execute()
      for (const { id } of [ada, bob])
        await db
          .insertInto('team_members')
          .values({ team_id: team.id, account_id: id, role: 'editor', joined_at: 1 })
          .execute()
      await dav(ada, 'PUT', '/Teams/Crew/a', { body: 'x' })
      const token = await lock(ada, '/Teams/Crew/a')

      const put = await statusOf(bob, 'PUT', '/Teams/Crew/a', { body: 'y', headers: { if: `(${token})` } })
      const release = await statusOf(bob, 'UNLOCK', '/Teams/Crew/a', { headers: { 'lock-token': token } })

      assert.deepEqual([put, release], [423, 403])
    })

    it('and tags are conditions, of which one list has to hold', async () => {
      const ada = await app.account()
      const etag = (await dav(ada, 'PUT', '/a', { body: 'x' })).headers.get('etag')
      const token = await lock(ada, '/a')
      const put = (condition: string) => statusOf(ada, 'PUT', '/a', { body: 'x', headers: { if: condition } })

      assert.equal(await put(`(${token} ["nonsense"])`), 412)
      assert.equal(await put(`(${token} [${etag}])`), 204)
      assert.equal(await put(`(${token} ["nonsense"]) (Not <DAV:no-lock> [${etag}])`), 204)
      assert.equal(await put(`(${token}) (Not <DAV:no-lock>)`), 204)
      assert.equal(await put('(<DAV:no-lock>)'), 412)
      assert.equal(await put('(Not <DAV:no-lock>)'), 423)
      assert.equal(await put(`<http://elsewhere.example/dav/a> (${token})`), 412)
      assert.equal(await put(`<${app.url}/dav/a> (${token})`), 204)
      assert.equal(await put('nonsense'), 400)
      assert.equal(await put(`(${token}`), 400)
    })

    it('are refused where the body is none of a lock', async () => {
      const ada = await app.account()
      const bodies = [
        '<x/>',
        '<D:lockinfo xmlns:D="DAV:"/>',
        LOCK_INFO.replace('<D:write/>', '<D:read/>'),
        LOCK_INFO.replace('mailto:ada@example.org', 'x'.repeat(9000)),
        '<!DOCTYPE x><D:lockinfo xmlns:D="DAV:"/>',
      ]

      for (const body of bodies) assert.equal(await statusOf(ada, 'LOCK', '/a', { body }), 400, body)
      assert.equal(await statusOf(ada, 'LOCK', '/a', { body: LOCK_INFO, headers: { depth: '1' } }), 400)
      assert.deepEqual(await listOf(ada, '/'), ['/dav/'])
    })
  })
}
