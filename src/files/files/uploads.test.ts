import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { INLINE_BYTES } from '../chunks/chunk.ts'
import { getStats } from '../stats/contract.ts'
import { File, listFiles, uploadFile } from './contract.ts'
import {
  bytesOf,
  contentOf,
  filesOnDisk,
  jsonOf,
  limitPlan,
  pathOf,
  postForm,
  putFile,
  putRaw,
  refusalOf,
  sha256,
  slowRequest,
  someBytes,
  totalsOf,
} from './testing.ts'

const MIB = 1024 * 1024
const NOTHING = { totalFiles: 0, totalSizeBytes: 0 }

const digestOf = (bytes: Buffer): string => `sha-256=:${sha256(bytes).toString('base64')}:`

for (const dialect of dialects) {
  describe(`uploads (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('take a form and answer with the file and its place', async () => {
      const ada = await app.account()

      const response = await postForm(ada, 'notes.txt', 'hello', { on_conflict: 'rename' })

      const file = File.parse(await jsonOf(response))
      assert.equal(response.status, 201)
      assert.equal(response.headers.get('location'), `/api/v1/files/${file.id}`)
      assert.deepEqual([file.file_name, file.file_size], ['notes.txt', 5])
      assert.equal(file.sha256, sha256(Buffer.from('hello')).toString('hex'))
      assert.equal((await bytesOf(await contentOf(ada, file.id))).toString(), 'hello')
    })

    it('take a form from the typed client, with any name', async () => {
      const ada = await app.account()

      const file = await ada.call(uploadFile, { body: { file: new Blob(['x']), fileName: 'Übersicht 1 – 日本.txt' } })

      assert.equal(file.file_name, 'Übersicht 1 – 日本.txt')
    })

    it('keep files of every size around the limits of their storage', async () => {
      const ada = await app.account()
      const sizes = [0, 1, INLINE_BYTES, INLINE_BYTES + 1, MIB, 16 * MIB, 16 * MIB + 1]

      for (const size of sizes) {
        const bytes = someBytes(size)
        const file = await putFile(ada, `${size}.bin`, bytes, { 'repr-digest': digestOf(bytes) })
        assert.deepEqual([file.file_size, file.storage.backend], [size, size <= INLINE_BYTES ? 'database' : 'disk'])
        assert.ok((await bytesOf(await contentOf(ada, file.id))).equals(bytes), `${size} bytes`)
      }

      assert.equal(
        (await ada.call(getStats)).totalSizeBytes,
        sizes.reduce((sum, size) => sum + size, 0),
      )
    })

    it('take 40 MB by form, and chunked without a length', async () => {
      const ada = await app.account()
      const bytes = someBytes(40_000_000)
      const chunked = slowRequest(app, ada, pathOf('chunked.bin'), { 'transfer-encoding': 'chunked' })

      const form = File.parse(await jsonOf(await postForm(ada, 'form.bin', bytes)))
      chunked.sending.end(bytes)
      const raw = File.parse(JSON.parse((await chunked.answered).body))

      assert.deepEqual([form.sha256, raw.sha256], Array(2).fill(sha256(bytes).toString('hex')))
      assert.ok((await bytesOf(await contentOf(ada, form.id))).equals(bytes))
      assert.ok((await bytesOf(await contentOf(ada, raw.id))).equals(bytes))
    })

    it('number a name that is taken, replace, or refuse, as they are told', async () => {
      const ada = await app.account()
      const nameOf = async (response: Response) => (await jsonOf(response)).file_name

      const first = File.parse(await jsonOf(await postForm(ada, 'a.tar', '1')))
      const second = await nameOf(await postForm(ada, 'A.TAR', '22'))
      const third = await nameOf(await putRaw(ada, 'a.tar', '333'))
      const put = await ada.fetch(`${pathOf('a.tar')}&on_conflict=rename`, { method: 'PUT', body: '4444' })
      const refused = await refusalOf(await postForm(ada, 'a.tar', '5', { on_conflict: 'fail' }))
      const replaced = await postForm(ada, 'a.tar', '666666', { on_conflict: 'replace' })

      const last = File.parse(await jsonOf(replaced))
      assert.deepEqual([second, third, await nameOf(put)], ['A (1).TAR', 'a.tar', 'a (2).tar'])
      assert.deepEqual(refused, [409, 'file_exists'])
      assert.deepEqual([replaced.status, last.id, last.file_size], [200, first.id, 6])
      assert.notEqual(last.sha256, first.sha256)
      assert.deepEqual(await totalsOf(ada), { totalFiles: 3, totalSizeBytes: 2 + 4 + 6 })
    })

    it('give every one of many files of one name a name of its own', async () => {
      const ada = await app.account()

      const answers = await Promise.all(Array.from({ length: 12 }, () => postForm(ada, 'same.txt', 'x')))

      const { files } = await ada.call(listFiles)
      assert.ok(answers.every(({ status }) => status === 201))
      assert.equal(new Set(files.map(({ file_name }) => file_name)).size, 12)
    })

    it('refuse wrong forms, and nothing of them stays', async () => {
      const ada = await app.account()
      const noFile = new FormData()
      noFile.append('on_conflict', 'rename')
      const post = (body: FormData | string, headers = {}) =>
        ada.fetch('/api/v1/files', { method: 'POST', body, headers })
      const big = someBytes(200_000)

      const refusals = [
        await refusalOf(await post(noFile)),
        await refusalOf(await post('{}', { 'content-type': 'application/json' })),
        await refusalOf(await postForm(ada, 'a.bin', big, { on_conflict: 'maybe' })),
        await refusalOf(await postForm(ada, 'a.bin', big, { colour: 'red' })),
        await refusalOf(await postForm(ada, 'a.bin', big, { folder_id: 'folder_1' })),
        await refusalOf(await postForm(ada, '..', big)),
      ]

      assert.deepEqual(refusals, [
        [400, 'invalid_input'],
        [415, 'unsupported_media_type'],
        [400, 'invalid_input'],
        [400, 'invalid_input'],
        [404, 'folder_not_found'],
        [400, 'invalid_input'],
      ])
      assert.equal((await postForm(ada, 'a.bin', 'x', { folder_id: '' })).status, 201)
      assert.deepEqual(await totalsOf(ada), { totalFiles: 1, totalSizeBytes: 1 })
    })

    it('that break off leave nothing, in sight or on the disk', async () => {
      const ada = await app.account()
      const before = (await filesOnDisk(app)).length
      const boundary = 'frontier'
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="cut.bin"\r\n\r\n`
      const type = { 'content-type': `multipart/form-data; boundary=${boundary}` }

      const noEnd = slowRequest(app, ada, '/api/v1/files', type, 'POST')
      noEnd.sending.end(Buffer.concat([Buffer.from(head), someBytes(300_000)]))
      const cut = slowRequest(app, ada, '/api/v1/files', { ...type, 'content-length': 20 * MIB }, 'POST')
      cut.sending.write(Buffer.concat([Buffer.from(head), someBytes(17 * MIB)]))
      const raw = slowRequest(app, ada, pathOf('cut.bin'), { 'content-length': 20 * MIB })
      raw.sending.write(someBytes(17 * MIB))
      await eventually(async () => assert.ok((await filesOnDisk(app)).length >= before + 2))
      cut.sending.destroy()
      raw.sending.destroy()

      const { status } = await noEnd.answered
      assert.equal(status, 400)
      await eventually(async () => assert.equal((await filesOnDisk(app)).length, before))
      const { db } = app.app.core.database
      await eventually(async () => assert.deepEqual(await db.selectFrom('object_writers').selectAll().execute(), []))
      assert.deepEqual(await totalsOf(ada), NOTHING)
    })

    it('with a wrong digest are not stored', async () => {
      const ada = await app.account()
      const before = (await filesOnDisk(app)).length
      const bytes = someBytes(300_000)
      const put = (digest: string) => putRaw(ada, 'a.bin', bytes, { 'repr-digest': digest })

      const wrong = await refusalOf(await put(digestOf(someBytes(10))))

      assert.deepEqual(wrong, [400, 'digest_mismatch'])
      assert.deepEqual(await refusalOf(await put('sha-256=:short:')), [400, 'invalid_input'])
      assert.deepEqual(await refusalOf(await put('sha-256=nonsense')), [400, 'invalid_input'])
      assert.deepEqual(await totalsOf(ada), NOTHING)
      assert.equal((await filesOnDisk(app)).length, before)
      assert.equal((await put(`md5=:AAAA:, ${digestOf(bytes)}`)).status, 201)
    })

    it('of content honour what the sender knows of the file', async () => {
      const ada = await app.account()
      const isNew = { 'if-none-match': '*' }

      const created = await putRaw(ada, 'a.txt', 'one', isNew)
      const again = await refusalOf(await putRaw(ada, 'A.txt', 'two', isNew))

      const { sha256: hash } = File.parse(await jsonOf(created))
      assert.deepEqual([created.status, again], [201, [412, 'precondition_failed']])
      assert.equal((await putRaw(ada, 'a.txt', 'three', { 'if-match': `"${hash}"` })).status, 200)
      assert.equal((await putRaw(ada, 'a.txt', 'four', { 'if-match': `"${hash}"` })).status, 412)
      assert.equal((await putRaw(ada, 'b.txt', 'five', { 'if-match': '*' })).status, 412)
      assert.equal((await putRaw(ada, 'a.txt', 'six', { 'content-encoding': 'gzip' })).status, 415)
      assert.equal((await putRaw(ada, 'a.txt', 'seven', { 'content-range': 'bytes 0-4/9' })).status, 400)
      assert.deepEqual(await totalsOf(ada), { totalFiles: 1, totalSizeBytes: 5 })
    })

    it('of one new name at once: exactly one is the first', async () => {
      const ada = await app.account()

      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, number) => putRaw(ada, 'once.txt', `${number}`, { 'if-none-match': '*' })),
      )

      const statuses = answers.map(({ status }) => status).toSorted()
      assert.deepEqual(statuses, [201, ...Array(7).fill(412)])
      assert.deepEqual(await totalsOf(ada), { totalFiles: 1, totalSizeBytes: 1 })
    })

    it('without a length are refused', async () => {
      const ada = await app.account()
      const { sending, answered } = slowRequest(app, ada, pathOf('a.txt'), {})
      sending.useChunkedEncodingByDefault = false
      sending.removeHeader('transfer-encoding')
      sending.end()

      const { status, body } = await answered

      assert.equal(status, 411, body)
    })

    it('too large are refused before their bytes come', async () => {
      const ada = await app.account()
      await limitPlan(app, ada, { maxBytes: 100_000, maxFileBytes: 80_000 })
      const declare = async (method: string, path: string, length: number) => {
        const { sending, answered } = slowRequest(
          app,
          ada,
          path,
          { 'content-length': length, 'content-type': 'multipart/form-data; boundary=x' },
          method,
        )
        sending.flushHeaders()
        const { status, body } = await answered
        sending.destroy()
        return [status, body.includes('"quota_exceeded"')]
      }

      assert.deepEqual(await declare('PUT', pathOf('a.bin'), 80_001), [413, true])
      assert.deepEqual(await declare('POST', '/api/v1/files', 200_000), [413, true])
      await putFile(ada, 'b.bin', someBytes(60_000))
      assert.deepEqual(await declare('PUT', pathOf('a.bin'), 40_001), [413, true])
      assert.deepEqual(await refusalOf(await postForm(ada, 'a.bin', someBytes(40_001))), [413, 'quota_exceeded'])
      assert.equal((await putRaw(ada, 'b.bin', someBytes(80_000))).status, 200)
      assert.deepEqual(await totalsOf(ada), { totalFiles: 1, totalSizeBytes: 80_000 })
    })

    it('without an announced length stop where the room ends', async () => {
      const ada = await app.account()
      await limitPlan(app, ada, { maxBytes: 100_000 })
      const { sending, answered } = slowRequest(app, ada, pathOf('a.bin'), { 'transfer-encoding': 'chunked' })
      sending.write(someBytes(150_000))

      const { status, body } = await answered

      sending.destroy()
      assert.deepEqual([status, body.includes('"quota_exceeded"')], [413, true])
      assert.deepEqual(await totalsOf(ada), NOTHING)
    })

    it('at once take exactly the room there is', async () => {
      const ada = await app.account()
      const before = (await filesOnDisk(app)).length
      await limitPlan(app, ada, { maxBytes: 1_000_000 })

      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, number) => putRaw(ada, `${number}.bin`, someBytes(150_000))),
      )

      const statuses = answers.map(({ status }) => status).toSorted()
      assert.deepEqual(statuses, [...Array(6).fill(201), ...Array(6).fill(413)])
      assert.deepEqual(await totalsOf(ada), { totalFiles: 6, totalSizeBytes: 900_000 })
      assert.equal((await filesOnDisk(app)).length, before + 6)
    })
  })
}
