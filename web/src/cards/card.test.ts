import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseCardsAddress } from './address.ts'
import { isShownIn, linesOfUrls, markedPieces, ownAddress, paletteText, safeLink, siteOf, titleOf } from './card.ts'

describe('a card on the page', () => {
  it('is called by its title, its file, its text or its address', () => {
    const card = {
      type: 'link',
      metadataTitle: null,
      content: '',
      url: 'https://www.example.org/a',
      fileName: null,
    } as const

    assert.equal(titleOf(card), 'example.org/a')
    assert.equal(titleOf({ ...card, metadataTitle: 'Soup' }), 'Soup')
    assert.equal(
      titleOf({ ...card, type: 'quote', content: '“Hunger is the best sauce.”\nCicero' }),
      'Hunger is the best sauce.',
    )
  })

  it('links pages only', () => {
    assert.equal(safeLink('https://example.org'), 'https://example.org')
    assert.equal(safeLink('javascript:alert(1)'), undefined)
    assert.equal(siteOf('https://www.example.org/x'), 'example.org')
    assert.equal(siteOf('no url'), '')
  })

  it('shows pictures from the host of the page', () => {
    assert.equal(ownAddress('https://elsewhere.example/v1/previews/p?expires=1'), '/v1/previews/p?expires=1')
  })
})

describe('pasted text', () => {
  it('is a list of addresses when each line is one, each once', () => {
    assert.deepEqual(linesOfUrls('https://a.example\n\nhttp://b.example/x\nhttps://a.example\n'), [
      'https://a.example',
      'http://b.example/x',
    ])
    assert.equal(linesOfUrls('https://a.example'), undefined)
    assert.equal(linesOfUrls('https://a.example and more'), undefined)
  })
})

describe('a palette', () => {
  it('is copied as a list or as a style sheet', () => {
    const colors = [
      { hex: '#264653', name: 'Deep Sea' },
      { hex: '#2a9d8f', name: null },
    ]

    assert.equal(paletteText(colors, 'hex'), '#264653, #2a9d8f')
    assert.equal(paletteText(colors, 'css'), ':root {\n  --deep-sea: #264653;\n  --color-2: #2a9d8f;\n}')
  })
})

describe('what a search has found', () => {
  it('is marked in the text, whatever the ranges are', () => {
    const shown = (ranges: [number, number][]) =>
      markedPieces('lentil soup', ranges).map(({ text, isFound }) => (isFound ? `[${text}]` : text))

    assert.deepEqual(shown([[7, 11]]), ['lentil ', '[soup]'])
    assert.deepEqual(shown([]), ['lentil soup'])
    assert.deepEqual(
      shown([
        [0, 6],
        [4, 8],
        [7, 99],
      ]),
      ['[lentil]', '[ s]', '[oup]'],
    )
  })
})

describe('a text that was found', () => {
  it('is marked in the tile when the tile shows that far', () => {
    const content = 'Red lentil soup'
    const found = { field: 'content' as const, text: 'lentil soup', ranges: [[7, 11]] as [number, number][] }

    assert.equal(isShownIn({ type: 'text', content }, found), true)
    assert.equal(isShownIn({ type: 'text', content: `${'word '.repeat(200)}lentil soup` }, found), false)
    assert.equal(isShownIn({ type: 'link', content }, found), false)
  })
})

describe('the address of the page', () => {
  it('keeps what makes sense', () => {
    assert.deepEqual(parseCardsAddress({ q: 2025, sort: 'best', card: 'card_1' }), { q: '2025', card: 'card_1' })
    assert.deepEqual(parseCardsAddress({ q: '', sort: 'oldest' }), { sort: 'oldest' })
  })
})
