import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { searchedGrams } from './name-search.ts'

describe('the grams of a search', () => {
  it('lie side by side, and hold the letters on both sides of each gap', () => {
    assert.deepEqual(searchedGrams('report'), ['rep', 'ort'])
    assert.deepEqual(searchedGrams('reports'), ['rep', 'ort', 'rts'])
    assert.deepEqual(searchedGrams('draft report'), ['dra', 't r', 'rep', 'ort'])
    assert.deepEqual(searchedGrams('abc def'), ['abc', 'c d', 'def'])
  })

  it('are parts of the term, however short or full of gaps it is', () => {
    for (const term of ['abc', ' a ', '   ', 'a b c d', '𝒶𝒷𝒸 ', '  report', `${'long '.repeat(40)}end`])
      for (const gram of searchedGrams(term)) {
        assert.ok(term.includes(gram), `${gram} is not in ${term}`)
        assert.equal([...gram].length, 3)
      }
  })
})
