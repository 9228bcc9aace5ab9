/** A search as the box shows it: filters as pills, the rest as text. */
export interface Pills {
  readonly pills: readonly string[]
  readonly text: string
}

/** Keys that the grammar knows (docs/cards.md), those people use most first. */
export const KEYS = [
  ...['type', 'tag', 'is', 'in', 'has', 'before', 'after', 'on', 'size', 'color'],
  ...['title', 'url', 'notes', 'content', 'description', 'text', 'since', 'until'],
] as const
export type Key = (typeof KEYS)[number]

const FILTER = new RegExp(`^-?(?:${KEYS.join('|')}):(?:"[^"]+"|[^\\s"]+)$`, 'i')
const PIECE = /-?[A-Za-z]+:"[^"]*"?|-?"[^"]*"?|\S+/g
/** Where words hold filters together, taking one out would change what is looked for. */
const HELD = /(?:^|\s)(?:OR|AND|NOT|\||\|\||&|&&)(?:\s|$)|(?:^|\s)-?\(|\)(?:\s|$)/

/**
 * Takes the filters out of a search.
 *
 * @param isTyping The last piece may still grow, so it stays text.
 */
export const toPills = (query: string, isTyping = false): Pills => {
  if (HELD.test(query)) return { pills: [], text: query }
  const pieces = query.match(PIECE) ?? []
  const growing = isTyping && !/\s$/.test(query) ? pieces.length - 1 : pieces.length
  const pills = pieces.filter((piece, index) => index < growing && FILTER.test(piece))
  if (pills.length === 0) return { pills, text: query }
  const rest = pieces.filter((piece, index) => index >= growing || !FILTER.test(piece))
  return { pills, text: rest.join(' ') + (isTyping && /\s$/.test(query) && rest.length > 0 ? ' ' : '') }
}

/** The search that pills and text stand for. The text comes last, for its last word may be the beginning of one. */
export const toQuery = ({ pills, text }: Pills): string => [...new Set(pills), text.trim()].filter(Boolean).join(' ')

/** Whether there is something to rank by, and not only filters. */
export const hasWords = (query: string): boolean => toPills(query).text.trim() !== ''

/** `tag:soup` as its two parts, for showing; the quotes are left out. */
export const pillParts = (pill: string): { readonly isNot: boolean; readonly key: string; readonly value: string } => {
  const isNot = pill.startsWith('-')
  const bare = isNot ? pill.slice(1) : pill
  const colon = bare.indexOf(':')
  return { isNot, key: bare.slice(0, colon).toLowerCase(), value: bare.slice(colon + 1).replaceAll('"', '') }
}

/** `key:value`, with quotes where the value needs them. */
export const pillOf = (key: string, value: string): string =>
  /\s/.test(value) ? `${key}:"${value}"` : `${key}:${value}`
