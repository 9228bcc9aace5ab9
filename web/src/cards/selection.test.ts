import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NOTHING, toggled } from './selection.ts'

const order = ['a', 'b', 'c', 'd', 'e']
const one = { stretch: false, order }
const upTo = { stretch: true, order }

describe('a selection', () => {
  it('takes items in and out one by one', () => {
    const both = toggled(toggled(NOTHING, 'a', one), 'c', one)

    assert.deepEqual([...both.ids], ['a', 'c'])
    assert.deepEqual([...toggled(both, 'a', one).ids], ['c'])
  })

  it('takes a stretch in, in both directions, and keeps what was there', () => {
    const first = toggled(NOTHING, 'd', one)

    assert.deepEqual([...toggled(first, 'b', upTo).ids].toSorted(), ['b', 'c', 'd'])
    assert.deepEqual([...toggled(toggled(first, 'a', one), 'b', upTo).ids].toSorted(), ['a', 'b', 'd'])
  })

  it('begins a stretch where it is when nothing was selected before', () => {
    assert.deepEqual([...toggled(NOTHING, 'b', upTo).ids], ['b'])
  })
})
