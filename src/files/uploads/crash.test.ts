import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects, type TestPlace, testPlace } from '../../../test/database.ts'
import { systemClock } from '../../platform/clock.ts'
import { openDatabase } from '../../platform/db/index.ts'
import { sha256 } from '../files/testing.ts'
import { crashBytes, STEPS, type Step } from './crash.fixture.ts'
import { pieceOf, SIZES, uploadStack } from './stack.fixture.ts'

const FIXTURE = join(import.meta.dirname, 'crash.fixture.ts')
const TEN_MINUTES_MS = 600_000

/** Runs an upload in a process of its own until that kills itself. */
const crash = async (step: Step, { dataDir, url }: TestPlace, accountId: string, seed: number) => {
  const args = [FIXTURE, step, dataDir, accountId, String(seed), ...(url === undefined ? [] : [url])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = text(child.stdout)
  const [, signal] = await once(child, 'exit')
  assert.equal(signal, 'SIGKILL', `it ended before ${step}`)
  const id = /upload (\S+)/.exec(await said)?.[1]
  assert.ok(id !== undefined)
  return { id, acknowledged: Number(/acknowledged (\d+)/.exec(await said)?.[1] ?? 0) }
}

for (const dialect of dialects) {
  describe(`a process that is killed while it takes an upload (${dialect})`, async () => {
    const place = await testPlace(dialect)
    const app = await testApp(dialect, { place })
    const { id: accountId } = await app.account()
    await app.stop()
    let files = 0

    for (const [seed, step] of STEPS.entries())
      it(`loses nothing that was acknowledged and keeps nothing else, when ${step}`, async () => {
        const { id, acknowledged } = await crash(step, place, accountId, seed)
        // By then the dead process would have renewed what it held.
        const clock = { ...systemClock, now: () => new Date(Date.now() + TEN_MINUTES_MS) }
        const database = await openDatabase({ ...place, synchronous: 'NORMAL', own: true })
        const { resumable, sweep, disk, stats, content } = await uploadStack({
          database,
          dataDir: place.dataDir,
          clock,
        })
        const bytes = crashBytes(seed)

        await sweep()
        const found = await resumable.look(accountId, id)
        const rest = bytes.subarray(found.offset_bytes)
        const piece = pieceOf(Readable.from([rest], { objectMode: false }), found.offset_bytes, rest.length)
        const done = await resumable.append(accountId, id, piece)

        assert.ok(found.offset_bytes >= acknowledged, `${found.offset_bytes} of ${acknowledged}`)
        if (STEPS.indexOf(step) >= STEPS.indexOf('the row of a chunk is committed'))
          assert.ok(found.offset_bytes >= SIZES.chunkBytes)
        const stored = await content(done.file_id ?? '')
        assert.ok(stored.bytes.equals(bytes))
        assert.equal(stored.sha256, sha256(bytes).toString('hex'))
        files += 1
        const { totalFiles, totalSizeBytes } = await stats(accountId)
        assert.deepEqual([totalFiles, totalSizeBytes], [files, files * bytes.length])
        await sweep()
        const objects = await Array.fromAsync(disk.list?.() ?? [])
        const copies = await database.db.selectFrom('chunk_copies').select('locator').execute()
        assert.deepEqual(objects.map(({ locator }) => locator).sort(), copies.map(({ locator }) => locator).sort())
        await database.close()
      })

    it('leaves no session behind', async (t) => {
      const database = await openDatabase({ ...place, synchronous: 'NORMAL', own: true })
      t.after(() => place.remove())
      t.after(() => database.close())

      assert.deepEqual(await database.db.selectFrom('file_upload_chunks').selectAll().execute(), [])
      assert.deepEqual(
        await database.db.selectFrom('file_uploads').select('id').where('state', '=', 'open').execute(),
        [],
      )
    })
  })
}
