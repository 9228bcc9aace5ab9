import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects, testPlace } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { systemClock } from '../../platform/clock.ts'
import { getFile } from '../files/contract.ts'
import { bytesOf, contentOf, filesOnDisk, putFile, refusalOf, sha256, someBytes } from '../files/testing.ts'
import { slowPatch, tusClient } from './testing.ts'

const MIB = 1024 * 1024
const DAY_MS = 24 * 60 * 60_000
const _NONE = { totalFiles: 0, totalSizeBytes: 0 }

const fileOf = async (ada: TestAccount, response: Response) => {
  const id = response.headers.get('x-file-id') ?? ''
  assert.equal(response.headers.get('content-location'), `/api/v1/files/${id}`)
  const file = await ada.call(getFile, { params: { id } })
  return { file, bytes: await bytesOf(await contentOf(ada, id)) }
}

for (const dialect of dialects) {
  describe(`going on with an upload (${dialect})`, async () => {
    const app = await testApp(dialect)

    const newClient = async () => {
      const ada = await app.account()
      return { ada, tus: tusClient(ada) }
    }

    it('what arrived before a connection broke is kept, to the byte', async () => {
      const { ada, tus } = await newClient()
      const bytes = someBytes(18 * MIB)
      const { path } = await tus.create({ 'upload-length': String(bytes.length) })
      let offset = 0

      for (const sent of [100_000, 16 * MIB - 100_000 + 1, MIB]) {
        const { sending } = slowPatch(app, ada, path, offset, bytes.length - offset)
        await new Promise((resolve) => sending.write(bytes.subarray(offset, offset + sent), resolve))
        const want = offset + sent
        // What the system took may not have reached the server yet.
        await eventually(() => assert.ok(app.app.server.server.listening))
        sending.destroy()
        await eventually(async () => {
          const told = await tus.head(path)
          assert.equal(told.status, 200)
          offset = Number(told.headers.get('upload-offset'))
          assert.ok(offset > want - sent && offset <= want)
        })
      }
      const last = await tus.patch(path, offset, bytes.subarray(offset))

      const { file, bytes: stored } = await fileOf(ada, last)
      assert.ok(stored.equals(bytes))
      assert.equal(file.sha256, sha256(bytes).toString('hex'))
    })

    it('a request that is moving keeps its upload, and one that hangs loses it to the next', async (t) => {
      const { ada, tus } = await newClient()
      const bytes = someBytes(3 * MIB)
      const { path } = await tus.create({ 'upload-length': String(bytes.length) })
      const old = slowPatch(app, ada, path, 0, bytes.length)
      old.sending.write(bytes.subarray(0, MIB))
      let sent = MIB
      const moving = setInterval(() => {
        old.sending.write(bytes.subarray(sent, sent + 1000))
        sent += 1000
      }, 20)
      t.after(() => clearInterval(moving))
      const { db } = app.app.core.database
      await eventually(async () => {
        const held = await db.selectFrom('file_uploads').select('id').where('holder', 'is not', null).execute()
        assert.ok(held.some(({ id }) => path.endsWith(id)))
      })

      const refused = await tus.patch(path, 0, bytes)
      clearInterval(moving)

      const offset = await eventually(async () => {
        const told = await tus.offset(path)
        assert.equal(told, sent)
        return told
      })
      const cut = await old.answered.catch(() => ({ status: 0 }))
      const last = await tus.patch(path, offset, bytes.subarray(offset))

      assert.deepEqual(await refusalOf(refused), [423, 'upload_locked'])
      assert.ok([0, 423].includes(cut.status))
      assert.ok((await fileOf(ada, last)).bytes.equals(bytes))
    })

    it('an upload that is left alone is gone after seven days, with exactly its bytes', async (t) => {
      const place = await testPlace(dialect)
      t.after(() => place.remove())
      let aheadMs = 0
      const clock = { ...systemClock, now: () => new Date(Date.now() + aheadMs) }
      const own = await testApp(dialect, { place, clock })
      const ada = await own.account()
      const tus = tusClient(ada)
      await putFile(ada, 'kept', someBytes(100_000))
      const kept = await filesOnDisk(own)
      const forgotten = await tus.create({ 'upload-length': '900000' }, someBytes(300_000))
      const alive = await tus.create({ 'upload-length': '900000' }, someBytes(300_000))
      aheadMs = 6 * DAY_MS
      await tus.patch(alive.path, 300_000, someBytes(100))
      aheadMs = 7 * DAY_MS + 60_000

      const before = await tus.head(forgotten.path)
      await own.app.files.sweep()

      assert.equal(before.status, 410)
      assert.equal((await tus.head(forgotten.path)).status, 404)
      assert.equal(await tus.offset(alive.path), 300_100)
      const left = await filesOnDisk(own)
      assert.ok(kept.every((path) => left.includes(path)))
      assert.equal(left.length, kept.length + 2)
      await own.stop()
    })

    it('an upload goes on after a restart, and its hash is that of all bytes', async (t) => {
      const place = await testPlace(dialect)
      t.after(() => place.remove())
      const first = await testApp(dialect, { place })
      const ada = await first.account()
      const bytes = someBytes(2 * MIB)
      const { path } = await tusClient(ada).create(
        { 'upload-length': String(bytes.length) },
        bytes.subarray(0, 700_001),
      )
      await first.stop()
      const second = await testApp(dialect, { place })
      const send = {
        fetch: (to: string, init: RequestInit = {}) => {
          const headers = new Headers(init.headers)
          headers.set('authorization', `Bearer ${ada.key}`)
          return second.fetch(to, { ...init, headers })
        },
      }
      const tus = tusClient(send)

      const offset = await tus.offset(path)
      const last = await tus.patch(path, offset, bytes.subarray(offset))

      assert.equal(offset, 700_001)
      const id = last.headers.get('x-file-id')
      const content = await send.fetch(`/api/v1/files/${id}/content`)
      assert.equal(content.headers.get('etag'), `"${sha256(bytes).toString('hex')}"`)
      assert.ok((await bytesOf(content)).equals(bytes))
      await second.stop()
    })

    it('a client that sends little at a time does not make a file of little chunks', async () => {
      const { ada, tus } = await newClient()
      const bytes = someBytes(640_000)
      const { path } = await tus.create({ 'upload-length': String(bytes.length) })

      let last = await tus.head(path)
      for (let at = 0; at < bytes.length; at += 10_000)
        last = await tus.patch(path, at, bytes.subarray(at, at + 10_000))

      const { file, bytes: stored } = await fileOf(ada, last)
      assert.ok(stored.equals(bytes))
      assert.equal(file.sha256, sha256(bytes).toString('hex'))
      const { db } = app.app.core.database
      const chunks = await db
        .selectFrom('chunks')
        .innerJoin('files', 'files.blob_id', 'chunks.blob_id')
        .select('chunks.id')
        .where('files.id', '=', file.id)
        .execute()
      assert.ok(chunks.length <= 8, `${chunks.length} chunks`)
      assert.deepEqual(await db.selectFrom('discarded_objects').selectAll().execute(), [])
      assert.deepEqual(await app.app.files.sweep(), { orphans: 0, discarded: 0 })
    })
  })
}
