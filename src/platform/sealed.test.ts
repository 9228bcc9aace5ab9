import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSealer } from './sealed.ts'

const SECRET = 's'.repeat(43)

describe('sealed texts', () => {
  it('open again for what they were sealed for', () => {
    const sealer = createSealer(SECRET, 'bots')

    const sealed = sealer.seal('1:token ✓', 'bot:1')

    assert.equal(sealer.open(sealed, 'bot:1'), '1:token ✓')
    assert.equal(sealed.includes('token'), false)
    assert.notDeepEqual(sealer.seal('1:token ✓', 'bot:1'), sealed)
  })

  it('do not open elsewhere, under another key, or changed', () => {
    const sealer = createSealer(SECRET, 'bots')
    const sealed = sealer.seal('token', 'bot:1')

    assert.throws(() => sealer.open(sealed, 'bot:2'))
    assert.throws(() => createSealer(SECRET, 'files').open(sealed, 'bot:1'))
    assert.throws(() => createSealer('t'.repeat(43), 'bots').open(sealed, 'bot:1'))
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed)
      changed[index] = (changed[index] ?? 0) ^ 1
      assert.throws(() => sealer.open(changed, 'bot:1'))
    }
  })
})
