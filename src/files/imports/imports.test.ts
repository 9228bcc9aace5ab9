import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { getFile } from '../files/contract.ts'
import { bytesOf, contentOf, filesOnDisk, limitPlan, sha256, someBytes, totalsOf } from '../files/testing.ts'
import { cancelImport, createImport, getImport, type Import, listImports } from './contract.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const serve = async (t: TestContext, answer: Answer): Promise<string> => {
  const server = createServer(answer).listen(0, '127.0.0.1')
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}

const ended = (ada: TestAccount, { id }: Import): Promise<Import> =>
  eventually(async () => {
    const now = await ada.call(getImport, { params: { id } })
    assert.ok(!['queued', 'running'].includes(now.state), JSON.stringify(now))
    return now
  })

for (const dialect of dialects) {
  describe(`imports (${dialect})`, async () => {
    const app = await testApp(dialect, { settings: { FETCH_ALLOW: '127.0.0.1' } })

    const importFrom = (ada: TestAccount, url: string, more: { file_name?: string } = {}) =>
      ada.call(createImport, { body: { url, ...more } })

    const taken = (ada: TestAccount) =>
      eventually(async () => {
        const { db } = app.app.core.database
        const uploads = db.selectFrom('file_uploads').select('holder').where('account_id', '=', ada.id)
        assert.ok(typeof (await uploads.executeTakeFirst())?.holder === 'string')
      })

    const assertFile = async (ada: TestAccount, { file_id, state, error }: Import, bytes: Buffer) => {
      assert.equal(state, 'done', JSON.stringify(error))
      const file = await ada.call(getFile, { params: { id: file_id ?? '' } })
      assert.equal(file.sha256, sha256(bytes).toString('hex'))
      assert.ok((await bytesOf(await contentOf(ada, file.id))).equals(bytes))
      return file
    }

    it('a file is fetched, with its name from the answer and its type', async (t) => {
      const ada = await app.account()
      const bytes = someBytes(300_000)
      const url = await serve(t, (_request, response) => {
        response.setHeader('content-disposition', `attachment; filename="x"; filename*=UTF-8''%C3%9Cber.png`)
        response.writeHead(200, { 'content-type': 'image/png', 'content-length': bytes.length }).end(bytes)
      })

      const started = await importFrom(ada, `${url}/a/b?c=d`)
      const over = await ended(ada, started)

      assert.equal(started.state, 'queued')
      const file = await assertFile(ada, over, bytes)
      assert.deepEqual([file.file_name, file.mime_type], ['Über.png', 'image/png'])
      assert.deepEqual([over.bytes, over.total, over.url], [bytes.length, bytes.length, `${url}/a/b?c=d`])
    })

    it('a file whose length is not told is fetched, with its name from the address', async (t) => {
      const ada = await app.account()
      const bytes = someBytes(100_000)
      const url = await serve(t, (_request, response) => {
        response.write(bytes.subarray(0, 50_000))
        response.end(bytes.subarray(50_000))
      })

      const [found, given, small] = await Promise.all([
        importFrom(ada, `${url}/some/report%20one.pdf`).then((one) => ended(ada, one)),
        importFrom(ada, url, { file_name: 'mine.bin' }).then((one) => ended(ada, one)),
        importFrom(ada, `${url}/..%2F..%2Fetc%2Fpasswd`).then((one) => ended(ada, one)),
      ])

      assert.equal((await assertFile(ada, found, bytes)).file_name, 'report one.pdf')
      assert.equal((await assertFile(ada, given, bytes)).file_name, 'mine.bin')
      assert.equal((await assertFile(ada, small, bytes)).file_name, 'passwd')
    })

    it('one that breaks off goes on where it broke, where the other server can', async (t) => {
      const ada = await app.account()
      const bytes = someBytes(400_000)
      const asked: unknown[] = []
      const url = await serve(t, ({ headers }, response) => {
        asked.push([headers.range, headers['if-range']])
        response.setHeader('etag', '"one"').setHeader('accept-ranges', 'bytes')
        const from = Number(/\d+/.exec(headers.range ?? '')?.[0] ?? 0)
        if (from > 0) response.setHeader('content-range', `bytes ${from}-${bytes.length - 1}/${bytes.length}`)
        response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from })
        if (asked.length > 2) response.end(bytes.subarray(from))
        else {
          response.write(bytes.subarray(from, from + 150_000))
          // What came before anybody read it would be lost with the connection.
          taken(ada).then(() => response.socket?.end(), t.diagnostic)
        }
      })

      const over = await ended(ada, await importFrom(ada, url))

      await assertFile(ada, over, bytes)
      assert.deepEqual(asked[0], [undefined, undefined])
      assert.equal(asked.length, 3)
      for (const [range, condition] of asked.slice(1) as [string, string][]) {
        assert.match(range, /^bytes=[1-9]\d*-$/)
        assert.equal(condition, '"one"')
      }
    })

    it('one that breaks off starts again where the file may have changed', async (t) => {
      const ada = await app.account()
      const [old, bytes] = [someBytes(200_000), someBytes(250_000)]
      let requests = 0
      const url = await serve(t, (_request, response) => {
        requests += 1
        response.setHeader('etag', `"${requests}"`).setHeader('accept-ranges', 'bytes')
        const content = requests === 1 ? old : bytes
        response.writeHead(200, { 'content-length': content.length })
        if (requests > 1) response.end(content)
        else response.write(content.subarray(0, 100_000), () => response.socket?.end())
      })
      const objects = (await filesOnDisk(app)).length

      const over = await ended(ada, await importFrom(ada, url))

      await assertFile(ada, over, bytes)
      assert.equal((await filesOnDisk(app)).length, objects + 1)
    })

    it('what is in vain is not tried again, and says why', async (t) => {
      const ada = await app.account()
      await limitPlan(app, ada, { maxBytes: 1000 })
      let requests = 0
      const url = await serve(t, (request, response) => {
        requests += 1
        if (request.url === '/missing') response.writeHead(404).end()
        else if (request.url === '/inside') response.writeHead(302, { location: 'http://10.0.0.1/' }).end()
        else if (request.url === '/large') response.writeHead(200, { 'content-length': 1001 }).end('x'.repeat(1001))
        else response.write('x'.repeat(1001), () => response.end())
      })

      const paths = ['/missing', '/inside', '/large', '/streamed']
      const over = await Promise.all(paths.map(async (path) => ended(ada, await importFrom(ada, url + path))))

      assert.deepEqual(
        over.map(({ state, error }) => [state, error?.code]),
        [
          ['failed', 'import_status'],
          ['failed', 'fetch_refused'],
          ['failed', 'quota_exceeded'],
          ['failed', 'file_too_large'],
        ],
      )
      assert.match(over[0]?.error?.message ?? '', /404/)
      assert.equal(requests, 4)
      assert.deepEqual(await totalsOf(ada), { totalFiles: 0, totalSizeBytes: 0 })
    })

    it('an address that is not for fetching is refused at once', async () => {
      const ada = await app.account()

      await assert.rejects(importFrom(ada, 'file:///etc/passwd'), { status: 400, code: 'fetch_url' })
      await assert.rejects(importFrom(ada, 'http://me:secret@example.org/'), { status: 400, code: 'fetch_url' })
      await assert.rejects(importFrom(ada, 'http://169.254.169.254/'), { status: 403, code: 'fetch_refused' })
      assert.deepEqual((await ada.call(listImports)).imports, [])
    })

    it('a cancelled import stops and leaves nothing', async (t) => {
      const ada = await app.account()
      const objects = (await filesOnDisk(app)).length
      const url = await serve(t, (_request, response) => {
        response.writeHead(200, { 'content-length': 3_000_000 }).write(someBytes(1_500_000))
      })
      const { id } = await importFrom(ada, url)
      await eventually(async () => assert.equal((await ada.call(getImport, { params: { id } })).total, 3_000_000))

      const cancelled = await ada.call(cancelImport, { params: { id } })

      assert.equal(cancelled.state, 'cancelled')
      await eventually(async () => assert.equal((await filesOnDisk(app)).length, objects))
      assert.equal((await ada.call(getImport, { params: { id } })).state, 'cancelled')
    })

    it('imports are listed to their account and to nobody else', async (t) => {
      const [ada, bob] = [await app.account(), await app.account()]
      const url = await serve(t, (_request, response) => response.end('x'))
      const first = await importFrom(ada, `${url}/1`)
      const second = await importFrom(ada, `${url}/2`)

      const page = await ada.call(listImports, { query: { limit: 1 } })
      const rest = await ada.call(listImports, { query: { limit: 1, cursor: page.next_cursor ?? '' } })

      assert.deepEqual([page.imports[0]?.id, rest.imports[0]?.id, rest.next_cursor], [second.id, first.id, null])
      await assert.rejects(bob.call(getImport, { params: { id: first.id } }), { status: 404 })
      await assert.rejects(bob.call(cancelImport, { params: { id: first.id } }), { status: 404 })
      await Promise.all([ended(ada, first), ended(ada, second)])
    })
  })
}
