import assert from 'node:assert/strict'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { testApp } from '../../../test/app.ts'
import { dialects, testPlace } from '../../../test/database.ts'
import { systemClock } from '../../platform/clock.ts'
import { sha256, someBytes } from '../files/testing.ts'
import { toMerge } from './merge.ts'
import { pieceOf, SIZES, uploadStack, WHOLE } from './stack.fixture.ts'

const { chunkBytes, leafBytes } = SIZES

for (const dialect of dialects) {
  describe(`an upload whose connection is cut (${dialect})`, async () => {
    const place = await testPlace(dialect)
    const app = await testApp(dialect, { place })
    const { id: accountId } = await app.account()
    const { database } = app.app.core
    const dataDir = join(place.dataDir, 'small')
    const { resumable, content, disk } = await uploadStack({ database, dataDir, clock: systemClock })

    const sendUntil = async (id: string, bytes: Buffer, from: number, to: number): Promise<number> => {
      const source = new PassThrough({ highWaterMark: bytes.length + 1 })
      const appending = resumable.append(accountId, id, pieceOf(source, from, bytes.length - from))
      source.write(bytes.subarray(from, to))
      if (to === bytes.length) {
        source.end()
        await appending
        return to
      }
      // Everything was taken from the source when it has nothing left to give.
      while (source.readableLength > 0) await new Promise((resolve) => setImmediate(resolve))
      source.destroy()
      await assert.rejects(appending, { code: 'UPLOAD_TRUNCATED' })
      return (await resumable.look(accountId, id)).offset_bytes
    }

    const CUTS: Record<string, readonly number[]> = {
      'at every end of a chunk': [1, 2, 3].map((count) => count * chunkBytes),
      'just before and behind every end of a chunk': [1, 2, 3].flatMap((n) => [n * chunkBytes - 1, n * chunkBytes + 1]),
      'in the middle of every chunk': [0.5, 1.5, 2.5, 3.5].map((count) => count * chunkBytes),
      'at the ends of leaves': [1, 2, 3, 5, 9].map((count) => count * leafBytes),
      'at the first and at the last byte': [1, 2, 4 * chunkBytes - 1],
    }
    for (const [where, cuts] of Object.entries(CUTS))
      it(`goes on at the very byte: ${where}`, async () => {
        const bytes = someBytes(4 * chunkBytes)
        const { id } = await resumable.create(accountId, { ...WHOLE, sizeBytes: bytes.length })

        let offset = 0
        for (const cut of [...cuts, bytes.length]) {
          offset = await sendUntil(id, bytes, offset, cut)
          assert.equal(offset, cut)
        }

        const { file_id } = await resumable.look(accountId, id)
        const stored = await content(file_id ?? '')
        assert.ok(stored.bytes.equals(bytes))
        assert.equal(stored.sha256, sha256(bytes).toString('hex'))
      })

    it('keeps no object that nothing names', async (t) => {
      t.after(() => place.remove())
      t.after(() => app.stop())

      const objects = await Array.fromAsync(disk.list?.() ?? [])

      const copies = await database.db.selectFrom('chunk_copies').select('locator').execute()
      assert.deepEqual(objects.map(({ locator }) => locator).sort(), copies.map(({ locator }) => locator).sort())
    })
  })
}

describe('the small chunks at the end of an upload', () => {
  const MOST = 1024

  it('are joined so that there are few of them, whatever is sent, and none is too large', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: MOST }), { maxLength: 300 }), (sent) => {
        let chunks: { start_at: number; size_bytes: number }[] = []
        let end = 0
        for (const size_bytes of sent) {
          chunks.push({ start_at: end, size_bytes })
          end += size_bytes
          const merged = toMerge(chunks.slice(-32), MOST)
          const [first] = merged
          if (first === undefined) continue
          const sum = merged.reduce((total, chunk) => total + chunk.size_bytes, 0)
          chunks = [...chunks.slice(0, -merged.length), { start_at: first.start_at, size_bytes: sum }]
          assert.ok(merged.length > 1 && sum <= MOST)
        }

        // Of two neighbours the first is larger, or both do not fit into one.
        for (const [index, chunk] of chunks.entries()) {
          const next = chunks[index + 1]?.size_bytes ?? 0
          assert.ok(chunk.size_bytes > next || chunk.size_bytes + next > MOST)
        }
      }),
    )
  })
})
