import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { draftStore } from './drafts.ts'

const storageOf = (values = new Map<string, string>()) => ({
  getItem: (key: string) => values.get(key) ?? null,
  setItem: (key: string, value: string) => void values.set(key, value),
  removeItem: (key: string) => void values.delete(key),
  key: (n: number) => [...values.keys()][n] ?? null,
  get length() {
    return values.size
  },
})

describe('drafts of commands', () => {
  it('outlive the page', () => {
    const kept = new Map<string, string>()
    draftStore(storageOf(kept)).write('1', '/start', { text: 'new', base: 'old' })

    const later = draftStore(storageOf(kept))

    assert.deepEqual(later.read('1', '/start'), { text: 'new', base: 'old' })
    assert.deepEqual(later.names('1'), new Set(['/start']))
    assert.deepEqual(later.names('2'), new Set())
  })

  it('are gone once they are dropped, and move with a new name', () => {
    const drafts = draftStore(storageOf())
    drafts.write('1', '/a', { text: 'x', base: '' })

    drafts.rename('1', '/a', '/b')
    const moved = drafts.read('1', '/b')
    drafts.drop('1', '/b')

    assert.equal(moved?.text, 'x')
    assert.equal(drafts.read('1', '/a'), undefined)
    assert.equal(drafts.read('1', '/b'), undefined)
  })

  it('stay on the page where the browser keeps nothing more', () => {
    const full = { ...storageOf(), setItem: () => assert.fail('full') }
    const drafts = draftStore({ ...full, length: 0 })

    drafts.write('1', '/a', { text: 'x', base: '' })

    assert.equal(drafts.read('1', '/a')?.text, 'x')
    assert.deepEqual(drafts.names('1'), new Set(['/a']))
  })

  it('are none where something else was written', () => {
    const drafts = draftStore(storageOf(new Map([['latchkey.draft 1 /a', '{"text": 5}']])))

    assert.equal(drafts.read('1', '/a'), undefined)
  })
})
