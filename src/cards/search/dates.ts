/** Moments in milliseconds; `from` belongs to it, `to` does not. */
export interface Period {
  readonly from: number
  readonly to: number
}

/** A date as a calendar has it. */
type Day = readonly [year: number, month: number, day: number]
type Days = readonly [first: Day, behindLast: Day]

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const MONTH =
  '(january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)'
const WEEKDAY = '(sunday|monday|tuesday|wednesday|thursday|friday|saturday)'
const UNIT = '(day|week|month|quarter|year)'
const NUMBERS = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
]
const COUNT = `(\\d{1,4}|an?|${NUMBERS.slice(1).join('|')})`

const day = (year: number, month: number, date: number): Day => {
  const moment = new Date(0)
  moment.setUTCFullYear(year, month - 1, date)
  return [moment.getUTCFullYear(), moment.getUTCMonth() + 1, moment.getUTCDate()]
}
const plus = ([year, month, date]: Day, days: number): Day => day(year, month, date + days)
const weekdayOf = ([year, month, date]: Day): number => new Date(Date.UTC(year, month - 1, date)).getUTCDay()

const STARTS: Readonly<Record<string, (today: Day, offset: number) => Day>> = {
  day: (today, offset) => plus(today, offset),
  // Weeks begin on Monday, as in ISO 8601.
  week: (today, offset) => plus(today, offset * 7 - ((weekdayOf(today) + 6) % 7)),
  month: ([year, month], offset) => day(year, month + offset, 1),
  quarter: ([year, month], offset) => day(year, (Math.floor((month - 1) / 3) + offset) * 3 + 1, 1),
  year: ([year], offset) => day(year + offset, 1, 1),
}
const unitAt = (unit: string, today: Day, offset: number): Days | undefined => {
  const start = STARTS[unit]
  return start === undefined ? undefined : [start(today, offset), start(today, offset + 1)]
}

type Rule = readonly [pattern: RegExp, read: (match: readonly string[], today: Day) => Days | undefined]
const rule = (pattern: string, read: Rule[1]): Rule => [new RegExp(`^${pattern}$`), read]

const one = (at: Day): Days => [at, plus(at, 1)]
const monthOf = (word: string): number => MONTHS.indexOf(word.slice(0, 3)) + 1
const countOf = (word: string): number => {
  if (/^an?$/.test(word)) return 1
  return /^\d/.test(word) ? Number(word) : NUMBERS.indexOf(word)
}

/** Only dates that exist: February has no 30th. */
const exact = (year: number, month: number, date: number): Days | undefined => {
  const at = day(year, month, date)
  return at[1] === month && at[2] === date && year > 0 ? one(at) : undefined
}
const wholeMonth = (year: number, month: number): Days | undefined =>
  month >= 1 && month <= 12 && year > 0 ? [day(year, month, 1), day(year, month + 1, 1)] : undefined
const lastSuch = (year: number, isAhead: boolean): number => (isAhead ? year - 1 : year)
const weekday = (word: string, today: Day, isBefore: boolean): Days => {
  const back = (weekdayOf(today) - WEEKDAYS.indexOf(word.slice(0, 3)) + 7) % 7
  return one(plus(today, -(back === 0 && isBefore ? 7 : back)))
}
/** The months, weeks or days that end with the present one. */
const past = (count: number, unit: string, today: Day): Days | undefined => {
  if (unit === 'day') return [plus(today, 1 - count), plus(today, 1)]
  if (unit === 'week') return [plus(today, 1 - 7 * count), plus(today, 1)]
  const months = count * ({ month: 1, quarter: 3, year: 12 }[unit] ?? 1)
  return [day(today[0], today[1] - months, today[2] + 1), plus(today, 1)]
}
const ago = (count: number, unit: string, today: Day): Days | undefined =>
  unit === 'day' || unit === 'week' ? one(plus(today, -count * (unit === 'week' ? 7 : 1))) : unitAt(unit, today, -count)

