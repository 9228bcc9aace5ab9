import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { markOf, PRESETS, presetOf, warningsOf } from './presets.ts'

const DAY_MS = 86_400_000
const at = (days: number): string => new Date(days * DAY_MS).toISOString()

describe('presets of keys', () => {
  it('are recognised in a choice of scopes', () => {
    assert.equal(presetOf(new Set(PRESETS.capture)), 'capture')
    assert.equal(presetOf(new Set(['cards:read'])), 'own')
  })

  it('are marked by area', () => {
    assert.deepEqual(
      [
        markOf(PRESETS.capture, 'files'),
        markOf(PRESETS.read, 'bots'),
        markOf(PRESETS.full, 'cards'),
        markOf(PRESETS.upload, 'bots'),
      ],
      ['w', 'r', 'rw', ''],
    )
  })
})

describe('warnings about keys', () => {
  const key = { status: 'active' as const, created_at: at(0), last_used_at: at(99), expires_at: null, uses_in_url: 0 }

  it('tell of keys that nobody has used for 90 days', () => {
    assert.deepEqual(warningsOf(key, 100 * DAY_MS), [])
    assert.deepEqual(warningsOf({ ...key, last_used_at: null }, 91 * DAY_MS), ['unused'])
  })

  it('tell of keys that end within a week or travel in addresses', () => {
    assert.deepEqual(warningsOf({ ...key, expires_at: at(105), uses_in_url: 1 }, 100 * DAY_MS), ['expiring', 'inUrl'])
  })

  it('say nothing of keys that are over', () => {
    assert.deepEqual(warningsOf({ ...key, status: 'revoked', last_used_at: null }, 500 * DAY_MS), [])
  })
})
