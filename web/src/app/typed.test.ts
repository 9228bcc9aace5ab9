import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asking, heard, type Typed, typedFrom } from './typed.ts'

const typing = (typed: Typed, text: string): Typed => ({ ...typed, text })

describe('a typed text that the address follows', () => {
  it('keeps what was typed while the address was on its way', () => {
    const typed = typing(asking(typing(typedFrom(''), 'te'), 'te'), 'tea')

    assert.equal(heard(typed, 'te').text, 'tea')
  })

  it('keeps it when the address comes late more than once, or leaves something out', () => {
    const typed = typing(asking(asking(typing(typedFrom(''), 't'), 't'), 'te'), 'tea')

    assert.equal(heard(heard(typed, 't'), 'te').text, 'tea')
    assert.deepEqual(heard(typed, 'te').asked, [])
  })

  it('becomes what the address becomes elsewhere, also what it once was', () => {
    const arrived = heard(asking(typing(typedFrom('milk'), 'tea'), 'tea'), 'tea')

    assert.deepEqual(heard(arrived, 'milk'), typedFrom('milk'))
  })

  it('keeps the space at its end, which the address leaves out', () => {
    assert.equal(heard(typing(typedFrom(''), 'tea '), 'tea').text, 'tea ')
  })
})
