import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parsePeriod } from './dates.ts'

// A Wednesday.
const NOW = Date.parse('2026-05-20T12:00:00Z')

const days = (text: string, timeZone = 'UTC'): string | undefined => {
  const period = parsePeriod(text, { nowMs: NOW, timeZone })
  if (period === undefined) return undefined
  const print = (ms: number): string => new Date(ms).toISOString().replace('T00:00:00.000Z', '')
  return `${print(period.from)} ${print(period.to)}`
}

describe('parsePeriod', () => {
  const cases: Record<string, string | undefined> = {
    today: '2026-05-20 2026-05-21',
    Yesterday: '2026-05-19 2026-05-20',
    'this week': '2026-05-18 2026-05-25',
    'last week': '2026-05-11 2026-05-18',
    'this month': '2026-05-01 2026-06-01',
    last_month: '2026-04-01 2026-05-01',
    'last-year': '2025-01-01 2026-01-01',
    'this quarter': '2026-04-01 2026-07-01',
    wednesday: '2026-05-20 2026-05-21',
    monday: '2026-05-18 2026-05-19',
    friday: '2026-05-15 2026-05-16',
    'last wednesday': '2026-05-13 2026-05-14',
    january: '2026-01-01 2026-02-01',
    december: '2025-12-01 2026-01-01',
    'last may': '2025-05-01 2025-06-01',
    'jan 2025': '2025-01-01 2025-02-01',
    'jan 5, 2026': '2026-01-05 2026-01-06',
    '5 january 2026': '2026-01-05 2026-01-06',
    'january 5': '2026-01-05 2026-01-06',
    'december 24': '2025-12-24 2025-12-25',
    'last 7 days': '2026-05-14 2026-05-21',
    'past two weeks': '2026-05-07 2026-05-21',
    'last 3 months': '2026-02-21 2026-05-21',
    '3 days ago': '2026-05-17 2026-05-18',
    'a week ago': '2026-05-13 2026-05-14',
    '2 months ago': '2026-03-01 2026-04-01',
    'q1 2025': '2025-01-01 2025-04-01',
    '2025-q4': '2025-10-01 2026-01-01',
    q3: '2025-07-01 2025-10-01',
    '2025': '2025-01-01 2026-01-01',
    '2025-02': '2025-02-01 2025-03-01',
    '2024-02-29': '2024-02-29 2024-03-01',
    '2025-02-29': undefined,
    '1/2/2026': '2026-01-02 2026-01-03',
    '2025-01..2025-03': '2025-01-01 2025-04-01',
    'from monday to today': '2026-05-18 2026-05-21',
    'jan 2025 - feb 2025': '2025-01-01 2025-03-01',
    '2026-01-02T03:04:05Z': '2026-01-02T03:04:05.000Z 2026-01-02T03:04:06.000Z',
    '2026-01-02T03:04+02:00': '2026-01-02T01:04:00.000Z 2026-01-02T01:05:00.000Z',
    birthday: undefined,
    'last soup': undefined,
    '': undefined,
    '0000': undefined,
  }
  for (const [text, period] of Object.entries(cases)) {
    it(`reads ${JSON.stringify(text)}`, () => assert.equal(days(text), period))
  }

  it('counts days by the clocks of the zone, in summer and winter', () => {
    assert.equal(days('today', 'Europe/Rome'), '2026-05-19T22:00:00.000Z 2026-05-20T22:00:00.000Z')
    assert.equal(days('2026-03-29', 'Europe/Rome'), '2026-03-28T23:00:00.000Z 2026-03-29T22:00:00.000Z')
    assert.equal(days('today', 'Pacific/Kiritimati'), '2026-05-20T10:00:00.000Z 2026-05-21T10:00:00.000Z')
  })

  it('answers for every string', () => {
    const word = fc.constantFrom(
      'last',
      'this',
      '7',
      'days',
      'ago',
      'may',
      '2025',
      'to',
      '..',
      '-',
      'q1',
      '99',
      '/',
      'monday',
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const period = parsePeriod(words.join(' '), { nowMs: NOW, timeZone: 'America/New_York' })
        assert.ok(period === undefined || period.from < period.to)
      }),
    )
  })
})
