import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, beforeEach, describe, it } from 'node:test'
import { dialects, testDatabase } from '../../../test/database.ts'
import type { Backend, PutOptions } from '../backends/backend.ts'
import { settleBlobs } from '../recovery/dump.ts'
import { type FaultyBackend, faultyBackend } from './faulty.fixture.ts'
import { clearStorage, storageStack, tempFolder } from './stack.fixture.ts'

for (const dialect of dialects) {
  describe(`copies that are missing or bad (${dialect})`, async () => {
    const database = await testDatabase(dialect)
    const folder = await tempFolder()
    let far: FaultyBackend
    after(() => folder.remove())
    beforeEach(async () => {
      await clearStorage(database)
      far = faultyBackend('far', Math.random)
    })
    const stackOf = (backend: Backend = far.backend) =>
      storageStack({ database, folder: folder.path, far: [backend], defaultBackend: 'disk' })

    it('are planned again after a drive was rebuilt, and those of files that lack nothing are not', async () => {
      const stack = await stackOf()
      await stack.storage.policies.replace([{ min_bytes: 5000, backends: ['disk', 'far'] }, { backends: ['far'] }])
      const [both, one] = [await stack.upload(randomBytes(7000)), await stack.upload(randomBytes(4000))]
      await stack.settle()
      // As a rebuilt drive is: without the disk, and with nothing planned.
      await database.db.deleteFrom('chunk_copies').where('backend', '=', 'disk').execute()
      await settleBlobs(database.db)
      const before = [(await stack.blob(both)).state, (await stack.blob(one)).state]

      const looked = await stack.storage.replan()
      await stack.settle()

      assert.deepEqual([before, looked], [['degraded', 'degraded'], 2])
      assert.deepEqual([(await stack.blob(both)).state, (await stack.blob(one)).state], ['healthy', 'healthy'])
      assert.deepEqual([(await stack.blob(both)).replicas, (await stack.blob(one)).replicas], [2, 1])
      far.objects.clear()
      assert.ok((await stack.read(both)).equals(both.bytes))
      assert.equal(await stack.storage.replan(), 0)
    })

    it('are not planned where no storage of that name is set up, and when it is back they are', async () => {
      const stack = await stackOf()
      await stack.storage.policies.replace([{ backends: ['disk', 'far'] }])
      const file = await stack.upload(randomBytes(2500))
      await stack.settle()
      await database.db.deleteFrom('chunk_copies').where('backend', '=', 'far').execute()
      await database.db.updateTable('blobs').set({ state: 'degraded' }).execute()
      const without = await storageStack({ database, folder: folder.path })

      await without.storage.replan()
      const waiting = await database.db.selectFrom('copy_tasks').selectAll().execute()
      await stack.storage.replan()
      await stack.settle()

      assert.deepEqual(waiting, [])
      assert.deepEqual([(await stack.blob(file)).state, (await stack.blob(file)).replicas], ['healthy', 2])
    })

    it('are in the log of whoever has the file, when they are found and when nothing good is left', async () => {
      const stack = await stackOf()
      await stack.storage.policies.replace([{ backends: ['disk', 'far'] }])
      const file = await stack.upload(randomBytes(2500))
      await stack.settle()
      for (const [name, object] of far.objects) far.objects.set(name, Buffer.alloc(object.length))

      await stack.storage.inspector.scrub(1)
      await stack.storage.inspector.scrub(1)
      const [local] = (await stack.copies(file)).filter(({ backend }) => backend === 'disk')
      await stack.disk.delete([local?.locator ?? ''])
      await stack.storage.inspector.scrub(1)

      assert.deepEqual(
        stack.audited.map(({ accountId, actor, action, target, data }) => [
          accountId,
          actor,
          action,
          target,
          data?.before,
        ]),
        [
          ['account_of_storage', 'system', 'file.degraded', file.fileId, 'healthy'],
          ['account_of_storage', 'system', 'file.lost', file.fileId, 'degraded'],
        ],
      )
    })

    it('say what they are copies of, and no name', async () => {
      const told: PutOptions['about'][] = []
      const put: Backend['put'] = (id, source, sizeBytes, options) => {
        told.push(options?.about)
        return far.backend.put(id, source, sizeBytes, options)
      }
      const stack = await stackOf({ ...far.backend, put })
      await stack.storage.policies.replace([{ backends: ['far'] }])

      const { blobId } = await stack.upload(randomBytes(4000))
      await stack.settle()

      const { key_id } = await stack.blob({ fileId: '', blobId, bytes: Buffer.alloc(0) })
      const rows = await database.db.selectFrom('chunks').select(['id', 'position']).orderBy('position').execute()
      assert.deepEqual(
        told.toSorted((a, b) => Number(a?.n) - Number(b?.n)),
        rows.map(({ id, position }) => ({
          blob: blobId,
          chunk: id,
          n: position,
          at: position * 3000,
          of: 4000,
          key: key_id,
        })),
      )
    })
  })
}
