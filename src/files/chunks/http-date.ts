const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const MONTH = `(?<month>${MONTHS.join('|')})`
const TIME = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})'

const FORMS = [
  new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\\d{2}) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  new RegExp(`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d{2})-${MONTH}-(?<year>\\d{2}) ${TIME} GMT$`),
  new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
]

/**
 * Reads the three date forms that every recipient must accept. A year of two digits is one from 1970 to 2069.
 *
 * @returns Milliseconds since 1970, whole seconds; undefined if `text` is no HTTP date.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 */
export const parseHttpDate = (text: string): number | undefined => {
  const groups = FORMS.map((form) => form.exec(text.trim())?.groups).find((found) => found !== undefined)
  if (groups === undefined) return undefined
  const field = (name: string) => Number(groups[name])
  const [day, hour, minute, second] = [field('day'), field('hour'), field('minute'), field('second')]
  const month = MONTHS.indexOf(groups.month ?? '')
  const moment = new Date(Date.UTC(fullYear(field('year')), month, day, hour, minute, Math.min(second, 59)))
  if (moment.getUTCDate() !== day || hour > 23 || minute > 59 || second > 60) return undefined
  return moment.getTime()
}

const fullYear = (year: number): number => {
  if (year >= 100) return year
  return year < 70 ? 2000 + year : 1900 + year
}

/** @returns The form that is sent: `Sun, 06 Nov 1994 08:49:37 GMT`. */
export const toHttpDate = (moment: Date): string => moment.toUTCString()
