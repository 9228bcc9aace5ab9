import assert from 'node:assert/strict'
import * as fsPromises from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects, testPlace } from '../../../test/database.ts'
import { systemClock } from '../../platform/clock.ts'
import type { DiskFs } from '../backends/disk/directories.ts'
import { filesIn } from '../chunks/testing.ts'
import { someBytes } from '../files/testing.ts'
import { pieceOf, SIZES, uploadStack, WHOLE } from './stack.fixture.ts'

/** A disk that takes so many bytes, and the rest when it is told that there is room again. */
const diskOf = (roomBytes: number) => {
  let left = roomBytes
  const fs: DiskFs = {
    ...fsPromises,
    async open(...args) {
      const handle = await fsPromises.open(...args)
      const writev = handle.writev.bind(handle)
      return Object.assign(handle, {
        async writev(pieces: Buffer[], position?: number) {
          left -= pieces.reduce((sum, { length }) => sum + length, 0)
          if (left < 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
          return writev(pieces, position)
        },
      })
    },
  }
  return {
    fs,
    makeRoom: () => {
      left = Infinity
    },
  }
}

for (const dialect of dialects)
  describe(`an upload that finds the disk full (${dialect})`, async () => {
    it('is refused with 507, leaves nothing half visible, and goes on at its last chunk when there is room', async (t) => {
      const place = await testPlace(dialect)
      t.after(() => place.remove())
      const app = await testApp(dialect, { place })
      t.after(() => app.stop())
      const { id: accountId } = await app.account()
      const { database } = app.app.core
      const dataDir = join(place.dataDir, 'small')
      const { fs, makeRoom } = diskOf(SIZES.chunkBytes * 2.5)
      const { resumable, content, disk, stats } = await uploadStack({ database, dataDir, clock: systemClock, fs })
      const bytes = someBytes(SIZES.chunkBytes * 4)
      const { id } = await resumable.create(accountId, { ...WHOLE, sizeBytes: bytes.length })
      const send = (from: number) =>
        resumable.append(accountId, id, pieceOf(Readable.from([bytes.subarray(from)]), from, bytes.length - from))

      await assert.rejects(send(0), { code: 'DISK_FULL', status: 507 })

      const { offset_bytes, file_id } = await resumable.look(accountId, id)
      const objects = await Array.fromAsync(disk.list?.() ?? [])
      const rows = await database.db.selectFrom('file_upload_chunks').select('locator').execute()
      assert.deepEqual([offset_bytes, file_id, (await stats(accountId)).totalFiles], [SIZES.chunkBytes * 2, null, 0])
      assert.deepEqual(objects.map(({ locator }) => locator).sort(), rows.map(({ locator }) => locator).sort())
      assert.equal((await filesIn(dataDir)).length, objects.length)
      makeRoom()
      const done = await send(offset_bytes)
      assert.ok((await content(done.file_id ?? '')).bytes.equals(bytes))
    })
  })
