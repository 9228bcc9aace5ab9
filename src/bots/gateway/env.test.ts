import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseEnv } from './env.ts'
import { parseLiteral } from './python-literal.ts'

describe('the globals of .env', () => {
  it('are Python literals where they are some, and texts where not', () => {
    const found = parseEnv(`
# a comment
TITLE = "Shop" # the name
PRICE = 1_000
RATE=-2.5e3
OPEN = True
NOBODY = None
COLOR = #fff
SITE = https://example.org/#top # where
BIG = 12345678901234567890
PEOPLE = [1, 'two', (3, 4),] # some
MENU = {
    "tea": 2,  # hot
    'cake': {"price": 3},
}
__secret = 1
not an assignment
`)

    assert.deepEqual(found, {
      TITLE: 'Shop',
      PRICE: 1000,
      RATE: -2500,
      OPEN: true,
      NOBODY: null,
      COLOR: '',
      SITE: 'https://example.org/#top',
      BIG: { $int: '12345678901234567890' },
      PEOPLE: [1, 'two', [3, 4]],
      MENU: { tea: 2, cake: { price: 3 } },
    })
  })

  it('keep texts to the letter, with escapes, over lines and side by side', () => {
    assert.deepEqual(parseLiteral(`"a\\n\\x41\\u00e9\\U0001F600\\q" 'b'`), { value: 'a\nAé😀\\qb' })
    assert.deepEqual(parseLiteral(`'''one\n"two"'''`), { value: 'one\n"two"' })
  })

  it('read every JSON text of plain values as Python does, and never throw', () => {
    const plain = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string().filter((text) => JSON.stringify(text) === `"${text}"`),
        fc.integer(),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
    })).value
    fc.assert(fc.property(plain, (value) => assert.deepEqual(parseLiteral(JSON.stringify(value))?.value, value)))
    fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => void parseEnv(`A = ${text}`)))
  })
})
