import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { limitPlan, totalsOf } from '../files/testing.ts'
import { listTrash } from '../trash/contract.ts'
import { dav, listOf, propertyOf, statusOf } from './testing.ts'

for (const dialect of dialects) {
  describe(`copies and moves by WebDAV (${dialect})`, async () => {
    const app = await testApp(dialect)
    const go = (
      ada: TestAccount,
      method: 'COPY' | 'MOVE',
      from: string,
      to: string,
      headers: Record<string, string> = {},
    ) => statusOf(ada, method, from, { headers: { destination: to, ...headers } })
    const read = async (ada: TestAccount, path: string) => (await dav(ada, 'GET', path)).text
    const trashed = async (ada: TestAccount) => (await ada.call(listTrash, {})).items.map(({ name }) => name)

    const tree = async () => {
      const ada = await app.account()
      for (const path of ['/docs', '/docs/in']) await dav(ada, 'MKCOL', path)
      await dav(ada, 'PUT', '/docs/a', { body: 'aaa', headers: { 'x-oc-mtime': '1000000000' } })
      await dav(ada, 'PUT', '/docs/in/b', { body: 'bb' })
      return ada
    }

    it('copy a file, which from then on are two', async () => {
      const ada = await tree()

      const copied = await go(ada, 'COPY', '/docs/a', `${app.url}/dav/c%20d`)
      await dav(ada, 'PUT', '/docs/a', { body: 'changed' })

      assert.equal(copied, 201)
      assert.equal(await read(ada, '/c%20d'), 'aaa')
      assert.equal(await propertyOf(ada, '/c%20d', 'getlastmodified'), 'Sun, 09 Sep 2001 01:46:40 GMT')
    })

    it('move a file, with the moment of its last change', async () => {
      const ada = await tree()

      const moved = [
        await go(ada, 'MOVE', '/docs/a', '/dav/docs/in/z'),
        await go(ada, 'MOVE', '/docs/in/b', '/dav/b', { 'x-oc-mtime': '5' }),
      ]

      assert.deepEqual(moved, [201, 201])
      assert.deepEqual(await listOf(ada, '/docs/in'), ['/dav/docs/in/', '/dav/docs/in/z'])
      assert.equal(await propertyOf(ada, '/docs/in/z', 'getlastmodified'), 'Sun, 09 Sep 2001 01:46:40 GMT')
      assert.equal(await propertyOf(ada, '/b', 'getlastmodified'), 'Thu, 01 Jan 1970 00:00:05 GMT')
      assert.deepEqual(await totalsOf(ada), { totalFiles: 2, totalSizeBytes: 5 })
    })

    it('copy and move folders with all that is in them', async () => {
      const ada = await tree()

      const statuses = [
        await go(ada, 'COPY', '/docs/', '/dav/copy/'),
        await go(ada, 'MOVE', '/docs', '/dav/copy/in/moved'),
      ]

      assert.deepEqual(statuses, [201, 201])
      assert.deepEqual(await listOf(ada, '/'), ['/dav/', '/dav/copy/'])
      assert.deepEqual(
        [await read(ada, '/copy/a'), await read(ada, '/copy/in/b'), await read(ada, '/copy/in/moved/in/b')],
        ['aaa', 'bb', 'bb'],
      )
      assert.deepEqual(await totalsOf(ada), { totalFiles: 4, totalSizeBytes: 10 })
    })

    it('copy a folder alone with Depth 0', async () => {
      const ada = await tree()

      assert.equal(await go(ada, 'COPY', '/docs', '/dav/bare', { depth: '0' }), 201)
      assert.deepEqual(await listOf(ada, '/bare'), ['/dav/bare/'])
      assert.equal(await go(ada, 'MOVE', '/docs', '/dav/x', { depth: '0' }), 400)
    })

    it('put what is in the way into the trash, unless Overwrite forbids it', async () => {
      const ada = await tree()
      await dav(ada, 'PUT', '/old', { body: 'old' })
      const keep = { overwrite: 'F' }

      const kept = [
        await go(ada, 'COPY', '/docs/a', '/dav/old', keep),
        await go(ada, 'MOVE', '/docs', '/dav/old', keep),
      ]
      const copied = await go(ada, 'COPY', '/docs/a', '/dav/old')
      const moved = await go(ada, 'MOVE', '/docs/in', '/dav/docs/a')

      assert.deepEqual([kept, copied, moved], [[412, 412], 204, 204])
      assert.equal(await read(ada, '/old'), 'aaa')
      assert.equal(await read(ada, '/docs/a/b'), 'bb')
      assert.deepEqual((await trashed(ada)).toSorted(), ['a', 'old'])
      assert.equal(await go(ada, 'COPY', '/old', '/dav/docs', { overwrite: 'perhaps' }), 400)
    })

    it('change the case of a name, and nothing else', async () => {
      const ada = await tree()

      const moved = [await go(ada, 'MOVE', '/docs/a', '/dav/docs/A'), await go(ada, 'MOVE', '/docs', '/dav/DOCS')]

      assert.deepEqual(moved, [201, 201])
      assert.equal(await read(ada, '/DOCS/A'), 'aaa')
      assert.deepEqual(await trashed(ada), [])
    })

    it('go nowhere that is not there, not here, or in itself', async () => {
      const ada = await tree()

      const copies = await Promise.all(
        [
          '/dav/no/where',
          '/dav/docs',
          '/dav/docs/in/x',
          '/dav/',
          'http://elsewhere.example/dav/x',
          '/api/v1/files',
          '//elsewhere.example/dav/x',
          'dav/x',
          '',
        ].map((to) => go(ada, 'COPY', '/docs', to)),
      )
      const upwards = [
        await go(ada, 'MOVE', '/docs/in/b', '/dav/docs'),
        await go(ada, 'MOVE', '/docs', '/dav/docs/in/x'),
      ]

      assert.deepEqual(copies, [409, 403, 409, 409, 502, 403, 400, 400, 400])
      assert.deepEqual(upwards, [409, 409])
      assert.deepEqual([await go(ada, 'MOVE', '/none', '/dav/x'), await go(ada, 'MOVE', '/', '/dav/x')], [404, 403])
      assert.equal(await statusOf(ada, 'COPY', '/docs'), 400)
    })

    it('of a tree that does not fit leave nothing behind', async () => {
      const ada = await tree()
      await limitPlan(app, ada, { maxBytes: 9 })

      assert.equal(await go(ada, 'COPY', '/docs', '/dav/copy'), 507)
      assert.deepEqual(await listOf(ada, '/'), ['/dav/', '/dav/docs/'])
    })

    it('go between the own drive and a team', async () => {
      const ada = await tree()
      const { db } = app.app.core.database
      await db
        .insertInto('teams')
        .values({ id: `team_${ada.id}`, name: 'Crew', created_at: 1 })
        .execute()
      await db
        .insertInto('team_members')
        .values({ team_id: `team_${ada.id}`, account_id: ada.id, role: 'owner', joined_at: 1 })
        .execute()

      const statuses = [
        await go(ada, 'MOVE', '/docs', '/dav/Teams/Crew/docs'),
        await go(ada, 'COPY', '/Teams/Crew/docs/a', '/dav/a'),
      ]

      assert.deepEqual(statuses, [201, 201])
      assert.deepEqual(await listOf(ada, '/'), ['/dav/', '/dav/Teams/', '/dav/a'])
      assert.equal(await read(ada, '/Teams/Crew/docs/in/b'), 'bb')
      assert.deepEqual(await trashed(ada), ['docs'])
    })

    it('carry along what clients keep on the files', async () => {
      const ada = await tree()
      const body = '<propertyupdate xmlns="DAV:"><set><prop><mood xmlns="u:">fine</mood></prop></set></propertyupdate>'
      for (const path of ['/docs', '/docs/a']) await dav(ada, 'PROPPATCH', path, { body })

      await go(ada, 'COPY', '/docs', '/dav/copy')
      await go(ada, 'MOVE', '/docs', '/dav/moved')

      for (const path of ['/copy', '/copy/a', '/moved', '/moved/a'])
        assert.match(
          (await dav(ada, 'PROPFIND', path, { headers: { depth: '0' } })).text,
          /<mood xmlns="u:">fine<\/mood>/,
        )
    })
  })
}
