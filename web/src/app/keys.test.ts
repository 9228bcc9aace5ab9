import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chordOf, isCharacterKey, type KeyPress, keySequence, showKeys } from './keys.ts'

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
})

describe('shortcuts', () => {
  it('are written the same on a Mac and elsewhere', () => {
    assert.equal(chordOf(press('k', { metaKey: true }), true), 'mod+k')
    assert.equal(chordOf(press('k', { ctrlKey: true }), false), 'mod+k')
    assert.equal(chordOf(press('k', { metaKey: true }), false), 'super+k')
  })

  it('go by the place of a letter where the layout is not Latin', () => {
    assert.equal(chordOf(press('п', { code: 'KeyG' }), false), 'g')
  })

  it('name a character that needs Shift by itself, and a letter with Shift', () => {
    assert.equal(chordOf(press('?', { shiftKey: true, code: 'Slash' }), false), '?')
    assert.equal(chordOf(press('J', { shiftKey: true, code: 'KeyJ' }), false), 'shift+j')
  })

  it('tell those that a voice could press from the others', () => {
    assert.deepEqual(['n', 'g f', '?', 'shift+j', 'mod+k', 'escape', 'mod+k s'].filter(isCharacterKey), [
      'n',
      'g f',
      '?',
      'shift+j',
    ])
  })

  it('are shown as on the keys', () => {
    assert.equal(showKeys('mod+k', true), '⌘K')
    assert.equal(showKeys('mod+k', false), 'Ctrl+K')
    assert.equal(showKeys('g f', false), 'G F')
  })
})

describe('a sequence of keys', () => {
  const known = new Set(['g f', 'f', 'n'])

  it('is complete with its last key', () => {
    const keys = keySequence()

    assert.deepEqual(keys.press('g', known, 0), { wait: true })
    assert.deepEqual(keys.press('f', known, 500), { complete: 'g f', wait: false })
    assert.deepEqual(keys.press('f', known, 600), { complete: 'f', wait: false })
  })

  it('is forgotten after a while, and by a key that does not belong to it', () => {
    const keys = keySequence()

    keys.press('g', known, 0)
    assert.equal(keys.press('f', known, 5_000).complete, 'f')
    keys.press('g', known, 6_000)
    assert.equal(keys.press('n', known, 6_100).complete, 'n')
    assert.equal(keys.press('x', known, 6_200).complete, undefined)
  })
})
