import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { CHANNEL, collect, documentsIn, oneOf, telegramSetting } from './testing.ts'

/** A week of this Telegram's time, and a bit. */
const WEEK_MS = 8 * 24 * 3600

/** Three objects in a channel, two of which the database has forgotten and found again. */
const setUp = async (t: TestContext) => {
  const setting = await telegramSetting(t)
  const { backend, database } = setting
  const bytes = randomBytes(1000)
  for (const id of ['copy_kept', 'copy_stray', 'copy_named']) await backend.put(id, oneOf(bytes), bytes.length)
  await database.db.deleteFrom('telegram_objects').where('id', '<>', 'copy_kept').execute()
  await backend.explore(CHANNEL, 0)
  const age = () =>
    database.db
      .updateTable('telegram_objects')
      .set({ created_at: Date.now() - WEEK_MS })
      .execute()
  return {
    ...setting,
    bytes,
    age,
    documents: () => documentsIn(setting.place.emulator, setting.place.bots[0]?.id ?? 0, CHANNEL).length,
  }
}

describe('objects in a Telegram channel that belong to nothing', () => {
  it('are counted, and stay for a week', async (t) => {
    const { backend, documents } = await setUp(t)

    await backend.maintain()

    assert.deepEqual([(await backend.figures()).strays, documents()], [2, 3])
  })

  it('are deleted then, exactly those, and nothing that a file names after all', async (t) => {
    const { backend, database, bytes, age, documents } = await setUp(t)
    const blob = { id: 'blob_1', size_bytes: 1000, sha256: Buffer.alloc(32), backend: 'telegram', created_at: 1 }
    await database.db
      .insertInto('blobs')
      .values({ ...blob, state: 'healthy', replicas: 1, encrypted: 0, inline_bytes: null })
      .execute()
    const chunk = { id: 'chunk_1', blob_id: 'blob_1', position: 0, start_at: 0, size_bytes: 1000 }
    await database.db
      .insertInto('chunks')
      .values({ ...chunk, tag_key: Buffer.alloc(16), leaf_tags: Buffer.alloc(16) })
      .execute()
    await database.db
      .insertInto('chunk_copies')
      .values({
        chunk_id: 'chunk_1',
        backend: 'telegram',
        locator: 'copy_named',
        state: 'good',
        verified_at: 1,
        stored_bytes: 1000,
      })
      .execute()
    await age()

    await backend.maintain()
    await backend.maintain()

    const left = await Array.fromAsync(backend.list?.() ?? [])
    assert.deepEqual(left.map(({ locator }) => locator).sort(), ['copy_kept', 'copy_named'])
    assert.deepEqual([(await backend.figures()).strays, documents()], [0, 2])
    assert.ok((await collect(backend, 'copy_named', 0, 999)).equals(bytes))
  })

  it('are objects again when somebody puts them meanwhile', async (t) => {
    const { backend, bytes, age, documents } = await setUp(t)
    await backend.put('copy_stray', oneOf(bytes), bytes.length)
    await age()

    await backend.maintain()

    assert.ok((await collect(backend, 'copy_stray', 0, 999)).equals(bytes))
    assert.equal(documents(), 2)
  })
})
