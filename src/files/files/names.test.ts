import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nameKey, numberedName, parseFileName } from './names.ts'

describe('file names', () => {
  it('have one key in every case and composition', () => {
    const same: [string, string][] = [
      ['STRASSE', 'straße'],
      ['caf\u00e9', 'CAFE\u0301'],
      ['ΟΔΟΣ', 'οδος'],
      ['ﬁle', 'FILE'],
      ['Ǆ', 'ǆ'],
    ]

    for (const [one, other] of same) assert.equal(nameKey(one), nameKey(other))
    assert.notEqual(nameKey('sıkı'), nameKey('siki'))
  })

  it('get a number before their extension and stay short enough', () => {
    assert.equal(numberedName('a.tar.gz', 2), 'a.tar (2).gz')
    assert.equal(numberedName('.profile', 1), '.profile (1)')
    assert.equal(numberedName('README', 10), 'README (10)')
    for (const name of ['😀'.repeat(255), `${'a'.repeat(250)}.jpeg`, `a.${'b'.repeat(253)}`]) {
      const numbered = numberedName(name, 1234)
      assert.equal([...numbered].length, 255)
      assert.equal(parseFileName(numbered), numbered)
    }
  })

  it('that are no text are refused as such', () => {
    for (const name of ['a\0b', '\ud800', 'a\udc00b']) {
      assert.throws(() => parseFileName(name), { code: 'INVALID_TEXT' })
    }
  })
})
