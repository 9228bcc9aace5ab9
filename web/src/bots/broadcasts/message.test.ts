import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { filledIn, objectOf } from './message.ts'

describe('a broadcast before it is sent', () => {
  it('shows what one person would get, and leaves other braces', () => {
    assert.equal(filledIn('Hi {first_name}, {offer}'), 'Hi Ada, {offer}')
  })

  it('takes objects as parameters, and nothing else', () => {
    assert.deepEqual(objectOf('{"photo": "x"}'), { photo: 'x' })
    assert.deepEqual(objectOf(''), {})
    assert.equal(objectOf('[1]'), undefined)
    assert.equal(objectOf('{'), undefined)
  })
})
