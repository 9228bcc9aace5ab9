import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Field, indexedWords, pairsOf, wordsOf } from './words.ts'

const card = (texts: Partial<Record<Field, string>>) =>
  indexedWords({ title: '', tags: '', url: '', description: '', notes: '', content: '', text: '', ...texts })

describe('wordsOf', () => {
  const cases: Record<string, string[]> = {
    'Crème brûlée, STRASSE Straße': ['creme', 'brulee', 'strasse', 'strasse'],
    'Ёлка ΟΔΟΣ İstanbul ﬁn': ['елка', 'οδοσ', 'istanbul', 'fin'],
    'https://example.org/a-b_c?d=1': ['https', 'example', 'org', 'a', 'b', 'c', 'd', '1'],
    '東京 タワー': ['東', '京', 'タ', 'ワ', 'ー'],
    'नमस्ते 한국어': ['नमस्ते', '한국어'],
    'party 🎉❤️!': ['party', '🎉', '❤'],
    '* " ( ) : ^ \' \\ -': [],
  }
  for (const [text, words] of Object.entries(cases)) {
    it(`cuts ${JSON.stringify(text)}`, () => assert.deepEqual(wordsOf(text), words))
  }

  it('gives words that come out of it unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const words = wordsOf(text)
        assert.deepEqual(wordsOf(words.join(' ')), words)
      }),
    )
  })

  it('gives words without anything that a query syntax uses', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) =>
        wordsOf(text).every((word) => !/[\s'"\\%_:*&|!<>()-]/.test(word)),
      ),
    )
  })

  it('cuts a word that is too long, and not within a character', () => {
    const [word] = wordsOf(`${'a'.repeat(99)}${'𝄞𐐷'.repeat(50)}`)

    assert.ok(word !== undefined && word.length <= 100 && word.isWellFormed())
  })
})

describe('pairsOf', () => {
  it('gives neighbours of scripts without spaces', () => {
    assert.deepEqual(pairsOf(wordsOf('東京タワ and tea')), ['東京', '京タ', 'タワ'])
  })
})

describe('indexedWords', () => {
  it('keeps every word of a long text that people write', () => {
    const text = Array.from({ length: 90_000 }, (_, index) => `w${index % 20_000}`).join(' ')

    assert.equal(card({ content: text }).content.length, 90_000)
  })

  it('cuts the end of a text of too many different words and keeps the tags', () => {
    const text = Array.from({ length: 90_000 }, (_, index) => `w${index}`).join(' ')

    const { content, tags } = card({ content: text, tags: 'late' })

    assert.ok(content.length > 60_000 && content.length < 90_000)
    assert.deepEqual(tags, ['late'])
  })
})
