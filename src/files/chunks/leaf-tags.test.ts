import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isStoredLeaf, LEAF_TAG_BYTES, leafTag, newTagKey } from './leaf-tags.ts'

describe('leaf tags', () => {
  it('are those of AES-128-GCM with no plaintext, as its specification has them', () => {
    // Test case 1 of the specification: nothing at all under the key of zeros.
    const key = Buffer.alloc(16)

    const tag = leafTag(key, 0, [])

    assert.equal(tag.toString('hex'), '58e2fccefa7e3061367f1d57a4e7455a')
  })

  it('do not depend on how the bytes are cut', () => {
    const [key, bytes] = [newTagKey(), randomBytes(5000)]
    const cuts = fc.array(fc.nat(bytes.length), { maxLength: 12 })

    fc.assert(
      fc.property(cuts, (unsorted) => {
        const edges = [0, ...unsorted.toSorted((one, other) => one - other), bytes.length]
        const pieces = edges.slice(1).map((edge, at) => bytes.subarray(edges[at], edge))

        assert.deepEqual(leafTag(key, 3, pieces), leafTag(key, 3, [bytes]))
      }),
    )
  })

  it('fit nothing else: not one bit, length, place or key away', () => {
    const [tagKey, bytes] = [newTagKey(), randomBytes(400)]
    const leafTags = Buffer.concat([leafTag(tagKey, 0, [bytes]), leafTag(tagKey, 1, [bytes])])
    const chunk = { tagKey, leafTags }
    const others = [bytes.subarray(1), bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.alloc(1)]), Buffer.alloc(0)]

    const fits = [0, 1].map((leaf) => isStoredLeaf(chunk, leaf, bytes))
    const wrong = [
      ...others.map((other) => isStoredLeaf(chunk, 0, other)),
      ...Array.from({ length: 8 * bytes.length }, (_, bit) => isStoredLeaf(chunk, 0, flipped(bytes, bit))),
      ...Array.from({ length: 8 * LEAF_TAG_BYTES }, (_, bit) =>
        isStoredLeaf({ tagKey, leafTags: flipped(leafTags, bit) }, 0, bytes),
      ),
      isStoredLeaf({ tagKey, leafTags: leafTags.subarray(LEAF_TAG_BYTES) }, 0, bytes),
      isStoredLeaf({ tagKey: newTagKey(), leafTags }, 0, bytes),
    ]

    assert.deepEqual(fits, [true, true])
    assert.deepEqual(new Set(wrong), new Set([false]))
  })

  it('fit nothing when the key or the tags are cut off or gone', () => {
    const [tagKey, bytes] = [newTagKey(), randomBytes(400)]
    const leafTags = leafTag(tagKey, 0, [bytes])

    const answers = [
      ...Array.from({ length: LEAF_TAG_BYTES }, (_, length) =>
        isStoredLeaf({ tagKey, leafTags: leafTags.subarray(0, length) }, 0, bytes),
      ),
      isStoredLeaf({ tagKey, leafTags }, 1, bytes),
      isStoredLeaf({ tagKey: tagKey.subarray(1), leafTags }, 0, bytes),
      isStoredLeaf({ tagKey: Buffer.alloc(0), leafTags }, 0, bytes),
    ]

    assert.deepEqual(new Set(answers), new Set([false]))
  })
})

const flipped = (bytes: Buffer, bit: number): Buffer => {
  const changed = Buffer.from(bytes)
  changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return changed
}
