import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { columnsIn, masonry, neighbour, visibleTiles } from './layout.ts'

const three = { columns: 3, columnWidth: 100, gap: 10 }
const heights = (count: number): number[] => Array.from({ length: count }, (_, index) => 40 + ((index * 37) % 160))

describe('columns', () => {
  it('are as many as fit, and fill the width', () => {
    const sizes = { least: 240, gap: 16 }

    assert.deepEqual(columnsIn(320, sizes), { columns: 1, columnWidth: 320 })
    assert.deepEqual(columnsIn(496, sizes), { columns: 2, columnWidth: 240 })
    assert.deepEqual(columnsIn(495, sizes), { columns: 1, columnWidth: 495 })
    assert.deepEqual(columnsIn(0, sizes), { columns: 1, columnWidth: 0 })
    assert.equal(columnsIn(99_999, sizes).columns, 8)
  })
})

describe('a masonry', () => {
  it('puts each tile under the column that ends first', () => {
    const { tops, column, height } = masonry([100, 50, 80, 30, 30], three)

    assert.deepEqual([...column], [0, 1, 2, 1, 2])
    assert.deepEqual([...tops], [0, 0, 0, 60, 90])
    assert.equal(height, 120)
  })

  it('keeps the order of reading, and no two tiles overlap', () => {
    const layout = masonry(heights(500), three)

    const { tops, column } = layout
    for (let index = 1; index < 500; index += 1) assert.ok(tops[index]! >= tops[index - 1]!)
    const ends = [0, 0, 0]
    for (let index = 0; index < 500; index += 1) {
      assert.ok(tops[index]! >= ends[column[index]!]!)
      ends[column[index]!] = tops[index]! + layout.heights[index]! + 10
    }
  })

  it('of nothing has no height', () => {
    assert.equal(masonry([], three).height, 0)
    assert.deepEqual(visibleTiles(masonry([], three), { from: 0, to: 100 }), [])
  })
})

describe('the visible tiles', () => {
  it('are exactly those that reach into the view', () => {
    const layout = masonry(heights(500), three)
    for (const from of [-200, 0, 333, 5_000, layout.height - 50, layout.height + 500]) {
      const to = from + 700

      const seen = visibleTiles(layout, { from, to })

      const expected = [...layout.tops.keys()].filter(
        (index) => layout.tops[index]! < to && layout.tops[index]! + layout.heights[index]! > from,
      )
      assert.deepEqual(seen, expected)
    }
  })
})

describe('the neighbours of a tile', () => {
  it('are the next in reading to the sides, and those of the column above and below', () => {
    const layout = masonry([100, 50, 80, 30, 30], three)

    assert.equal(neighbour(layout, 0, 'right'), 1)
    assert.equal(neighbour(layout, 0, 'left'), undefined)
    assert.equal(neighbour(layout, 4, 'right'), undefined)
    assert.equal(neighbour(layout, 1, 'down'), 3)
    assert.equal(neighbour(layout, 3, 'up'), 1)
    assert.equal(neighbour(layout, 1, 'up'), undefined)
  })

  it('are never behind: below the end of a short column comes what reaches lower', () => {
    const layout = masonry([100, 50, 80, 30, 30], three)

    assert.equal(neighbour(layout, 3, 'down'), 4)
    assert.equal(neighbour(layout, 4, 'down'), undefined)
  })
})