const RULES: readonly Rule[] = [
  rule('today', (_, today) => one(today)),
  rule('yesterday', (_, today) => one(plus(today, -1))),
  rule('tomorrow', (_, today) => one(plus(today, 1))),
  rule(`this ${UNIT}`, ([, unit = ''], today) => unitAt(unit, today, 0)),
  rule(`(?:last|previous) ${UNIT}`, ([, unit = ''], today) => unitAt(unit, today, -1)),
  rule(`past ${UNIT}`, ([, unit = ''], today) => past(1, unit, today)),
  rule(`(?:last|past|previous) ${COUNT} ${UNIT}s?`, ([, n = '', unit = ''], today) => past(countOf(n), unit, today)),
  rule(`${COUNT} ${UNIT}s? ago`, ([, n = '', unit = ''], today) => ago(countOf(n), unit, today)),
  rule(`(?:on )?${WEEKDAY}`, ([, word = ''], today) => weekday(word, today, false)),
  rule(`last ${WEEKDAY}`, ([, word = ''], today) => weekday(word, today, true)),
  rule(`(?:in )?${MONTH}`, ([, word = ''], [year, month]) =>
    wholeMonth(lastSuch(year, monthOf(word) > month), monthOf(word)),
  ),
  rule(`last ${MONTH}`, ([, word = ''], [year, month]) =>
    wholeMonth(lastSuch(year, monthOf(word) >= month), monthOf(word)),
  ),
  rule(`${MONTH} (\\d{4})`, ([, word = '', year]) => wholeMonth(Number(year), monthOf(word))),
  rule(`${MONTH} (\\d{1,2})(?:st|nd|rd|th)?,? (\\d{4})`, ([, word = '', date, year]) =>
    exact(Number(year), monthOf(word), Number(date)),
  ),
  rule(`(\\d{1,2})(?:st|nd|rd|th)? ${MONTH} (\\d{4})`, ([, date, word = '', year]) =>
    exact(Number(year), monthOf(word), Number(date)),
  ),
  rule(`${MONTH} (\\d{1,2})(?:st|nd|rd|th)?`, ([, word = '', date], [year, month, today]) => {
    const isAhead = monthOf(word) > month || (monthOf(word) === month && Number(date) > today)
    return exact(lastSuch(year, isAhead), monthOf(word), Number(date))
  }),
  rule('q([1-4])(?: (\\d{4}))?', ([, quarter, year], [thisYear, month]) => {
    const first = Number(quarter) * 3 - 2
    const of = year ? Number(year) : lastSuch(thisYear, first > month)
    return of > 0 ? [day(of, first, 1), day(of, first + 3, 1)] : undefined
  }),
  rule('(\\d{4}) q([1-4])', ([, year, quarter]) => {
    const first = Number(quarter) * 3 - 2
    return Number(year) > 0 ? [day(Number(year), first, 1), day(Number(year), first + 3, 1)] : undefined
  }),
  rule('(\\d{4})', ([, year]) =>
    Number(year) >= 1900 ? [day(Number(year), 1, 1), day(Number(year) + 1, 1, 1)] : undefined,
  ),
  rule('(\\d{4})[-/](\\d{1,2})', ([, year, month]) => wholeMonth(Number(year), Number(month))),
  rule('(\\d{4})[-/](\\d{1,2})[-/](\\d{1,2})', ([, year, month, date]) =>
    exact(Number(year), Number(month), Number(date)),
  ),
  rule('(\\d{1,2})/(\\d{1,2})/(\\d{4})', ([, month, date, year]) => exact(Number(year), Number(month), Number(date))),
]

const MOMENT = /^(\d{4}-\d{2}-\d{2}t\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(z|[+-]\d{2}:\d{2})?$/
const RANGES = [/^(.+?)\s*\.\.\s*(.+)$/, /^(?:from |between )?(.+?) (?:to|until|and|[-–—]) (.+)$/]

export interface Calendar {
  readonly nowMs: number
  /** A zone of the IANA database. */
  readonly timeZone: string
}

/**
 * Reads days as people say them in English, and as ISO 8601 writes them: `yesterday`, `last week`, `3 days ago`,
 * `january`, `q1 2025`, `2026-01-02`, `2026-01..2026-03`. Weeks begin on Monday; a month, a weekday or a quarter
 * without a year is the last one that has begun; `1/2/2026` is the second of January.
 *
 * @returns undefined for everything else.
 */
export const parsePeriod = (text: string, calendar: Calendar): Period | undefined => {
  const said = text
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, ' ')
  if (said.length > 60) return undefined
  const moment = MOMENT.exec(said)
  if (moment !== null) return ofMoment(moment[1] ?? '', moment[2], calendar)
  const read = parseDays(said, calendar) ?? parseDays(said.replaceAll('-', ' '), calendar)
  if (read !== undefined) return read
  for (const range of RANGES) {
    const [, first = '', last = ''] = range.exec(said) ?? []
    const [start, end] = [parseDays(first.trim(), calendar), parseDays(last.trim(), calendar)]
    if (start !== undefined && end !== undefined)
      return { from: Math.min(start.from, end.from), to: Math.max(start.to, end.to) }
  }
  return undefined
}

const parseDays = (said: string, calendar: Calendar): Period | undefined => {
  const today = dayAt(calendar.nowMs, calendar.timeZone)
  for (const [pattern, read] of RULES) {
    const match = pattern.exec(said)
    const days = match === null ? undefined : read(match, today)
    if (days !== undefined)
      return { from: startOf(days[0], calendar.timeZone), to: startOf(days[1], calendar.timeZone) }
  }
  return undefined
}

const ofMoment = (local: string, zone: string | undefined, { timeZone }: Calendar): Period | undefined => {
  const asUtc = Date.parse(`${local.toUpperCase()}${zone?.toUpperCase() ?? 'Z'}`)
  if (Number.isNaN(asUtc)) return undefined
  const from = zone === undefined ? inZone(asUtc, timeZone) : asUtc
  return { from, to: from + (/:\d{2}:\d{2}/.test(local) ? 1000 : 60_000) }
}

const formats = new Map<string, Intl.DateTimeFormat>()
const formatOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, calendar: 'iso8601', numberingSystem: 'latn', hourCycle: 'h23' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  })
  formats.set(timeZone, format)
  return format
}

/** What a clock on a wall of the zone shows, as if it were UTC. */
const wallOf = (ms: number, timeZone: string): number => {
  if (timeZone === 'UTC') return ms
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
}

/** The moment at which the clocks of the zone show it; twice, because the first guess may be of the other summer time. */
const inZone = (wall: number, timeZone: string): number => {
  const guess = wall - (wallOf(wall, timeZone) - wall)
  return wall - (wallOf(guess, timeZone) - guess)
}

const dayAt = (ms: number, timeZone: string): Day => {
  const wall = new Date(wallOf(ms, timeZone))
  return [wall.getUTCFullYear(), wall.getUTCMonth() + 1, wall.getUTCDate()]
}

const startOf = ([year, month, date]: Day, timeZone: string): number => {
  const moment = new Date(0)
  moment.setUTCFullYear(year, month - 1, date)
  return inZone(moment.getTime(), timeZone)
}

/** True for a name that the program can tell the time of. */
export const isTimeZone = (name: string): boolean => {
  try {
    return name.length <= 64 && formatOf(name) !== undefined
  } catch {
    return false
  }
}
