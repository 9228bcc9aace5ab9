import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRecent, withRecent } from './recent.ts'

describe('what was opened last', () => {
  it('is told once, the newest first', () => {
    const list = withRecent(
      [
        { href: '/a', name: 'A' },
        { href: '/b', name: 'B' },
      ],
      { href: '/b', name: 'B2' },
    )

    assert.deepEqual(
      list.map(({ name }) => name),
      ['B2', 'A'],
    )
  })

  it('leaves out what is not its own, and addresses of other places', () => {
    const kept = JSON.stringify([{ href: 'https://example.org', name: 'x' }, { name: 'y' }, { href: '/a', name: 'A' }])

    assert.deepEqual(parseRecent(kept), [{ href: '/a', name: 'A' }])
    assert.deepEqual(parseRecent('{'), [])
  })
})
