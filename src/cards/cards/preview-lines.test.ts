import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MOST_LINES, previewLines } from './preview-lines.ts'
import type { StoredCard } from './repo.ts'

const card = (values: Partial<StoredCard>): StoredCard => ({
  ...{ number: 1, id: 'card_1', type: 'text', content: '', url: null, notes: null, title: null, description: null },
  ...{ tags: [], isFavorited: false, createdAt: 0, updatedAt: 0, deletedAt: null, file: null },
  ...values,
})
const lines = (content: string): number => previewLines(card({ content }))

describe('the lines of a tile', () => {
  it('are those of the text, words kept whole', () => {
    assert.deepEqual(
      ['', '  \n', 'soup', 'a\nb\n', 'a\n\nb', `${'a'.repeat(30)} bread`, 'a'.repeat(100)].map(lines),
      [0, 0, 1, 2, 3, 2, 3],
    )
  })

  it('are more in a quote, whose letters are larger', () => {
    assert.equal(previewLines(card({ type: 'quote', content: 'Hunger is the best sauce there is' })), 2)
  })

  it('count letters of double width twice', () => {
    assert.deepEqual([lines('漢'.repeat(17)), lines('漢'.repeat(18))], [1, 2])
  })

  it('are never more than a tile shows, however long the text is', () => {
    assert.equal(lines('word '.repeat(100_000)), MOST_LINES)
    assert.equal(lines(`${'\n'.repeat(500)}x`), MOST_LINES)
  })

  it('are those of the title where the content is not shown', () => {
    const link = card({ type: 'link', url: 'https://example.org/', content: 'x\n'.repeat(9), title: 'One line' })

    assert.equal(previewLines(link), 1)
    assert.equal(previewLines(card({ type: 'link', url: 'https://example.org/' })), 1)
    assert.equal(previewLines(card({ type: 'image' })), 0)
  })
})
