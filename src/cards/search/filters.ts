import { CARD_TYPES, type CardType } from '../cards/contract.ts'
import { parseColor } from '../palettes/color.ts'
import { HUES, NAMED_COLORS } from '../palettes/names.ts'
import { tagKey } from '../tags/repo.ts'
import { type Calendar, parsePeriod } from './dates.ts'
import { type Filter, HAS, type Has, type Node, type Scope } from './node.ts'
import type { Field } from './words.ts'

/** What `key:value` asks for; a scope instead of a condition for the trash. */
export type Asked = { readonly node: Node } | { readonly scope: Scope } | { readonly field: Field }

type Read = (value: string, calendar: Calendar) => Asked | undefined

const filter = (filter: Filter): Asked => ({ node: { is: 'filter', filter } })
const not = (asked: Asked): Asked => ('node' in asked ? { node: { is: 'not', of: [asked.node] } } : asked)

const OTHER_TYPES: Readonly<Record<string, CardType>> = {
  note: 'text',
  url: 'link',
  bookmark: 'link',
  photo: 'image',
  picture: 'image',
  movie: 'video',
  sound: 'audio',
  doc: 'document',
  file: 'document',
  colors: 'palette',
  colours: 'palette',
}
const typeOf = (word: string): CardType | undefined => {
  const name = word.toLowerCase()
  const known = CARD_TYPES.find((type) => type === name || `${type}s` === name)
  return known ?? OTHER_TYPES[name] ?? OTHER_TYPES[name.replace(/s$/, '')]
}

const readType: Read = (value) => {
  const types = value.split(',').map(typeOf)
  const known = types.filter((type) => type !== undefined)
  return known.length === types.length ? filter({ by: 'type', types: known }) : undefined
}

const readTag: Read = (value) => {
  const keys = value
    .split(',')
    .map(tagKey)
    .filter((key) => key !== '')
  const nodes = keys.map((key): Node => ({ is: 'filter', filter: { by: 'tag', key } }))
  if (nodes.length === 0) return undefined
  return { node: nodes.length === 1 && nodes[0] ? nodes[0] : { is: 'any', of: nodes } }
}

const FAVORITE = /^(?:fav|favs|favou?rites?|favou?rited|starred)$/
const TRASHED = /^(?:trash|trashed|deleted|bin)$/

const readIs: Read = (value) => {
  const word = value.toLowerCase()
  if (FAVORITE.test(word)) return filter({ by: 'favorite', favorite: true })
  if (TRASHED.test(word)) return { scope: 'trash' }
  if (word === 'tagged') return filter({ by: 'has', what: 'tag' })
  if (word === 'untagged') return not(filter({ by: 'has', what: 'tag' }))
  const type = typeOf(word)
  return type === undefined ? undefined : filter({ by: 'type', types: [type] })
}

const readIn: Read = (value) => {
  const word = value.toLowerCase()
  if (TRASHED.test(word)) return { scope: 'trash' }
  if (/^(?:everywhere|anywhere|everything|all)$/.test(word)) return { scope: 'everywhere' }
  return FAVORITE.test(word) ? filter({ by: 'favorite', favorite: true }) : undefined
}

const OTHER_HAS: Readonly<Record<string, Has>> = {
  attachment: 'file',
  url: 'link',
  photo: 'image',
  picture: 'image',
  doc: 'document',
  palette: 'color',
  colour: 'color',
  fulltext: 'text',
}
const readHas: Read = (value) => {
  const word = value.toLowerCase().replace(/s$/, '')
  const what = HAS.find((name) => name === word) ?? OTHER_HAS[word]
  return what === undefined ? undefined : filter({ by: 'has', what })
}

const SIZE = /^(>=|<=|>|<|=)?\s*(\d{1,12}(?:\.\d{1,6})?)\s*(b|kb|mb|gb|tb|kib|mib|gib|k|m|g|t)?$/
const UNITS: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4 }

/** @returns Bytes; a kilobyte has 1024, as people mean it who look for large files. Never more than a database counts. */
const bytesOf = (amount: string, unit: string): number =>
  Math.min(Math.round(Number(amount) * 1024 ** (UNITS[unit.charAt(0)] ?? 0)), Number.MAX_SAFE_INTEGER - 1)

const readSize: Read = (value) => {
  const range = /^([^.<>=]+(?:\.\d+)?)\.\.([^<>=]+)$/.exec(value.toLowerCase())
  if (range !== null) {
    const [min, max] = [SIZE.exec(range[1] ?? ''), SIZE.exec(range[2] ?? '')]
    if (min === null || max === null) return undefined
    return filter({ by: 'size', min: bytesOf(min[2] ?? '', min[3] ?? ''), max: bytesOf(max[2] ?? '', max[3] ?? '') })
  }
  const match = SIZE.exec(value.toLowerCase())
  if (match === null) return undefined
  const [, sign = '>=', amount = '', unit = ''] = match
  const bytes = bytesOf(amount, unit)
  const step = { '>': bytes + 1, '<': bytes - 1 }[sign] ?? bytes
  if (sign === '=') return filter({ by: 'size', min: bytes, max: bytes })
  return filter(
    sign.startsWith('>') ? { by: 'size', min: step, max: undefined } : { by: 'size', min: undefined, max: step },
  )
}

const readColor: Read = (value) => {
  const word = value.toLowerCase()
  const hue = HUES.find((name) => name === (word === 'grey' ? 'gray' : word))
  const hex = hue === undefined ? (parseColor(word) ?? parseColor(`#${word}`)) : NAMED_COLORS.get(hue)?.hex
  return hex === undefined ? undefined : filter({ by: 'color', hex, hue })
}

const readDate =
  (toFilter: (from: number, to: number) => Filter): Read =>
  (value, calendar) => {
    const [, sign, rest = value] = /^(>=|<=|>|<)(.+)$/.exec(value) ?? []
    const period = parsePeriod(rest, calendar)
    if (period === undefined) return undefined
    const { from, to } = period
    if (sign === '>') return filter({ by: 'created', from: to, to: undefined })
    if (sign === '>=') return filter({ by: 'created', from, to: undefined })
    if (sign === '<') return filter({ by: 'created', from: undefined, to: from })
    if (sign === '<=') return filter({ by: 'created', from: undefined, to })
    return filter(toFilter(from, to))
  }

const readBefore = readDate((from) => ({ by: 'created', from: undefined, to: from }))
const readAfter = readDate((from) => ({ by: 'created', from, to: undefined }))
const readOn = readDate((from, to) => ({ by: 'created', from, to }))

const inField =
  (field: Field): Read =>
  (value) =>
    value === '' ? undefined : { field }

/** Every `key:` of the grammar. */
const READERS: Readonly<Record<string, Read>> = {
  type: readType,
  tag: readTag,
  tags: readTag,
  is: readIs,
  in: readIn,
  has: readHas,
  size: readSize,
  color: readColor,
  colour: readColor,
  before: readBefore,
  after: readAfter,
  since: readAfter,
  until: readDate((_, to) => ({ by: 'created', from: undefined, to })),
  on: readOn,
  date: readOn,
  created: readOn,
  title: inField('title'),
  url: inField('url'),
  site: inField('url'),
  description: inField('description'),
  notes: inField('notes'),
  note: inField('notes'),
  content: inField('content'),
  text: inField('text'),
}

/** @returns undefined when the key or the value is none of the grammar: then both are words like others. */
export const readFilter = (key: string, value: string, calendar: Calendar): Asked | undefined =>
  Object.hasOwn(READERS, key.toLowerCase()) ? READERS[key.toLowerCase()]?.(value.trim(), calendar) : undefined
