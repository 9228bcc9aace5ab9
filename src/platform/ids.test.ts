import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { newId, randomBase62, toBase62 } from './ids.ts'

describe('ids', () => {
  it('sort in the order in which they were made, and are never equal', () => {
    const ids = Array.from({ length: 10_000 }, () => newId('card'))

    assert.deepEqual([...ids].sort(), ids)
    assert.equal(new Set(ids).size, ids.length)
    for (const id of ids.slice(0, 10)) assert.match(id, /^card_[0-9A-Za-z]{22}$/)
  })

  it('keep the order of numbers in base 62', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 62n ** 8n - 1n }), fc.bigInt({ min: 0n, max: 62n ** 8n - 1n }), (a, b) => {
        assert.equal(toBase62(a, 8) < toBase62(b, 8), a < b)
      }),
    )
  })

  it('draw every character about equally often', () => {
    const counts = new Map<string, number>()
    for (const character of randomBase62(62_000)) counts.set(character, (counts.get(character) ?? 0) + 1)

    assert.equal(counts.size, 62)
    for (const count of counts.values()) assert.ok(count > 800 && count < 1200, `${count}`)
  })
})
