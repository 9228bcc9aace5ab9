import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { linkOf, piecesOf } from './entities.ts'

describe('a text of Telegram', () => {
  it('is cut where entities begin and end, also within each other', () => {
    const pieces = piecesOf('one two three', [
      { type: 'bold', offset: 0, length: 7 },
      { type: 'italic', offset: 4, length: 3 },
    ])

    assert.deepEqual(
      pieces.map(({ text, inside }) => [text, ...inside.map(({ type }) => type)]),
      [['one ', 'bold'], ['two', 'bold', 'italic'], [' three']],
    )
  })

  it('is one piece without entities, and none without a text', () => {
    assert.equal(piecesOf('plain', []).length, 1)
    assert.equal(piecesOf('', []).length, 0)
  })

  it('leads to the web and nowhere else', () => {
    const linked = (url: string) => piecesOf('here', [{ type: 'text_link', offset: 0, length: 4, url }]).map(linkOf)

    assert.deepEqual(linked('https://example.org/'), ['https://example.org/'])
    assert.deepEqual(linked('javascript:alert(1)'), [undefined])
    assert.deepEqual(piecesOf('example.org', [{ type: 'url', offset: 0, length: 11 }]).map(linkOf), [
      'https://example.org',
    ])
  })
})
