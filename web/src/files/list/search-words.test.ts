import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseSearch, searchText, without } from './search-words.ts'

describe('the words of a search', () => {
  it('are parts of a name, and conditions', () => {
    assert.deepEqual(parseSearch('tax  report type:document after:2026-01-01 in:here'), {
      term: 'tax report',
      type: 'document',
      after: '2026-01-01',
      here: true,
    })
  })

  it('are only looked for where a condition has no such value', () => {
    assert.deepEqual(parseSearch('type:nonsense after:yesterday 12:30'), {
      term: 'type:nonsense after:yesterday 12:30',
    })
  })

  it('come back as the text they were', () => {
    const text = 'holiday type:photo mime:image/ after:2025-06-01 before:2025-09-01 in:here'

    assert.equal(searchText(parseSearch(text)), text)
    assert.equal(searchText(without(parseSearch(text), 'after')), text.replace(' after:2025-06-01', ''))
  })
})
