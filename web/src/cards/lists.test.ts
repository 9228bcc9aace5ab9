import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addToPages, changeInPages } from './lists.ts'

const card = (createdAt: number) => ({ id: `c${createdAt}`, createdAt, text: '' })
type Item = ReturnType<typeof card>
const list = (pages: number[][], more = true) => ({
  pages: pages.map((times, index) => ({
    items: times.map(card),
    nextCursor: more || index < pages.length - 1 ? 'next' : null,
  })),
  pageParams: pages.map(() => ''),
})
const times = ({ pages }: { pages: { items: readonly Item[] }[] }) =>
  pages.map(({ items }) => items.map(({ createdAt }) => createdAt))

describe('loaded pages of cards', () => {
  it('take new cards where they belong', () => {
    const added = addToPages(
      list([
        [9, 7],
        [5, 3],
      ]),
      [card(10), card(6), card(8)],
      'newest',
    )

    assert.deepEqual(times(added), [
      [10, 9, 8, 7],
      [6, 5, 3],
    ])
  })

  it('leave out what belongs behind them, and have every card once', () => {
    assert.deepEqual(times(addToPages(list([[9, 7]]), [card(1), card(9)], 'newest')), [[9, 7]])
    assert.deepEqual(times(addToPages(list([[9, 7]], false), [card(1)], 'newest')), [[9, 7, 1]])
    assert.deepEqual(times(addToPages(list([[]], false), [card(1)], 'newest')), [[1]])
    assert.deepEqual(times(addToPages(list([[3, 5]]), [card(4), card(9)], 'oldest')), [[3, 4, 5]])
  })

  it('change the cards that are meant, and lose those that go', () => {
    const before = list([[9, 7], [5]])

    const after = changeInPages(before, new Set(['c9', 'c7']), (item) =>
      item.id === 'c9' ? { ...item, text: 'x' } : undefined,
    )

    assert.deepEqual(after.pages[0]?.items, [{ ...card(9), text: 'x' }])
    assert.equal(after.pages[1], before.pages[1])
  })
})
