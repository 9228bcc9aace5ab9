import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects, testPlace } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { systemClock } from '../../platform/clock.ts'
import { openDiskBackend } from '../backends/disk/disk.ts'
import { getStats } from '../stats/contract.ts'
import { File } from './contract.ts'
import { bytesOf, contentOf, filesOnDisk, pathOf, putFile, putRaw, sha256, slowRequest, someBytes } from './testing.ts'

const MIB = 1024 * 1024
const HOUR_MS = 60 * 60_000

/** What a process leaves that was killed between the rename of an object and the commit of its row. */
const orphan = async (dataDir: string, id: string): Promise<void> => {
  const disk = await openDiskBackend({ root: join(dataDir, 'files') })
  const bytes = Buffer.from('never committed')
  await disk.put(
    id,
    (async function* () {
      yield bytes
    })(),
    bytes.length,
  )
}

for (const dialect of dialects) {
  describe(`durability of files (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('files, their bytes and their figures are there after a restart', async (t) => {
      const place = await testPlace(dialect)
      t.after(() => place.remove())
      const first = await testApp(dialect, { place })
      const ada = await first.account()
      const bytes = someBytes(MIB)
      const [large, small] = [await putFile(ada, 'large', bytes), await putFile(ada, 'small', 'small')]
      await bytesOf(await contentOf(ada, large.id))
      const before = await ada.call(getStats)
      await first.stop()

      const second = await testApp(dialect, { place })

      const get = async (path: string) => second.fetch(path, { headers: { 'x-api-key': ada.key } })
      const content = async ({ id }: File) => bytesOf(await get(`/api/v1/files/${id}/content`))
      assert.deepEqual(await (await get('/api/v1/stats')).json(), before)
      assert.equal(before.totalDownloads, 1)
      assert.ok((await content(large)).equals(bytes))
      assert.equal((await content(small)).toString(), 'small')
      await second.stop()
    })

    it('a start removes what a dead upload left, and nothing else', async (t) => {
      const place = await testPlace(dialect)
      t.after(() => place.remove())
      const first = await testApp(dialect, { place })
      const ada = await first.account()
      const file = await putFile(ada, 'kept.bin', someBytes(MIB))
      const kept = await filesOnDisk(first)
      const { db } = first.app.core.database
      // One that died before its row could have been seen, and one whose process is gone.
      await db.insertInto('object_writers').values({ id: 'writer_dead', owner: 'gone', lease_until: 1 }).execute()
      await orphan(place.dataDir, 'writer_dead-1')
      await orphan(place.dataDir, 'writer_unknown-2')
      await first.stop()

      const second = await testApp(dialect, { place })

      await eventually(async () => assert.deepEqual(await filesOnDisk(second), kept))
      const content = await second.fetch(`/api/v1/files/${file.id}/content`, { headers: { 'x-api-key': ada.key } })
      assert.equal(sha256(await bytesOf(content)).toString('hex'), file.sha256)
      assert.deepEqual(await second.app.core.database.db.selectFrom('object_writers').selectAll().execute(), [])
      await second.stop()
    })

    it('a sweep leaves the objects of an upload that is still running', async () => {
      const ada = await app.account()
      const bytes = someBytes(18 * MIB)
      const before = (await filesOnDisk(app)).filter((path) => path.includes('/objects/')).length
      const { sending, answered } = slowRequest(app, ada, pathOf('slow.bin'), { 'content-length': bytes.length })
      sending.write(bytes.subarray(0, 17 * MIB))
      await eventually(async () => {
        const objects = (await filesOnDisk(app)).filter((path) => path.includes('/objects/'))
        assert.equal(objects.length, before + 1)
      })

      const swept = await app.app.files.sweep()

      sending.end(bytes.subarray(17 * MIB))
      const file = File.parse(JSON.parse((await answered).body))
      assert.deepEqual(swept, { orphans: 0, discarded: 0 })
      assert.ok((await bytesOf(await contentOf(ada, file.id))).equals(bytes))
    })

    it('an upload whose process was taken for dead is refused instead of losing bytes', async () => {
      const ada = await app.account()
      const before = (await filesOnDisk(app)).length
      const bytes = someBytes(2 * MIB)
      const { sending, answered } = slowRequest(app, ada, pathOf('late.bin'), { 'content-length': bytes.length })
      sending.write(bytes.subarray(0, MIB + 1))
      const { db } = app.app.core.database
      await eventually(async () => {
        assert.equal((await db.deleteFrom('object_writers').returning('id').execute()).length, 1)
      })
      sending.end(bytes.subarray(MIB + 1))

      const { status, body } = await answered

      assert.deepEqual([status, body.includes('"upload_lost"')], [503, true])
      assert.equal((await ada.call(getStats)).totalFiles, 0)
      assert.equal((await filesOnDisk(app)).length, before)
    })

    it('replaced content stays for its readers for an hour, and then goes', async (t) => {
      const place = await testPlace(dialect)
      t.after(() => place.remove())
      let aheadMs = 0
      const clock = { ...systemClock, now: () => new Date(Date.now() + aheadMs) }
      const app = await testApp(dialect, { place, clock })
      const ada = await app.account()
      await putFile(ada, 'a.bin', someBytes(MIB))
      const old = await filesOnDisk(app)
      const replacement = someBytes(MIB)
      assert.equal((await putRaw(ada, 'a.bin', replacement)).status, 200)

      const early = await app.app.files.sweep()
      const held = await filesOnDisk(app)
      aheadMs = HOUR_MS + 1000
      const late = await app.app.files.sweep()

      assert.deepEqual(
        [early, late],
        [
          { orphans: 0, discarded: 0 },
          { orphans: 0, discarded: 1 },
        ],
      )
      assert.deepEqual([held.length, (await filesOnDisk(app)).length], [2, 1])
      assert.ok(old.every((path) => held.includes(path)))
      await app.stop()
    })
  })
}
