import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rowsInView } from './row-range.ts'

describe('rows in view', () => {
  it('are some dozens, wherever in a hundred thousand one is', () => {
    const list = { count: 100_000, rowHeight: 44, viewport: 900 }

    const ranges = [0, 10_000, 2_200_000, 4_400_000].map((top) => rowsInView({ ...list, top }))

    for (const { first, last } of ranges) assert.ok(last - first < 40, `${first} to ${last}`)
    assert.deepEqual(ranges.at(-1), { first: 99_992, last: 100_000 })
  })

  it('are none of an empty list, and all of a short one', () => {
    const view = { rowHeight: 44, top: 0, viewport: 900 }

    assert.deepEqual(rowsInView({ ...view, count: 0 }), { first: 0, last: 0 })
    assert.deepEqual(rowsInView({ ...view, count: 5 }), { first: 0, last: 5 })
  })

  it('begin at the first while a head above the rows is in sight', () => {
    assert.equal(rowsInView({ count: 50, rowHeight: 40, top: -36, viewport: 400 }).first, 0)
  })
})
