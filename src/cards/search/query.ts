import { wordsOf } from './words.ts'

/** Words that must stand next to each other; mostly one. With `prefix` the last may go on. */
export interface Term {
  readonly words: readonly string[]
  readonly prefix: boolean
}

/** What a card must have, all of it, and what it must not have. */
export interface SearchQuery {
  readonly wanted: readonly Term[]
  readonly unwanted: readonly Term[]
}

// So many words begin with one given letter that finding them all reads most of the index.
const MIN_PREFIX_LENGTH = 2

const PART = /(-?)(?:"([^"]*)("?)|([^\s"]+))/g

/**
 * Reads a search as people type it: words are all required, `"words in quotes"` stand together, `-word` and
 * `-"words"` exclude, and the last word, from two letters on, is taken as the beginning of one unless it is excluded or
 * closed by a quote.
 *
 * Every string is a search: what is no word, such as `*` or `(`, is passed over.
 *
 * @returns undefined when there is no word in it.
 */
export const parseQuery = (text: string): SearchQuery | undefined => {
  const wanted = new Map<string, Term>()
  const unwanted = new Map<string, Term>()
  for (const match of text.matchAll(PART)) {
    const [whole, minus, quoted, closing, bare] = match
    const words = wordsOf(quoted ?? bare ?? '')
    if (words.length === 0) continue
    const open = minus === '' && closing !== '"' && match.index + whole.length === text.trimEnd().length
    const prefix = open && (words.at(-1) ?? '').length >= MIN_PREFIX_LENGTH
    ;(minus === '' ? wanted : unwanted).set(`${words.join(' ')}${prefix ? '*' : ''}`, { words, prefix })
  }
  if (wanted.size + unwanted.size === 0) return undefined
  return { wanted: [...wanted.values()], unwanted: [...unwanted.values()] }
}
