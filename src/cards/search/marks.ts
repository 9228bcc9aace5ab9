import type { CardType } from '../cards/contract.ts'
import { tagKey } from '../tags/repo.ts'
import type { Filter, Has, Node } from './node.ts'

/** What of a card is in the index besides its words, so that a search reads the entries that count only. */
export type Mark =
  | 'favorite'
  | `type ${string}`
  | `tag ${string}`
  | `has ${string}`
  | `size ${number}`
  | `month ${number}`
  | `year ${number}`
  | `decade ${number}`

/** A card as its marks are made of it. */
export interface MarkedCard {
  readonly type: CardType
  readonly createdAt: number
  readonly isFavorited: boolean
  /** What people call it. */
  readonly tags: readonly string[]
  /** What models call it. */
  readonly aiTags: readonly string[]
  readonly title: string | null
  readonly description: string | null
  readonly notes: string | null
  readonly content: string
  readonly url: string | null
  readonly extracted: string | null
  readonly file: { readonly name: string; readonly sizeBytes: number | null; readonly mimeType: string | null } | null
}

export const marksOfCard = (card: MarkedCard): Mark[] => {
  const month = monthAt(card.createdAt)
  const bytes = card.file?.sizeBytes ?? Buffer.byteLength(card.content)
  const marks: Mark[] = [
    ...(card.isFavorited ? (['favorite'] as const) : []),
    ...[...card.tags, ...card.aiTags].map((name): Mark => `tag ${tagKey(name)}`),
    ...hasOf(card).map((what): Mark => `has ${what}`),
    ...([`type ${card.type}`, `size ${bitsOf(bytes)}`] as const),
    ...([`month ${month}`, `year ${Math.floor(month / 12)}`, `decade ${Math.floor(month / 120)}`] as const),
  ]
  return [...new Set(marks)]
}

const hasOf = (card: MarkedCard): Has[] => {
  const { type, file } = card
  const isOf = (kind: string): boolean => type === kind || file?.mimeType?.startsWith(`${kind}/`) === true
  const has: readonly (readonly [Has, boolean])[] = [
    ['file', file !== null],
    ['link', card.url !== null],
    ['note', isWritten(card.notes)],
    ['image', isOf('image')],
    ['video', isOf('video')],
    ['audio', isOf('audio')],
    ['document', type === 'document'],
    ['tag', card.tags.length > 0],
    ['title', isWritten(card.title)],
    ['description', isWritten(card.description)],
    ['content', isWritten(card.content)],
    ['text', (card.extracted ?? '') !== ''],
  ]
  return has.flatMap(([what, it]) => (it ? [what] : []))
}

const isWritten = (text: string | null): boolean => /[^ ]/.test(text ?? '')

/** True of what the marks of a card decide; they change with it. Of moments and sizes they say less than the card does. */
export const isOfMarks = (node: Node): boolean => {
  if (node.is === 'any') return node.of.length > 0 && node.of.every(isOfMarks)
  if (node.is !== 'filter') return false
  const { filter } = node
  if (filter.by === 'has') return filter.what !== 'color'
  return filter.by === 'type' || filter.by === 'tag' || (filter.by === 'favorite' && filter.favorite)
}

/** Every card that passes has one of these; undefined where no marks tell. */
export const marksOfNode = (node: Node): Mark[] | undefined => {
  if (node.is === 'any') return isOfMarks(node) ? node.of.flatMap((one) => marksOfNode(one) ?? []) : undefined
  return node.is === 'filter' ? marksOfFilter(node.filter) : undefined
}

const marksOfFilter = (filter: Filter): Mark[] | undefined => {
  switch (filter.by) {
    case 'type':
      return filter.types.map((type): Mark => `type ${type}`)
    case 'tag':
      return [`tag ${filter.key}`]
    case 'favorite':
      return filter.favorite ? ['favorite'] : undefined
    case 'has':
      return filter.what === 'color' ? undefined : [`has ${filter.what}`]
    case 'size':
      return sizesOf(filter.min ?? 0, filter.max ?? Number.MAX_SAFE_INTEGER)
    case 'created':
      return periodsOf(filter.from ?? FIRST_MS, filter.to ?? LAST_MS)
    default:
      return undefined
  }
}

/** How many binary digits a number has. */
const bitsOf = (bytes: number): number => (bytes < 1 ? 0 : Math.floor(Math.log2(bytes)) + 1)

const sizesOf = (min: number, max: number): Mark[] => {
  const first = bitsOf(min)
  return Array.from({ length: Math.max(1, bitsOf(max) - first + 1) }, (_, more): Mark => `size ${first + more}`)
}

// What is before or after that counts for the first or the last month of it.
const FIRST_MS = 0
const LAST_MS = Date.UTC(2100, 0) - 1

/** Months from year 0 on, in UTC. */
const monthAt = (ms: number): number => {
  const at = new Date(Math.min(Math.max(ms, FIRST_MS), LAST_MS))
  return at.getUTCFullYear() * 12 + at.getUTCMonth()
}

/**
 * The decades, years and months that a time touches, as few as possible. @param to Does not belong to it.
 *
 * @returns Never none, so that a time without end is nobody's and not everybody's.
 */
export const periodsOf = (from: number, to: number): Mark[] => {
  const marks: Mark[] = []
  const last = monthAt(to - 1)
  let month = monthAt(from)
  do {
    const length = [120, 12].find((months) => month % months === 0 && month + months - 1 <= last) ?? 1
    marks.push(`${NAME_OF[length] ?? 'month'} ${month / length}`)
    month += length
  } while (month <= last)
  return marks
}

const NAME_OF: Readonly<Record<number, 'decade' | 'year'>> = { 120: 'decade', 12: 'year' }
