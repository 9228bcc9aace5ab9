import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pictureHeight, type Sized, shownLines, tileHeight } from './heights.ts'

const NOTE: Sized = {
  ...{ type: 'text', tags: [], hasPicture: false, hasSnippet: false },
  preview: { w: null, h: null, lines: 3, colors: [] },
}

describe('the height of a tile', () => {
  it('grows by lines, tags, a picture and what was found', () => {
    const plain = tileHeight(NOTE, 240, 1)

    assert.equal(tileHeight({ ...NOTE, preview: { ...NOTE.preview, lines: 4 } }, 240, 1) - plain, 20)
    assert.equal(tileHeight({ ...NOTE, tags: ['a', 'b'] }, 240, 1) - plain, 32)
    assert.equal(tileHeight({ ...NOTE, hasSnippet: true }, 240, 1) - plain, 44)
    assert.equal(tileHeight({ ...NOTE, hasPicture: true }, 240, 1) - plain, 126)
  })

  it('grows with the letters of the reader', () => {
    assert.ok(tileHeight(NOTE, 240, 2) > 1.9 * tileHeight(NOTE, 240, 1))
  })
})

describe('the height of a picture', () => {
  it('keeps its shape, unless it is very flat or very tall', () => {
    const heights = [
      pictureHeight({ w: 400, h: 300 }, 200),
      pictureHeight({ w: 4000, h: 10 }, 200),
      pictureHeight({ w: 10, h: 4000 }, 200),
      pictureHeight({ w: 0, h: 0 }, 200),
    ]

    assert.deepEqual(heights, [150, 60, 300, 105])
  })
})

describe('the lines of a tile', () => {
  it('are two at most for a name, and as many as it has for a text', () => {
    const preview = { ...NOTE.preview, lines: 9 }

    assert.equal(shownLines({ type: 'text', preview }), 9)
    assert.equal(shownLines({ type: 'link', preview }), 2)
    assert.equal(shownLines({ type: 'image', preview: { ...preview, lines: 0 } }), 1)
  })
})
