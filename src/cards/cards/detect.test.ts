import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { detectType } from './detect.ts'

const CASES: Record<string, readonly string[]> = {
  link: [
    'https://example.org',
    '  https://example.org/a?b=c#d \n',
    'HTTP://EXAMPLE.ORG/report.pdf',
    'https://example.org/photo.png',
    'http://[::1]:8080/',
  ],
  quote: [
    '"Stay hungry, stay foolish."',
    '"Stay hungry, stay foolish." - Steve Jobs',
    '“Simplicity is prerequisite for reliability.”\n— Edsger Dijkstra',
    '«La vie est belle» (film)',
    '„Ende gut, alles gut“',
    '「花より団子」',
  ],
  palette: [
    '#264653 #2a9d8f #e9c46a',
    '#264653, #2a9d8f,\n#e9c46a',
    'Primary: #0a7d5a\nAccent: #ff8800\nInk #1b1b1f',
    ':root {\n  --brand: #0a7d5a;\n  --soft: rgb(10 125 90 / 20%);\n}',
    '{"50": "#fafafa", "100": "#f4f4f5"}',
    'hsl(200, 50%, 40%), rgba(1, 2, 3, 0.5)',
    '#ff8800',
    '#000000 #333333 #999999',
  ],
  text: [
    'meeting notes for Tuesday',
    'Buy red apples; orange juice; Tan lines',
    'red, green, blue',
    'call the snow removal company',
    'issue #123 fixed; see PR #4567',
    'see #123456, closes #234567 and then some more',
    '#123',
    '#cafe #face #dad',
    '`npm i`',
    '"a" and "b"',
    '"a" - "b"',
    '"key": "value"',
    "it's Tom's",
    'The accent is #ff8800 and the ink is #1b1b1f, says the brand guide',
    'see https://example.org/report.pdf',
    '(https://example.org)',
    'https://example.org https://example.com',
    'https://',
    'ftp://example.org',
    'javascript:alert(1)',
    '',
    '"',
    '""',
  ],
}

describe('detectType', () => {
  for (const [type, contents] of Object.entries(CASES)) {
    for (const content of contents) {
      it(`takes ${JSON.stringify(content)} for ${type}`, () => assert.equal(detectType(content).type, type))
    }
  }

  it('gives a link the address without the space around it', () => {
    assert.equal(detectType(' https://example.org/x \n').url, 'https://example.org/x')
  })

  it('answers for every string', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (content) => detectType(content).type.length > 0))
  })
})
