import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keyStep } from './key-step.ts'

const LIST = { at: 5, count: 20, perRow: 1, page: 8 }
const GRID = { at: 5, count: 20, perRow: 4, page: 8 }
const step = (key: string, list: typeof LIST): number | undefined => keyStep({ key }, list)

describe('keys in a list', () => {
  it('lead up, down, by a page, and to either end', () => {
    const keys = ['ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End']

    assert.deepEqual(
      keys.map((key) => step(key, LIST)),
      [6, 4, 13, 0, 0, 19],
    )
  })

  it('go sideways only where there is something beside', () => {
    assert.equal(step('ArrowRight', LIST), undefined)
    assert.deepEqual([step('ArrowRight', GRID), step('ArrowLeft', GRID), step('ArrowDown', GRID)], [6, 4, 9])
  })

  it('stay within the list', () => {
    assert.equal(step('ArrowDown', { ...GRID, at: 18 }), 19)
  })
})
