import assert from 'node:assert/strict'
import { it } from 'node:test'
import { inBatches } from './index.ts'

it('rows come in order, in batches of few sizes', () => {
  const rows = Array.from({ length: 146 }, (_, index) => index)

  const batches = [...inBatches(rows)]

  assert.deepEqual(
    batches.map((batch) => batch.length),
    [64, 64, 8, 8, 1, 1],
  )
  assert.deepEqual(batches.flat(), rows)
})

it('no rows are no batch', () => {
  assert.deepEqual([...inBatches([])], [])
})
