import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toForm, toRule } from './rule-form.ts'

describe('a rule of storage', () => {
  it('comes back from its form as it was, with what the form does not show', () => {
    const rule = {
      min_bytes: 5_000_000,
      mime_types: ['image/', 'video/mp4'],
      folder_id: 'folder_1',
      backends: ['telegram', 'disk'],
    }

    assert.deepEqual(toRule(toForm({ ...rule, id: 'policy_1' }, 1)), rule)
  })

  it('has no limit where the field is empty or no number', () => {
    const form = toForm({ backends: ['disk'] }, 1)

    assert.deepEqual(toRule({ ...form, minMb: ' ', maxMb: 'much' }), { backends: ['disk'] })
    assert.deepEqual(toRule({ ...form, maxMb: '1,5' }), { max_bytes: 1_500_000, backends: ['disk'] })
  })
})
