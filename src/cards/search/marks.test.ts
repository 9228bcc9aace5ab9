import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type MarkedCard, marksOfCard, periodsOf } from './marks.ts'

const PLAIN: MarkedCard = {
  ...{ type: 'text', createdAt: 0, isFavorited: false, tags: [], aiTags: [], title: null, description: null },
  ...{ notes: null, content: '', url: null, extracted: null, file: null },
}
const at = (day: string): number => Date.parse(`${day}T00:00:00Z`)

describe('the marks of a time', () => {
  it('are as few as decades, years and months can be', () => {
    const marks = periodsOf(at('1999-11-30'), at('2021-02-02'))

    const months = [1999 * 12 + 10, 1999 * 12 + 11, 2021 * 12, 2021 * 12 + 1].map((month) => `month ${month}`)
    assert.deepEqual(marks, [...months.slice(0, 2), 'decade 200', 'decade 201', 'year 2020', ...months.slice(2)])
  })

  it('are on every card that was saved in it', () => {
    const moment = fc.integer({ min: at('1960-01-01'), max: at('2110-01-01') })

    fc.assert(
      fc.property(moment, moment, moment, (...moments) => {
        const [from = 0, createdAt = 0, last = 0] = moments.toSorted((one, other) => one - other)
        const marks = marksOfCard({ ...PLAIN, createdAt })
        assert.ok(periodsOf(from, last + 1).some((mark) => marks.includes(mark)))
      }),
    )
  })
})
