import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { getFile } from '../files/contract.ts'
import {
  bytesOf,
  contentOf,
  filesOnDisk,
  limitPlan,
  putFile,
  refusalOf,
  sha256,
  someBytes,
  totalsOf,
} from '../files/testing.ts'
import { listUploads } from './contract.ts'
import { checksumOf, metadataOf, tusClient, UPLOADS } from './testing.ts'

const MIB = 1024 * 1024
const DAY_MS = 24 * 60 * 60_000
const NONE = { totalFiles: 0, totalSizeBytes: 0 }

const fileOf = async (ada: TestAccount, response: Response) => {
  const id = response.headers.get('x-file-id') ?? ''
  assert.equal(response.headers.get('content-location'), `/api/v1/files/${id}`)
  const file = await ada.call(getFile, { params: { id } })
  return { file, bytes: await bytesOf(await contentOf(ada, id)) }
}

for (const dialect of dialects) {
  describe(`the tus protocol (${dialect})`, async () => {
    const app = await testApp(dialect)

    const newClient = async () => {
      const ada = await app.account()
      return { ada, tus: tusClient(ada) }
    }

    it('OPTIONS tells everybody what the server can do', async () => {
      const response = await app.fetch(UPLOADS, { method: 'OPTIONS' })

      assert.equal(response.status, 204)
      assert.equal(response.headers.get('tus-version'), '1.0.0')
      assert.equal(
        response.headers.get('tus-extension'),
        'creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation',
      )
      assert.equal(response.headers.get('tus-max-size'), String(1024 ** 4))
      assert.equal(response.headers.get('tus-checksum-algorithm'), 'sha256,sha1')
    })

    it('an upload in two requests becomes a file with its name, type and hash', async () => {
      const { ada, tus } = await newClient()
      const bytes = someBytes(3 * MIB)
      const metadata = metadataOf({ filename: 'Über.pdf', filetype: 'application/pdf' })

      const { response, path } = await tus.create({
        'upload-length': String(bytes.length),
        'upload-metadata': metadata,
      })
      const first = await tus.patch(path, 0, bytes.subarray(0, MIB))
      const between = await tus.head(path)
      const second = await tus.patch(path, MIB, bytes.subarray(MIB))

      assert.equal(response.status, 201)
      assert.match(path, /^\/api\/v1\/files\/uploads\/upload_/)
      assert.deepEqual([first.status, first.headers.get('upload-offset')], [204, String(MIB)])
      assert.equal(between.status, 200)
      assert.equal(between.headers.get('cache-control'), 'no-store')
      assert.equal(between.headers.get('upload-length'), String(bytes.length))
      assert.equal(between.headers.get('upload-offset'), String(MIB))
      assert.equal(between.headers.get('upload-metadata'), metadata)
      assert.ok(Date.parse(between.headers.get('upload-expires') ?? '') > Date.now() + 6 * DAY_MS)
      assert.equal(second.status, 204)
      const { file, bytes: stored } = await fileOf(ada, second)
      assert.deepEqual([file.file_name, file.mime_type, file.file_size], ['Über.pdf', 'application/pdf', bytes.length])
      assert.equal(file.sha256, sha256(bytes).toString('hex'))
      assert.ok(stored.equals(bytes))
      assert.deepEqual(await totalsOf(ada), { totalFiles: 1, totalSizeBytes: bytes.length })
      const after = await tus.head(path)
      assert.equal(after.headers.get('x-file-id'), file.id)
      assert.equal(after.headers.get('upload-offset'), String(bytes.length))
    })

    it('small and empty files are made by the first request', async () => {
      const { ada, tus } = await newClient()

      const small = await tus.create({ 'upload-length': '5' }, Buffer.from('small'))
      const empty = await tus.create({ 'upload-length': '0', 'upload-metadata': metadataOf({ filename: 'empty' }) })

      assert.deepEqual([small.response.status, empty.response.status], [201, 201])
      assert.equal(small.response.headers.get('upload-offset'), '5')
      const made = await fileOf(ada, small.response)
      assert.equal(made.bytes.toString(), 'small')
      assert.equal(made.file.storage.backend, 'database')
      assert.equal((await fileOf(ada, empty.response)).file.file_size, 0)
    })

    it('a length that is not known yet can come with the last bytes', async () => {
      const { ada, tus } = await newClient()
      const bytes = someBytes(200_000)

      const { path } = await tus.create({ 'upload-defer-length': '1' }, bytes.subarray(0, 150_000))
      const head = await tus.head(path)
      const last = await tus.patch(path, 150_000, bytes.subarray(150_000), { 'upload-length': '200000' })

      assert.equal(head.headers.get('upload-defer-length'), '1')
      assert.equal(head.headers.get('upload-length'), null)
      assert.equal(head.headers.get('upload-offset'), '150000')
      assert.ok((await fileOf(ada, last)).bytes.equals(bytes))
    })

    it('a length cannot change, nor be less than what has arrived', async () => {
      const { tus } = await newClient()
      const known = await tus.create({ 'upload-length': '10' }, Buffer.from('abc'))
      const open = await tus.create({ 'upload-defer-length': '1' }, Buffer.from('abc'))

      const changed = await tus.patch(known.path, 3, Buffer.from('d'), { 'upload-length': '11' })
      const tooShort = await tus.patch(open.path, 3, Buffer.alloc(0), { 'upload-length': '2' })

      assert.deepEqual(await refusalOf(changed), [400, 'invalid_input'])
      assert.deepEqual(await refusalOf(tooShort), [400, 'invalid_input'])
    })

    it('another version is answered with ours', async () => {
      const { tus } = await newClient()
      const { path } = await tus.create({ 'upload-length': '10' })

      const answers = await Promise.all([
        tus.send('POST', UPLOADS, { 'tus-resumable': '0.2.2', 'upload-length': '1' }),
        tus.send('HEAD', path, { 'tus-resumable': '0.2.2' }),
        tus.send('PATCH', path, { 'tus-resumable': '0.2.2', 'upload-offset': '0' }, Buffer.from('a')),
        tus.send('DELETE', path, { 'tus-resumable': '0.2.2' }),
      ])

      for (const answer of answers) assert.deepEqual([answer.status, answer.headers.get('tus-version')], [412, '1.0.0'])
      assert.equal(await tus.offset(path), 0)
    })

    it('a wrong offset, type, or length is refused and changes nothing', async () => {
      const { tus } = await newClient()
      const { path } = await tus.create({ 'upload-length': '10' }, Buffer.from('abc'))

      const wrongOffset = await tus.patch(path, 4, Buffer.from('x'))
      const wrongType = await tus.patch(path, 3, Buffer.from('x'), { 'content-type': 'text/plain' })
      const tooLong = await tus.patch(path, 3, Buffer.from('12345678'))
      const noOffset = await tus.send(
        'PATCH',
        path,
        { 'content-type': 'application/offset+octet-stream' },
        Buffer.from('x'),
      )

      assert.deepEqual(await refusalOf(wrongOffset), [409, 'upload_offset'])
      assert.equal(wrongOffset.headers.get('tus-resumable'), '1.0.0')
      assert.deepEqual(await refusalOf(wrongType), [415, 'unsupported_media_type'])
      assert.deepEqual(await refusalOf(tooLong), [413, 'file_too_large'])
      assert.deepEqual(await refusalOf(noOffset), [400, 'invalid_input'])
      assert.equal(await tus.offset(path), 3)
    })

    it('headers that make no sense are refused', async () => {
      const { tus } = await newClient()
      const bad: Record<string, string>[] = [
        {},
        { 'upload-length': '-1' },
        { 'upload-length': '1.5' },
        { 'upload-length': '5', 'upload-defer-length': '1' },
        { 'upload-defer-length': '2' },
        { 'upload-length': '5', 'upload-metadata': 'filename !!' },
        { 'upload-length': '5', 'upload-metadata': 'a YQ==,a YQ==' },
        { 'upload-length': '5', 'upload-metadata': metadataOf({ filename: 'a/b' }) },
        { 'upload-length': '5', 'upload-metadata': metadataOf({ filename: 'a', on_conflict: 'maybe' }) },
        { 'upload-length': '5', 'upload-metadata': metadataOf({ filename: 'a', sha256: 'abc' }) },
        { 'upload-length': '5', 'upload-concat': 'everything' },
        { 'upload-concat': 'final;/somewhere/else' },
      ]

      const answers = await Promise.all(bad.map((headers) => tus.create(headers)))

      assert.deepEqual(
        answers.map(({ response }) => response.status),
        bad.map(() => 400),
      )
    })

    it('bytes with the right checksum are kept and others are not', async () => {
      const { ada, tus } = await newClient()
      const bytes = someBytes(300_000)
      const { path } = await tus.create({ 'upload-length': String(bytes.length) })
      const objects = (await filesOnDisk(app)).length

      const wrong = await tus.patch(path, 0, bytes.subarray(0, 100_000), checksumOf('sha256', Buffer.from('other')))
      const afterWrong = await tus.offset(path)
      const left = (await filesOnDisk(app)).length
      const right = await tus.patch(
        path,
        0,
        bytes.subarray(0, 100_000),
        checksumOf('sha256', bytes.subarray(0, 100_000)),
      )
      const unknown = await tus.patch(path, 100_000, bytes.subarray(100_000), { 'upload-checksum': 'crc32 AAAA' })
      const last = await tus.patch(path, 100_000, bytes.subarray(100_000), checksumOf('sha1', bytes.subarray(100_000)))

      assert.deepEqual(await refusalOf(wrong), [460, 'checksum_mismatch'])
      assert.deepEqual([afterWrong, left], [0, objects])
      assert.deepEqual([right.status, unknown.status, last.status], [204, 400, 204])
      const { file, bytes: stored } = await fileOf(ada, last)
      assert.ok(stored.equals(bytes))
      assert.equal(file.sha256, sha256(bytes).toString('hex'))
    })

    it('a file whose announced sha256 is wrong is refused, and nothing of it is kept', async () => {
      const { ada, tus } = await newClient()
      const bytes = someBytes(200_000)
      const metadata = metadataOf({ filename: 'a', sha256: sha256(Buffer.from('other')).toString('hex') })
      const objects = (await filesOnDisk(app)).length

      const { path } = await tus.create({ 'upload-length': '200000', 'upload-metadata': metadata })
      const answer = await tus.patch(path, 0, bytes)

      assert.deepEqual(await refusalOf(answer), [400, 'digest_mismatch'])
      assert.deepEqual(await totalsOf(ada), NONE)
      assert.equal((await tus.head(path)).status, 404)
      assert.equal((await filesOnDisk(app)).length, objects)
    })

    it('a cancelled upload leaves no byte, and a finished one keeps its file', async () => {
      const { ada, tus } = await newClient()
      const objects = (await filesOnDisk(app)).length
      const open = await tus.create({ 'upload-length': '900000' }, someBytes(300_000))
      const done = await tus.create({ 'upload-length': '5' }, Buffer.from('whole'))

      const answers = [await tus.send('DELETE', open.path, {}), await tus.send('DELETE', done.path, {})]

      assert.deepEqual(
        answers.map(({ status }) => status),
        [204, 204],
      )
      assert.deepEqual([(await tus.head(open.path)).status, (await tus.head(done.path)).status], [404, 404])
      assert.equal((await tus.send('DELETE', open.path, {})).status, 404)
      assert.equal((await filesOnDisk(app)).length, objects)
      assert.equal((await totalsOf(ada)).totalFiles, 1)
    })

    it('parts that were sent at the same time become one file without moving a byte', async () => {
      const { ada, tus } = await newClient()
      const bytes = someBytes(5 * MIB)
      const cuts = [0, 2 * MIB, 2 * MIB + 70_000, 5 * MIB]
      const parts = await Promise.all(
        cuts.slice(1).map(async (end, index) => {
          const part = bytes.subarray(cuts[index], end)
          return tus.create({ 'upload-length': String(part.length), 'upload-concat': 'partial' }, part)
        }),
      )
      const objects = await filesOnDisk(app)
      const concat = `final;${parts.map(({ path }) => path).join(' ')}`

      const final = await tus.create({ 'upload-concat': concat, 'upload-metadata': metadataOf({ filename: 'joined' }) })
      const again = await tus.create({ 'upload-concat': concat, 'upload-metadata': metadataOf({ filename: 'joined' }) })

      assert.equal(final.response.status, 201)
      const { file, bytes: stored } = await fileOf(ada, final.response)
      assert.deepEqual([file.file_name, file.sha256], ['joined', sha256(bytes).toString('hex')])
      assert.ok(stored.equals(bytes))
      assert.deepEqual(await filesOnDisk(app), objects)
      assert.deepEqual([again.path, again.response.headers.get('x-file-id')], [final.path, file.id])
      const head = await tus.head(final.path)
      assert.deepEqual(
        [head.headers.get('upload-concat'), head.headers.get('upload-offset')],
        [concat, String(5 * MIB)],
      )
      assert.equal((await tus.patch(final.path, 0, Buffer.from('x'))).status, 403)
      assert.equal((await totalsOf(ada)).totalFiles, 1)
    })

    it('a part is no file, tells that it is a part, and cannot be joined before it is complete', async () => {
      const { ada, tus } = await newClient()
      const whole = await tus.create({ 'upload-length': '3', 'upload-concat': 'partial' }, Buffer.from('abc'))
      const half = await tus.create({ 'upload-length': '6', 'upload-concat': 'partial' }, Buffer.from('abc'))

      const final = await tus.create({ 'upload-concat': `final;${whole.path} ${half.path}` })

      assert.deepEqual(await refusalOf(final.response), [409, 'upload_incomplete'])
      assert.equal((await tus.head(whole.path)).headers.get('upload-concat'), 'partial')
      assert.deepEqual([await tus.offset(whole.path), await tus.offset(half.path)], [3, 3])
      assert.deepEqual(await totalsOf(ada), NONE)
    })

    it('an upload of somebody else is not there', async () => {
      const { tus } = await newClient()
      const { tus: other } = await newClient()
      const { path } = await tus.create({ 'upload-length': '6', 'upload-concat': 'partial' }, Buffer.from('abcdef'))

      const answers = [
        await other.head(path),
        await other.patch(path, 6, Buffer.alloc(0)),
        await other.send('DELETE', path, {}),
      ]

      assert.deepEqual(
        answers.map(({ status }) => status),
        [404, 404, 404],
      )
      assert.equal((await other.create({ 'upload-concat': `final;${path}` })).response.status, 409)
      assert.equal(await tus.offset(path), 6)
    })

    it('what is too large is refused before a byte of it comes', async () => {
      const { ada, tus } = await newClient()
      await limitPlan(app, ada, { maxBytes: 1000 })
      await putFile(ada, 'used', 'x'.repeat(400))

      const tooLarge = await tus.create({ 'upload-length': '601' })
      const fits = await tus.create({ 'upload-length': '600' })
      const both = await tus.create({ 'upload-length': '500' })
      const growing = await tus.create({ 'upload-defer-length': '1' }, someBytes(401))

      assert.deepEqual(await refusalOf(tooLarge.response), [413, 'quota_exceeded'])
      assert.equal(fits.response.status, 201)
      assert.deepEqual(await refusalOf(both.response), [413, 'quota_exceeded'])
      assert.equal(growing.response.status, 413)
    })

    it('an upload for which the room was taken meanwhile is refused at its end', async () => {
      const { ada, tus } = await newClient()
      await limitPlan(app, ada, { maxBytes: 1000 })
      const { path } = await tus.create({ 'upload-length': '600' }, someBytes(300))
      await putFile(ada, 'used', 'x'.repeat(500))

      const answer = await tus.patch(path, 300, someBytes(300))

      assert.deepEqual(await refusalOf(answer), [413, 'quota_exceeded'])
      assert.equal((await totalsOf(ada)).totalFiles, 1)
    })

    it('a name that is taken gets a number, replaces, or is refused, as the metadata says', async () => {
      const { ada, tus } = await newClient()
      const { id } = await putFile(ada, 'a.txt', 'old')
      const put = (pairs: Record<string, string>) =>
        tus.create(
          { 'upload-length': '3', 'upload-metadata': metadataOf({ filename: 'a.txt', ...pairs }) },
          Buffer.from('new'),
        )

      const fail = await put({ on_conflict: 'fail' })
      const rename = await put({})
      const replace = await put({ on_conflict: 'replace' })

      assert.deepEqual(await refusalOf(fail.response), [409, 'file_exists'])
      assert.equal((await fileOf(ada, rename.response)).file.file_name, 'a (1).txt')
      assert.equal(replace.response.headers.get('x-file-id'), id)
      assert.equal((await bytesOf(await contentOf(ada, id))).toString(), 'new')
    })

    it('open uploads are listed to whoever lost their addresses', async () => {
      const { ada, tus } = await newClient()
      const first = await tus.create({ 'upload-length': '10', 'upload-metadata': metadataOf({ filename: 'one' }) })
      const second = await tus.create({ 'upload-defer-length': '1' }, Buffer.from('abc'))
      await tus.create({ 'upload-length': '1' }, Buffer.from('x'))

      const page = await ada.call(listUploads, { query: { limit: 1 } })
      const rest = await ada.call(listUploads, { query: { limit: 1, cursor: page.next_cursor ?? '' } })

      assert.deepEqual([page.uploads[0]?.url, rest.uploads[0]?.url], [second.path, first.path])
      assert.deepEqual([page.uploads[0]?.received, page.uploads[0]?.file_size], [3, null])
      assert.deepEqual([rest.uploads[0]?.file_name, rest.uploads[0]?.file_size, rest.next_cursor], ['one', 10, null])
    })
  })
}
