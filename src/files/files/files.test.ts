import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { getFile, listFiles } from './contract.ts'
import { jsonOf, postForm, putFile, putRaw } from './testing.ts'

const FILE_FIELDS = [
  'created_at',
  'file_name',
  'file_size',
  'file_type',
  'folder_id',
  'id',
  'mime_type',
  'sha256',
  'share',
  'storage',
  'team_id',
  'updated_at',
]

const Page = z.object({
  files: z.array(z.record(z.string(), z.unknown())),
  pagination: z.record(z.string(), z.unknown()),
})

for (const dialect of dialects) {
  describe(`files (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('are listed with the published fields and the published pagination', async () => {
      const ada = await app.account()
      await postForm(ada, 'report.pdf', 'x'.repeat(1000))

      const response = await ada.fetch('/api/v1/files')

      const page = Page.parse(await response.json())
      const [file] = page.files
      assert.equal(response.status, 200)
      assert.deepEqual(page.pagination, { total: 1, limit: 50, offset: 0 })
      assert.deepEqual(Object.keys(file ?? {}).toSorted(), FILE_FIELDS)
      assert.match(String(file?.id), /^[\w-]{12,}$/)
      assert.match(String(file?.created_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.deepEqual([file?.file_name, file?.file_size, file?.file_type], ['report.pdf', 1000, 'document'])
      assert.deepEqual(file?.storage, { backend: 'database', state: 'stored', replicas: 1, encrypted: false })
    })

    it('are read one by one with the same fields, not wrapped', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a.txt', 'hello')

      const read = await (await ada.fetch(`/api/v1/files/${file.id}`)).json()

      const { files } = await ada.call(listFiles)
      assert.deepEqual([read, files], [file, [file]])
    })

    it('come the newest first, page by page, by offset and by cursor', async () => {
      const ada = await app.account()
      const ids: string[] = []
      for (let number = 0; number < 7; number += 1) ids.unshift((await putFile(ada, `${number}.txt`, `${number}`)).id)

      const offsets = await Promise.all(
        [0, 3, 6, 9].map((offset) => ada.call(listFiles, { query: { limit: 3, offset } })),
      )
      const byCursor: string[] = []
      let cursor: string | null | undefined = ''
      while (typeof cursor === 'string') {
        const page: z.infer<(typeof listFiles)['returns'][1]> = await ada.call(listFiles, {
          query: { limit: 3, cursor },
        })
        byCursor.push(...page.files.map(({ id }) => id))
        cursor = page.pagination.next_cursor
      }

      assert.deepEqual(
        offsets.flatMap(({ files }) => files.map(({ id }) => id)),
        ids,
      )
      assert.deepEqual(offsets[3], { files: [], pagination: { total: 7, limit: 3, offset: 9 } })
      assert.deepEqual([byCursor, cursor], [ids, null])
    })

    it('clamp a limit above 200 and refuse what is no count', async () => {
      const ada = await app.account()

      const { pagination } = await ada.call(listFiles, { query: { limit: 1000 } })

      assert.equal(pagination.limit, 200)
      const bad = ['limit=abc', 'limit=0', 'limit=-1', 'limit=', 'limit=1.5', 'limit=1&limit=2', 'offset=-1']
      for (const query of [...bad, 'offset=x', 'cursor=nonsense', 'search=%00', `search=${'x'.repeat(300)}`]) {
        const response = await ada.fetch(`/api/v1/files?${query}`)
        assert.equal(response.status, 400, query)
        assert.deepEqual(Object.keys(await jsonOf(response)).slice(0, 3), ['error', 'code', 'request_id'])
      }
    })

    it('are found by any part of their name, in any case and composition', async () => {
      const ada = await app.account()
      const names = ['Größe.txt', 'ΟΔΟΣ.md', 'cafe\u0301.png', '100%_sure.txt', '100 sure.txt', 'x_y.txt', 'a\\b.txt']
      for (const name of names) await putFile(ada, name, name)
      const search = async (text: string) => {
        const { files, pagination } = await ada.call(listFiles, { query: { search: text } })
        assert.equal(pagination.total, files.length)
        return files.map(({ file_name }) => file_name).toSorted()
      }

      assert.deepEqual(await search('GRÖSSE'), ['Größe.txt'])
      assert.deepEqual(await search('οδος'), ['ΟΔΟΣ.md'])
      assert.deepEqual(await search('δοσ.'), ['ΟΔΟΣ.md'])
      assert.deepEqual(await search('CAFÉ'), ['café.png'])
      assert.deepEqual(await search('%_'), ['100%_sure.txt'])
      assert.deepEqual(await search('_'), ['100%_sure.txt', 'x_y.txt'])
      assert.deepEqual(await search('\\'), ['a\\b.txt'])
      assert.deepEqual(await search("'"), [])
      assert.equal((await search('')).length, names.length)
    })

    it('page through a search, and a cursor fits no other search', async () => {
      const ada = await app.account()
      for (const name of ['red 1', 'blue 1', 'red 2', 'red 3']) await putFile(ada, name, '.')

      const first = await ada.call(listFiles, { query: { search: 'RED', limit: 2, cursor: '' } })

      const cursor = first.pagination.next_cursor ?? ''
      const second = await ada.call(listFiles, { query: { search: 'red', limit: 2, cursor } })
      const other = ada.call(listFiles, { query: { search: 'blue', limit: 2, cursor } })
      assert.deepEqual(
        [...first.files, ...second.files].map(({ file_name }) => file_name),
        ['red 3', 'red 2', 'red 1'],
      )
      assert.deepEqual([first.pagination.total, second.pagination.next_cursor], [3, null])
      await assert.rejects(other, { status: 400, code: 'invalid_input' })
    })

    it('of another account answer as if they had never existed', async () => {
      const [ada, bob] = [await app.account(), await app.account()]
      const file = await putFile(ada, 'secret.txt', 'secret')
      const unknown = 'file_0000000000000000000000'
      const answers = async (id: string) => {
        const paths: [string, string][] = [
          ['GET', `/api/v1/files/${id}`],
          ['DELETE', `/api/v1/files/${id}`],
          ['GET', `/api/v1/files/${id}/content`],
          ['HEAD', `/api/v1/files/${id}/content`],
        ]
        return Promise.all(
          paths.map(async ([method, path]) => {
            const response = await bob.fetch(path, { method })
            return [response.status, (await response.text()).replace(/req_\w+/, '')]
          }),
        )
      }

      const foreign = await answers(file.id)

      assert.deepEqual(foreign, await answers(unknown))
      assert.deepEqual(
        foreign.map(([status]) => status),
        [404, 404, 404, 404],
      )
      assert.deepEqual((await bob.call(listFiles)).files, [])
    })

    it('need the scope of what is done with them', async () => {
      const ada = await app.account()
      const file = await putFile(ada, 'a.txt', 'a')
      const { keys } = app.app.core.accounts
      const attempts = [
        ['files:read', 'GET', '/api/v1/files'],
        ['files:read', 'GET', `/api/v1/files/${file.id}`],
        ['files:read', 'GET', `/api/v1/files/${file.id}/content`],
        ['files:write', 'PUT', '/api/v1/files/content?name=b.txt'],
        ['files:write', 'POST', '/api/v1/files'],
        ['files:delete', 'DELETE', `/api/v1/files/${file.id}`],
      ] as const

      for (const scope of ['files:read', 'files:write', 'files:delete'] as const) {
        const { key } = await keys.create(ada.id, 'test', { kind: 'files', name: scope, scopes: [scope] })
        for (const [needed, method, path] of attempts) {
          const response = await app.fetch(path, {
            method,
            headers: { 'x-api-key': key },
            ...(method === 'PUT' ? { body: 'b' } : {}),
          })
          const allowed = response.status !== 403
          await response.arrayBuffer()
          assert.equal(allowed, needed === scope, `${scope}: ${method} ${path} is ${response.status}`)
        }
      }
    })

    it('keep the name they were given, composed, and refuse names that no path could carry', async () => {
      const ada = await app.account()
      const longest = '😀'.repeat(255)

      const kept = await Promise.all(
        [' spaces .txt', 'cafe\u0301', longest, 'C:\\x'].map((name) => putFile(ada, name, '.')),
      )

      assert.deepEqual(
        kept.map(({ file_name }) => file_name),
        [' spaces .txt', 'caf\u00e9', longest, 'C:\\x'],
      )
      for (const name of ['', '  ', '.', '..', 'a/b', 'a\nb', 'a\u0085b', 'x'.repeat(256), 'a\0b']) {
        assert.equal((await putRaw(ada, name, '.')).status, 400, JSON.stringify(name))
      }
      assert.equal((await ada.fetch('/api/v1/files/content', { method: 'PUT', body: '.' })).status, 400)
    })

    it('are called what Telegram would call them', async () => {
      const ada = await app.account()
      const typeOf = async (name: string, type?: string) => {
        const file = await putFile(ada, name, Buffer.from('.'), type === undefined ? {} : { 'content-type': type })
        return [file.file_type, file.mime_type]
      }

      assert.deepEqual(await typeOf('a.JPG', 'application/octet-stream'), ['photo', 'image/jpeg'])
      assert.deepEqual(await typeOf('a.gif', 'image/gif'), ['animation', 'image/gif'])
      assert.deepEqual(await typeOf('a', 'video/mp4; codecs=avc1'), ['video', 'video/mp4'])
      assert.deepEqual(await typeOf('a.mp3'), ['audio', 'audio/mpeg'])
      assert.deepEqual(await typeOf('a.oga'), ['voice', 'audio/ogg'])
      assert.deepEqual(await typeOf('a.tar.gz'), ['archive', 'application/gzip'])
      assert.deepEqual(await typeOf('a.bin'), ['other', 'application/octet-stream'])
      assert.deepEqual(await typeOf('a.md', 'application/x-www-form-urlencoded'), ['document', 'text/markdown'])
    })

    it('have an id that is not taken for another path', async () => {
      const ada = await app.account()

      const response = ada.call(getFile, { params: { id: 'content' } })

      await assert.rejects(response, { status: 404, code: 'file_not_found' })
    })
  })
}
