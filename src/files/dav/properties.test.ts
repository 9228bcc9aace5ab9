import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { limitPlan } from '../files/testing.ts'
import { conditionsOf, dav, listOf, propertyOf, resourcesOf, statusOf } from './testing.ts'

const find = (inner: string) => `<?xml version="1.0"?><D:propfind xmlns:D="DAV:" xmlns:u="u:">${inner}</D:propfind>`
const update = (inner: string) =>
  `<D:propertyupdate xmlns:D="DAV:" xmlns:u="u:" xmlns:w="urn:schemas-microsoft-com:">${inner}</D:propertyupdate>`
const set = (inner: string) => `<D:set><D:prop>${inner}</D:prop></D:set>`
const remove = (inner: string) => `<D:remove><D:prop>${inner}</D:prop></D:remove>`

for (const dialect of dialects) {
  describe(`properties by WebDAV (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('describe a file and a folder', async () => {
      const ada = await app.account()
      await dav(ada, 'MKCOL', '/docs')
      const put = await dav(ada, 'PUT', '/docs/a.txt', { body: 'abc', headers: { 'x-oc-mtime': '981173106' } })

      const answer = await dav(ada, 'PROPFIND', '/docs', { headers: { depth: '1' } })

      const [folder, file] = [...resourcesOf(answer)]
      assert.deepEqual([answer.status, answer.headers.get('content-type')], [207, 'application/xml; charset=utf-8'])
      assert.deepEqual([folder?.[0], file?.[0]], ['/dav/docs/', '/dav/docs/a.txt'])
      assert.equal(folder?.[1].get('{DAV:}getcontentlength'), undefined)
      assert.ok(answer.text.includes('<D:resourcetype><D:collection/></D:resourcetype>'))
      assert.equal(file?.[1].get('{DAV:}getcontentlength'), '3')
      assert.equal(file?.[1].get('{DAV:}getcontenttype'), 'text/plain')
      assert.equal(file?.[1].get('{DAV:}getlastmodified'), 'Sat, 03 Feb 2001 04:05:06 GMT')
      assert.match(file?.[1].get('{DAV:}creationdate') ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.equal(file?.[1].get('{DAV:}getetag'), put.headers.get('etag'))
      assert.equal(file?.[1].get('{DAV:}displayname'), 'a.txt')
    })

    it('are told by name, with those that are not there as 404', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/a', { body: 'abc' })
      const ask = async (inner: string) =>
        resourcesOf(await dav(ada, 'PROPFIND', '/a', { headers: { depth: '0' }, body: find(inner) })).get('/dav/a')

      const some = await ask('<D:prop><D:getcontentlength/><D:quota-used-bytes/><u:mood/><D:nonsense/></D:prop>')
      const names = await ask('<D:propname/>')
      const all = await ask('<D:allprop/><D:include><D:getcontentlength/><u:mood/></D:include>')

      assert.deepEqual(
        [...(some ?? [])],
        [
          ['{DAV:}getcontentlength', '3'],
          ['{DAV:}quota-used-bytes', null],
          ['{u:}mood', null],
          ['{DAV:}nonsense', null],
        ],
      )
      assert.equal(names?.get('{DAV:}getetag'), '')
      assert.deepEqual([all?.get('{DAV:}getcontentlength'), all?.get('{u:}mood')], ['3', null])
    })

    it('are refused for a whole tree, and for what is not there', async () => {
      const ada = await app.account()

      const infinite = [
        await dav(ada, 'PROPFIND', '/', { headers: { depth: 'infinity' } }),
        await dav(ada, 'PROPFIND', '/'),
      ]
      const others = [
        await statusOf(ada, 'PROPFIND', '/none', { headers: { depth: '0' } }),
        await statusOf(ada, 'PROPFIND', '/', { headers: { depth: '2' } }),
      ]

      for (const answer of infinite)
        assert.deepEqual([answer.status, conditionsOf(answer)], [403, ['propfind-finite-depth']])
      assert.deepEqual(others, [404, 400])
    })

    it('tell how much room the plan has', async () => {
      const ada = await app.account()
      const room = async () => [
        await propertyOf(ada, '/', 'quota-used-bytes'),
        await propertyOf(ada, '/', 'quota-available-bytes'),
      ]
      await dav(ada, 'PUT', '/a', { body: 'abc' })

      const unlimited = await room()
      await limitPlan(app, ada, { maxBytes: 10 })

      assert.deepEqual(
        [unlimited, await room()],
        [
          ['3', null],
          ['3', '7'],
        ],
      )
    })

    it('of a large folder come page by page, each name once', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/seed', { body: 'abc' })
      const { db } = app.app.core.database
      const seed = await db
        .selectFrom('files')
        .select(['account_id', 'blob_id', 'type', 'mime_type', 'created_at', 'updated_at', 'size_bytes'])
        .where('account_id', '=', ada.id)
        .executeTakeFirstOrThrow()
      const rows = Array.from({ length: 1234 }, (_, index) => `file ${index}`).map((name) => ({
        ...seed,
        id: `${ada.id}_${name}`,
        team_id: null,
        folder_id: null,
        name,
        name_key: name,
        trashed_at: null,
        trash_id: null,
      }))
      for (let from = 0; from < rows.length; from += 100)
        await db
          .insertInto('files')
          .values(rows.slice(from, from + 100))
          .execute()

      const hrefs = await listOf(ada, '/')

      assert.equal(hrefs.length, 1236)
      assert.equal(new Set(hrefs).size, 1236)
    })

    it('that mean nothing to the server are kept as they are', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/a', { body: 'abc' })
      const mood = '<u:mood xml:lang="de" u:n="1">gut &amp; <x xmlns="other:">&lt;ja&gt;</x><plain/></u:mood>'

      const patched = await dav(ada, 'PROPPATCH', '/a', {
        body: update(`${set(mood)}${set('<u:gone>x</u:gone>')}${remove('<u:gone/>')}`),
      })
      const text = (
        await dav(ada, 'PROPFIND', '/a', { headers: { depth: '0' }, body: find('<D:prop><u:mood/><u:gone/></D:prop>') })
      ).text

      assert.equal(patched.status, 207)
      assert.deepEqual(
        [...(resourcesOf(patched).get('/dav/a') ?? [])],
        [
          ['{u:}mood', ''],
          ['{u:}gone', ''],
        ],
      )
      assert.ok(
        text.includes(
          '<mood xmlns="u:" xml:lang="de" xmlns:a1="u:" a1:n="1">gut &amp; <x xmlns="other:">&lt;ja&gt;</x><plain xmlns=""/></mood>',
        ),
        text,
      )
      assert.match(text, /<gone xmlns="u:"\/><\/D:prop><D:status>HTTP\/1.1 404/)
    })

    it('for moments set when the file was changed: as Windows, and as rclone writes them', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/a', { body: 'abc' })
      const modified = () => propertyOf(ada, '/a', 'getlastmodified')

      await dav(ada, 'PROPPATCH', '/a', {
        body: update(
          set(
            '<w:Win32LastModifiedTime>Sat, 03 Feb 2001 04:05:06 GMT</w:Win32LastModifiedTime><w:Win32FileAttributes>00000020</w:Win32FileAttributes>',
          ),
        ),
      })
      const byWindows = await modified()
      await dav(ada, 'PROPPATCH', '/a', { body: update(set('<D:lastmodified>5</D:lastmodified>')) })
      const byRclone = await modified()
      await dav(ada, 'PROPPATCH', '/a', {
        body: update(set('<D:getlastmodified>Sat, 03 Feb 2001 04:05:07 GMT</D:getlastmodified>')),
      })

      assert.deepEqual(
        [byWindows, byRclone, await modified()],
        ['Sat, 03 Feb 2001 04:05:06 GMT', 'Thu, 01 Jan 1970 00:00:05 GMT', 'Sat, 03 Feb 2001 04:05:07 GMT'],
      )
    })

    it('change all or none', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/a', { body: 'abc' })

      const answer = await dav(ada, 'PROPPATCH', '/a', {
        body: update(`${set('<u:mood>x</u:mood><D:getetag>"y"</D:getetag>')}`),
      })

      assert.equal(answer.status, 207)
      assert.match(
        answer.text,
        /<D:getetag\/><\/D:prop><D:status>HTTP\/1.1 403 Forbidden<\/D:status><D:error><D:cannot-modify-protected-property\/>/,
      )
      assert.match(answer.text, /<mood xmlns="u:"\/><\/D:prop><D:status>HTTP\/1.1 424/)
      assert.equal((await dav(ada, 'PROPFIND', '/a', { headers: { depth: '0' } })).text.includes('mood'), false)
    })

    it('are not kept without end, nor where there is nothing', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/a', { body: 'abc' })
      const patch = (path: string, inner: string) => statusOf(ada, 'PROPPATCH', path, { body: update(inner) })

      assert.equal(await patch('/a', set(`<u:x>${'x'.repeat(70_000)}</u:x>`)), 507)
      assert.equal(await patch('/a', ''), 400)
      assert.equal(await patch('/none', set('<u:x/>')), 404)
      assert.equal(await patch('/', set('<u:x/>')), 403)
    })

    it('go with the file when it is deleted for good', async () => {
      const ada = await app.account()
      await dav(ada, 'PUT', '/a', { body: 'abc' })
      await dav(ada, 'PROPPATCH', '/a', { body: update(set('<u:mood>x</u:mood>')) })
      const { db } = app.app.core.database
      const { id } = await db
        .selectFrom('files')
        .select('id')
        .where('account_id', '=', ada.id)
        .executeTakeFirstOrThrow()

      await dav(ada, 'DELETE', '/a')
      await ada.fetch(`/api/v1/trash/${id}`, { method: 'DELETE' })

      assert.deepEqual(await db.selectFrom('dav_properties').select('name').where('file_id', '=', id).execute(), [])
    })

    it('are asked for in XML that cannot hurt', async () => {
      const ada = await app.account()
      const ask = (body: string) => statusOf(ada, 'PROPFIND', '/', { headers: { depth: '0' }, body })
      const entity = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'

      const refused = [
        '<D:propfind xmlns:D="DAV:">',
        'nonsense',
        '<propfind xmlns="other:"><allprop/></propfind>',
        '<D:propfind/>',
        `${entity}${find('<D:prop><u:x>&b;</u:x></D:prop>')}`,
        find('<D:prop><bar:foo xmlns:bar=""/></D:prop>'),
        find(`<D:prop>${'<u:a>'.repeat(5000)}${'</u:a>'.repeat(5000)}</D:prop>`),
        find(`<D:prop>${'<u:a>'.repeat(100)}${'</u:a>'.repeat(100)}</D:prop>`),
      ]

      for (const body of refused) assert.equal(await ask(body), 400, body.slice(0, 80))
      assert.equal(await ask(find(`<D:prop><!--${'x'.repeat(300_000)}--></D:prop>`)), 413)
    })
  })
}
