import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { leafMemo } from './leaf-memo.ts'

describe('leaf memo', () => {
  const leaf = randomBytes(5000)
  const sha256 = hash('sha256', leaf, 'buffer')

  it('knows the bytes that were remembered, in one piece or in several, and no others', () => {
    const memo = leafMemo({ leaves: 16 })

    const before = memo.knows(sha256, leaf)
    memo.remember(sha256, [leaf.subarray(0, 1), leaf.subarray(1, 3333), leaf.subarray(3333)])

    assert.equal(before, false)
    assert.equal(memo.knows(sha256, leaf), true)
    assert.equal(memo.knows(sha256, leaf.subarray(0, 4999)), false)
    assert.equal(memo.knows(sha256, Buffer.concat([leaf, Buffer.alloc(1)])), false)
    assert.equal(memo.knows(randomBytes(32), leaf), false)
  })

  it('sees every single bit', () => {
    const memo = leafMemo({ leaves: 16 })
    memo.remember(sha256, [leaf])

    fc.assert(
      fc.property(fc.nat(leaf.length - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(leaf)
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << bit), at)
        return !memo.knows(sha256, changed)
      }),
    )
  })

  it('forgets when it is full, and never mistakes one leaf for another', () => {
    const memo = leafMemo({ leaves: 8 })
    const leaves = Array.from({ length: 200 }, () => randomBytes(64))
    const hashes = leaves.map((bytes) => hash('sha256', bytes, 'buffer'))

    for (const [index, bytes] of leaves.entries()) memo.remember(hashes[index] ?? assert.fail(), [bytes])

    const known = leaves.filter((bytes, index) => memo.knows(hashes[index] ?? assert.fail(), bytes))
    assert.ok(known.length > 0 && known.length <= 8)
    assert.equal(
      leaves.some((_, index) => memo.knows(hashes[index] ?? assert.fail(), randomBytes(64))),
      false,
    )
  })
})
