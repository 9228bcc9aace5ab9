import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { AppError } from '../../platform/errors.ts'
import { createLog } from '../../platform/log/index.ts'
import { BackendErrors, type ObjectHandle } from '../backends/backend.ts'
import { leafTag, newTagKey } from '../chunks/leaf-tags.ts'
import { chunkCache, type RemoteChunk } from './cache.ts'
import { tempFolder } from './stack.fixture.ts'

const LEAF_BYTES = 1000
const BYTES = randomBytes(2500)

const leavesOf = (bytes: Buffer): Buffer[] =>
  [0, 1, 2].map((leaf) => bytes.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES))

const setUp = async (t: TestContext, { maxBytes = 100_000 } = {}) => {
  const folder = await tempFolder()
  const cache = chunkCache({ folder: folder.path, maxBytes, log: createLog('silent') })
  t.after(async () => {
    await cache.close()
    await folder.remove()
  })
  const tagKey = newTagKey()
  const leafTags = Buffer.concat(leavesOf(BYTES).map((leaf, index) => leafTag(tagKey, index, [leaf])))
  const shape = { id: 'chunk_1', sizeBytes: BYTES.length, leafBytes: LEAF_BYTES, tagKey, leafTags }
  const copyOf = (copy: string, openAt: RemoteChunk['openAt']): RemoteChunk => ({ ...shape, copy, openAt })
  return { cache, copyOf }
}

async function* from(bytes: Buffer, position: number): AsyncIterable<Buffer> {
  yield* leavesOf(bytes.subarray(position))
}

const good: RemoteChunk['openAt'] = async (position) => from(BYTES, position)
const damaged: RemoteChunk['openAt'] = async (position) => from(Buffer.alloc(BYTES.length), position)

/** What came of a reader's first leaf: whether its bytes are right, or the code of the failure. */
const outcomeOf = async (opening: Promise<ObjectHandle>): Promise<unknown> => {
  const handle = await opening
  try {
    return (await handle.read(0, LEAF_BYTES)).equals(BYTES.subarray(0, LEAF_BYTES))
  } catch (error) {
    return error instanceof AppError ? error.code : error
  } finally {
    await handle.close()
  }
}

describe('the cache of chunks', () => {
  it('serves from another copy whoever comes while the fetch from a damaged one fails', async (t) => {
    const { cache, copyOf } = await setUp(t)
    const outcomes = [outcomeOf(cache.open(copyOf('far one', damaged)))]

    // Some board the fetch that is about to fail, some come when it has, and its file is still to be removed.
    for (let come = 0; come < 100; come += 1) {
      outcomes.push(outcomeOf(cache.open(copyOf('mirror one', good))))
      if (come % 4 === 0) await setImmediate()
    }

    const [ofDamaged, ...ofGood] = await Promise.all(outcomes)
    assert.deepEqual([ofDamaged, ...new Set(ofGood)], ['CHUNK_DAMAGED', true])
  })

  it('gives a reader the failure of the copy that he asked for, and of no other', async (t) => {
    const { cache, copyOf } = await setUp(t)
    const failing = (failure: AppError) => async () => {
      throw failure
    }

    const outcomes = await Promise.all([
      outcomeOf(cache.open(copyOf('far one', failing(new AppError(BackendErrors.BACKEND_UNAVAILABLE))))),
      outcomeOf(cache.open(copyOf('mirror one', failing(new AppError(BackendErrors.OBJECT_MISSING))))),
    ])

    assert.deepEqual(outcomes, ['BACKEND_UNAVAILABLE', 'OBJECT_MISSING'])
  })

  it('serves each of the leaves that a reader waits for at once when the fetch of another copy fails', async (t) => {
    const { cache, copyOf } = await setUp(t)
    const far = await cache.open(copyOf('far one', damaged))
    const mirror = await cache.open(copyOf('mirror one', good))

    const [ofFar, ...leaves] = await Promise.all([
      far.read(0, LEAF_BYTES).catch((error: AppError) => error.code),
      ...[0, 1].map((leaf) => mirror.read(leaf * LEAF_BYTES, LEAF_BYTES)),
    ])

    assert.equal(ofFar, 'CHUNK_DAMAGED')
    assert.deepEqual(leaves, leavesOf(BYTES).slice(0, 2))
    await Promise.all([far.close(), mirror.close()])
  })

  it('serves whoever comes when a fetch ends that everybody left and that has no room in the cache', async (t) => {
    const { cache, copyOf } = await setUp(t, { maxBytes: 10 })

    const outcomes = new Set<unknown>()
    for (let come = 0; come < 200; come += 1) {
      const handle = await cache.open(copyOf('far one', good))
      await handle.read(LEAF_BYTES, LEAF_BYTES)
      await handle.close()
      for (let turn = come % 10; turn > 0; turn -= 1) await setImmediate()
      outcomes.add(await outcomeOf(cache.open(copyOf('far one', good))))
    }

    assert.deepEqual([...outcomes], [true])
  })
})
