import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contentOf, parseShared } from './shared.ts'

describe('what another app hands over', () => {
  it('is its link, wherever the app has put that', () => {
    assert.equal(contentOf({ title: 'Soup', url: 'https://example.org/soup' }), 'https://example.org/soup')
    assert.equal(contentOf({ title: 'Soup', text: 'https://example.org/soup' }), 'https://example.org/soup')
  })

  it('keeps words that stand beside the link', () => {
    assert.equal(contentOf({ text: 'for Sunday', url: 'https://example.org' }), 'for Sunday\n\nhttps://example.org')
  })

  it('is the text where there is no link', () => {
    assert.equal(contentOf({ title: 'Note', text: 'buy salt' }), 'Note\n\nbuy salt')
    assert.equal(contentOf(parseShared({ text: '  ', x: 1 })), '')
  })
})
