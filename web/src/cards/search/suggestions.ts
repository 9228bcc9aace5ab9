import { KEYS, pillOf } from './pills.ts'

export interface Suggestion {
  /** What replaces the piece that is typed. */
  readonly insert: string
  readonly text: string
  /** Said behind it, such as how many cards. */
  readonly hint?: string
  readonly color?: string
  /** False for `tag:`, which wants a value. */
  readonly isWhole: boolean
}

export interface Known {
  readonly tags: readonly { readonly name: string; readonly count: number }[]
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  type: ['text', 'link', 'image', 'video', 'audio', 'document', 'palette', 'quote'],
  is: ['favorite', 'tagged', 'untagged'],
  in: ['trash', 'everywhere'],
  has: ['file', 'note', 'tag', 'color', 'text', 'link', 'image', 'title', 'description'],
  before: ['today', 'yesterday', 'last week', 'last month', 'last year'],
  after: ['today', 'yesterday', 'last week', 'last month', 'last year'],
  since: ['today', 'yesterday', 'last week', 'last month', 'last year'],
  until: ['today', 'yesterday', 'last week', 'last month', 'last year'],
  on: ['today', 'yesterday', 'this week', 'last week', 'last 7 days', 'this month', 'this year'],
  size: ['>1mb', '>10mb', '>100mb', '<100kb'],
  color: [
    'red',
    'orange',
    'yellow',
    'green',
    'teal',
    'cyan',
    'blue',
    'purple',
    'pink',
    'brown',
    'gray',
    'black',
    'white',
  ],
}

const MOST = 8
const LAST_PIECE = /(-?)(?:([A-Za-z]+):)?("[^"]*|[^\s"]*)$/

/** Where the last piece of a text begins: what a suggestion replaces. */
export const pieceStart = (text: string): number => LAST_PIECE.exec(text)?.index ?? text.length

/** How the piece that is being typed may go on. Nothing while nothing of it is there. */
export const suggestionsFor = (text: string, { tags }: Known): Suggestion[] => {
  const [, minus = '', key, raw = ''] = LAST_PIECE.exec(text) ?? []
  const value = raw.replaceAll('"', '').toLowerCase()
  if (key === undefined) {
    if (value.length === 0) return []
    const keys = KEYS.filter((name) => name.startsWith(value)).map((name) => ({
      ...{ insert: `${minus}${name}:`, text: `${minus}${name}:`, isWhole: false },
    }))
    const named = tags.filter(({ name }) => name.toLowerCase().startsWith(value))
    return [...keys, ...named.map((tag) => tagged(minus, 'tag', tag))].slice(0, MOST)
  }
  const name = key.toLowerCase()
  if (name === 'tag')
    return tags
      .filter((tag) => tag.name.toLowerCase().includes(value))
      .slice(0, MOST)
      .map((tag) => tagged(minus, name, tag))
  return (VALUES[name] ?? [])
    .filter((known) => known.includes(value) && known !== value)
    .slice(0, MOST + 5)
    .map((known) => ({
      insert: minus + pillOf(name, known),
      text: `${minus}${name}:${known}`,
      isWhole: true,
      ...(name === 'color' ? { color: known } : {}),
    }))
}

const tagged = (minus: string, key: string, { name, count }: Known['tags'][number]): Suggestion => ({
  insert: minus + pillOf(key, name),
  text: `${minus}${key}:${name}`,
  hint: String(count),
  isWhole: true,
})
