import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasWords, pillOf, pillParts, toPills, toQuery } from './pills.ts'
import { pieceStart, suggestionsFor } from './suggestions.ts'

describe('pills', () => {
  it('are the filters of a search, wherever they stand', () => {
    assert.deepEqual(toPills('type:link lentil tag:"to do" -in:trash soup'), {
      pills: ['type:link', 'tag:"to do"', '-in:trash'],
      text: 'lentil soup',
    })
  })

  it('leave words alone that only look like filters, and quoted ones', () => {
    for (const text of ['http://example.org', 'note: buy', '"type:link"', 'unknown:x', 'tag:'])
      assert.deepEqual(toPills(text), { pills: [], text })
  })

  it('are not taken out of what words hold together', () => {
    for (const text of ['tag:a OR tag:b', '(type:link soup)', 'NOT is:favorite'])
      assert.deepEqual(toPills(text), { pills: [], text })
  })

  it('wait for the end of what is typed', () => {
    assert.deepEqual(toPills('soup tag:foo', true), { pills: [], text: 'soup tag:foo' })
    assert.deepEqual(toPills('soup tag:foo ', true), { pills: ['tag:foo'], text: 'soup ' })
    assert.deepEqual(toPills('tag:"to d', true), { pills: [], text: 'tag:"to d' })
  })

  it('make the same search again, each once', () => {
    assert.equal(toQuery({ pills: ['type:link', 'type:link'], text: ' soup ' }), 'type:link soup')
    assert.equal(toQuery({ pills: [], text: '' }), '')
    assert.deepEqual([hasWords('type:link'), hasWords('type:link soup')], [false, true])
  })

  it('show their value without quotes, and are written with them where they are needed', () => {
    assert.deepEqual(pillParts('-tag:"to do"'), { isNot: true, key: 'tag', value: 'to do' })
    assert.deepEqual([pillOf('tag', 'to do'), pillOf('tag', 'soup')], ['tag:"to do"', 'tag:soup'])
  })
})

describe('suggestions', () => {
  const tags = [
    { name: 'soup', count: 3 },
    { name: 'to do', count: 1 },
  ]
  const texts = (typed: string) => suggestionsFor(typed, { tags }).map(({ text }) => text)

  it('are keys and tags that begin so', () => {
    assert.deepEqual(texts('lentil t'), ['type:', 'tag:', 'title:', 'text:', 'tag:to do'])
    assert.deepEqual(texts('-so'), ['-tag:soup'])
    assert.deepEqual(texts('lentil '), [])
  })

  it('are values of a key', () => {
    assert.deepEqual(texts('tag:'), ['tag:soup', 'tag:to do'])
    assert.deepEqual(texts('type:im'), ['type:image'])
    assert.deepEqual(texts('in:'), ['in:trash', 'in:everywhere'])
    assert.deepEqual(suggestionsFor('x on:"last 7', { tags })[0]?.insert, 'on:"last 7 days"')
  })

  it('take the place of the piece that is typed', () => {
    assert.equal(pieceStart('lentil -tag:so'), 7)
    assert.equal(pieceStart('x on:"last 7'), 2)
    assert.equal(pieceStart('lentil '), 7)
  })
})
