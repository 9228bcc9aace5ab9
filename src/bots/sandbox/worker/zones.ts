import { Buffer } from 'node:buffer'

/**
 * Time zones for Python's zoneinfo, which finds none in the sandbox: made from what Node knows of them, as the files
 * that zoneinfo reads.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8536 for the format.
 */
const FROM_MS = Date.UTC(1900, 0, 1)
const UNTIL_MS = Date.UTC(2050, 0, 1)
const NS = 1_000_000n

/** The locale whose short names are the ones that people of a zone write; numbers where there are none. */
const LOCALES = ['en-US', 'en-GB', 'en-IE', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ', 'en-CA']
/** Names in daily use that no English locale of ours abbreviates. */
const NAMES: { [zone: string]: string } = {
  'Europe/Moscow': 'MSK',
  'Asia/Tokyo': 'JST',
  'Asia/Seoul': 'KST',
  'Asia/Shanghai': 'CST',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Calcutta': 'IST',
  'Asia/Karachi': 'PKT',
  'Asia/Jakarta': 'WIB',
  'Africa/Lagos': 'WAT',
  'Africa/Nairobi': 'EAT',
}

interface Period {
  /** Seconds since 1970 at which it begins. */
  from: number
  offset: number
  isDst: boolean
  name: string
}

interface ZonedDateTime {
  readonly epochMilliseconds: number
  readonly offsetNanoseconds: number
  getTimeZoneTransition(direction: 'next'): ZonedDateTime | null
}
interface TemporalApi {
  ZonedDateTime: new (epochNanoseconds: bigint, zone: string) => ZonedDateTime
}

const numericName = (offset: number): string => {
  const minutes = Math.abs(Math.trunc(offset / 60))
  const two = (value: number) => String(value).padStart(2, '0')
  return `${offset < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}${minutes % 60 ? two(minutes % 60) : ''}`
}

const namer = (zone: string): ((ms: number, offset: number) => string) => {
  const own = NAMES[zone]
  if (own !== undefined) return () => own
  const formats = LOCALES.map((locale) => new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' }))
  const nameIn = (format: Intl.DateTimeFormat, ms: number) =>
    format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  // One locale for the whole zone, that names winter and summer both.
  const format = formats.find((each) =>
    [0, 6].every((month) => /^[A-Z]{3,5}$/.test(nameIn(each, Date.UTC(2025, month, 15)))),
  )
  return (ms, offset) => {
    const name = format === undefined ? '' : nameIn(format, ms)
    return /^[A-Z]{3,5}$/.test(name) ? name : numericName(offset)
  }
}

const periodsOf = (Temporal: TemporalApi, zone: string): Period[] => {
  const nameOf = namer(zone)
  const periods: Period[] = []
  let at: ZonedDateTime | null = new Temporal.ZonedDateTime(BigInt(FROM_MS) * NS, zone)
  while (at !== null && at.epochMilliseconds < UNTIL_MS) {
    const offset = at.offsetNanoseconds / 1e9
    const ms = at.epochMilliseconds
    const year = new Date(ms).getUTCFullYear()
    const noon = (month: number) => new Temporal.ZonedDateTime(BigInt(Date.UTC(year, month, 1)) * NS, zone)
    const standard = Math.min(noon(0).offsetNanoseconds, noon(6).offsetNanoseconds) / 1e9
    periods.push({ from: ms / 1000, offset, isDst: offset > standard, name: nameOf(ms + 60_000, offset) })
    at = at.getTimeZoneTransition('next')
  }
  return periods
}

/** One zone's file: version 2, with the old 32-bit part empty. */
const encodeZone = (periods: Period[]): Uint8Array => {
  const types = new Map<string, number>()
  const names = new Map<string, number>()
  let nameBytes = ''
  const typeRows: [number, boolean, number][] = []
  const indexes = periods.map(({ offset, isDst, name }) => {
    const key = `${offset} ${isDst} ${name}`
    if (!names.has(name)) {
      names.set(name, nameBytes.length)
      nameBytes += `${name}\0`
    }
    if (!types.has(key)) types.set(key, typeRows.push([offset, isDst, names.get(name)!]) - 1)
    return types.get(key)!
  })
  const transitions = periods.slice(1)
  const header = (times: number, kinds: number, chars: number): Uint8Array => {
    const bytes = new Uint8Array(44)
    bytes.set(new TextEncoder().encode('TZif2'))
    const view = new DataView(bytes.buffer)
    for (const [index, count] of [0, 0, 0, times, kinds, chars].entries()) view.setUint32(20 + index * 4, count)
    return bytes
  }
  const body = new Uint8Array(transitions.length * 9 + typeRows.length * 6)
  const view = new DataView(body.buffer)
  for (const [index, { from }] of transitions.entries()) view.setBigInt64(index * 8, BigInt(Math.trunc(from)))
  for (const [index, type] of indexes.slice(1).entries()) body[transitions.length * 8 + index] = type
  for (const [index, [offset, isDst, name]] of typeRows.entries()) {
    const at = transitions.length * 9 + index * 6
    view.setInt32(at, Math.trunc(offset))
    body[at + 4] = isDst ? 1 : 0
    body[at + 5] = name
  }
  const old = new Uint8Array([0, 0, 0, 0, 0, 0, 0])
  const last = periods.at(-1)!
  const footer = new TextEncoder().encode(`\n${posixZone(last)}\n`)
  const parts = [header(0, 1, 1), old, header(transitions.length, typeRows.length, nameBytes.length), body]
  return concat([...parts, new TextEncoder().encode(nameBytes), footer])
}

/** What holds after the last period, which is winter time for zones that change. */
const posixZone = ({ offset, name }: Period): string => {
  const seconds = Math.abs(Math.trunc(offset))
  const clock = [Math.trunc(seconds / 3600), Math.trunc(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
  return `<${name}>${offset > 0 ? '-' : ''}${clock}`
}

const concat = (parts: Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Older names that people still write, for zones that the list knows by a newer one. */
const ALIASES: { [alias: string]: string } = {
  'Asia/Kolkata': 'Asia/Calcutta',
  'Europe/Kyiv': 'Europe/Kiev',
  'Asia/Ho_Chi_Minh': 'Asia/Saigon',
  'Asia/Yangon': 'Asia/Rangoon',
  'Asia/Kathmandu': 'Asia/Katmandu',
  'America/Argentina/Buenos_Aires': 'America/Buenos_Aires',
  'US/Eastern': 'America/New_York',
  'US/Central': 'America/Chicago',
  'US/Mountain': 'America/Denver',
  'US/Pacific': 'America/Los_Angeles',
  'Etc/UTC': 'UTC',
  'Etc/GMT': 'UTC',
  GMT: 'UTC',
}

/**
 * @returns Every zone by name, its file in base64. Empty where Node has no Temporal (before 26): zoneinfo then knows
 * no zone but the ones that its user builds.
 */
export const makeZones = (): { [name: string]: string } => {
  const { Temporal } = globalThis as { Temporal?: TemporalApi }
  if (Temporal === undefined) return {}
  const zones: { [name: string]: string } = {}
  const add = (name: string, zone: string) => {
    zones[name] ??= Buffer.from(encodeZone(periodsOf(Temporal, zone))).toString('base64')
  }
  for (const zone of [...Intl.supportedValuesOf('timeZone'), 'UTC']) add(zone, zone)
  for (const [one, other] of Object.entries(ALIASES)) {
    const known = zones[one] ?? zones[other]
    if (known === undefined) continue
    zones[one] ??= known
    zones[other] ??= known
  }
  return zones
}
