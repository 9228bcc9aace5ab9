import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isSameIn } from './conflicts.ts'

it('a change is in conflict with another of the same field, and of no other', () => {
  const before = { notes: 'a', tags: ['x'], title: null }

  assert.equal(isSameIn({ notes: 'b' }, before, { ...before, title: 'found', tags: ['x', 'y'] }), true)
  assert.equal(isSameIn({ tags: ['z'] }, before, { ...before, tags: ['x', 'y'] }), false)
  assert.equal(isSameIn({ tags: ['z'] }, before, { ...before, tags: ['x'] }), true)
})
