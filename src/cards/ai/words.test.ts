import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { excerptOf, parseInsight, toTranscript } from './words.ts'

describe('parseInsight', () => {
  const cases: Record<string, [answer: string, tags: string[], summary: string | null]> = {
    'a plain answer': ['{"tags":["soup","lentils"],"summary":"A soup."}', ['soup', 'lentils'], 'A soup.'],
    'an answer in a fence': ['Here:\n```json\n{"tags":["soup"],"summary":""}\n```', ['soup'], null],
    'an answer behind thoughts': ['<think>{"tags":["no"]}</think>{"tags":["yes"]}', ['yes'], null],
    'tags that are none': ['{"tags":[1,null,{},["x"],""," ","#a","a","A","own"]}', ['a'], null],
    'tags in too large a number': [JSON.stringify({ tags: [...'abcdefghij'] }), [...'abcdef'], null],
    'a tag that is too long': [JSON.stringify({ tags: ['x'.repeat(41), 'ok'] }), ['ok'], null],
    'signs that hide something': [
      '{"tags":["a\\u0000b\\n\\u202ec"],"summary":"one\\n\\ttwo\\u0007"}',
      ['a b c'],
      'one two',
    ],
    'a summary that is none': ['{"tags":[],"summary":{"a":1}}', [], null],
    'tags that are no list': ['{"tags":"soup","summary":"x"}', [], 'x'],
  }
  for (const [name, [answer, tags, summary]] of Object.entries(cases)) {
    it(`reads ${name}`, () => assert.deepEqual(parseInsight(answer, ['Own']), { tags, summary }))
  }

  it('refuses what is no answer', () => {
    for (const answer of ['', 'I cannot do that.', '[1]', '{', '{"tags":[', 'null'])
      assert.throws(() => parseInsight(answer, []), { code: 'AI_ODD' }, answer)
  })

  it('gives nothing beyond its measure, whatever is answered', () => {
    const answers = fc.record({
      tags: fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.jsonValue())),
      summary: fc.string({ unit: 'binary', maxLength: 2000 }),
    })
    fc.assert(
      fc.property(answers, (answer) => {
        const { tags, summary } = parseInsight(JSON.stringify(answer), ['own'])
        assert.ok(tags.length <= 6 && tags.every((tag) => tag.length <= 40 && tag.isWellFormed()))
        assert.ok(summary === null || (summary.length <= 500 && summary.isWellFormed()))
        assert.doesNotMatch(`${tags.join('')}${summary}`, /\p{Cc}/u)
      }),
    )
  })
})

describe('what a model is shown', () => {
  it('is the beginning and the end of a long text', () => {
    const excerpt = excerptOf(`begin ${'🎉'.repeat(10_000)} end`)

    assert.ok(excerpt.length < 6010 && excerpt.isWellFormed())
    assert.match(excerpt, /^begin .*end$/su)
  })
})

describe('toTranscript', () => {
  it('keeps words, and nothing of silence', () => {
    assert.deepEqual([toTranscript(' hello\0there '), toTranscript(' \n')], ['hello there', null])
    assert.equal(toTranscript('x'.repeat(300_000))?.length, 200_000)
  })
})
