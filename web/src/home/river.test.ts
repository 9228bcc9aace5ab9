import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { greetingAt, type Item, river } from './river.ts'

const item = (id: string, at: number): Item => ({ id, area: 'files', name: id, about: '', href: '/', at })

describe('the river', () => {
  it('holds the newest of all areas, the newest first', () => {
    const shown = river([[item('a', 5), item('b', 1)], [item('c', 3)], []], 2)

    assert.deepEqual(
      shown.map(({ id }) => id),
      ['a', 'c'],
    )
  })
})

describe('the greeting', () => {
  it('follows the hour', () => {
    assert.deepEqual([0, 4, 5, 11, 12, 17, 18, 23].map(greetingAt), [
      ...['night', 'night', 'morning', 'morning'],
      ...['day', 'day', 'evening', 'evening'],
    ])
  })
})
