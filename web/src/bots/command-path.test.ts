import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeName } from './command-path.ts'

describe('the name of a command in an address', () => {
  it('is what Node reads as base64url, for any name', () => {
    for (const name of ['/start', '*', 'Привет, мир', '🐢 turtles', '???>>>']) {
      const decoded = Buffer.from(encodeName(name), 'base64url').toString()

      assert.equal(decoded, name)
    }
  })

  it('needs no escaping', () => {
    assert.match(encodeName('ÿÿÿ???>>>~'), /^[\w-]+$/)
  })
})
