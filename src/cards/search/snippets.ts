import { type SearchQuery, type Words, wantedWords } from './node.ts'
import { isUnspaced, wordsOf } from './words.ts'

/** A piece of a card's text in which a search has matched. */
export interface Snippet {
  readonly field: 'title' | 'content' | 'notes' | 'description' | 'text'
  readonly text: string
  /** Of the matches in `text`: where each begins and where it has ended, in UTF-16 code units. */
  readonly ranges: readonly (readonly [start: number, end: number])[]
}

export type SnippetTexts = Readonly<Record<Snippet['field'], string>>

const FIELDS = ['title', 'content', 'notes', 'description', 'text'] as const
const SNIPPET_LENGTH = 200
const BEFORE = 60
export const MAX_READ = 50_000
const MAX_RANGES = 20
const RUN = /[\p{L}\p{N}\p{M}]+|\p{Extended_Pictographic}/gu

/**
 * Where the words of a search stand in a card, field by field: the stretch of each around the first match. The text is
 * as it was written; who shows it marks the ranges, so nothing in it has to be escaped here.
 */
export const snippetsOf = (query: SearchQuery, texts: SnippetTexts): Snippet[] => {
  const terms = wantedWords(query.root)
  return FIELDS.flatMap((field) => {
    const wanted = terms.filter((term) => term.field === undefined || term.field === field)
    const ranges = matchesIn(texts[field].slice(0, MAX_READ), wanted)
    return ranges.length === 0 ? [] : [cut(field, texts[field], ranges)]
  })
}

interface Spot {
  readonly word: string
  readonly start: number
  readonly end: number
}

/** The words of a text, folded as in the index, with their places in what was written. */
const spotsOf = (text: string): Spot[] => {
  const spots: Spot[] = []
  for (const { 0: run, index } of text.matchAll(RUN)) {
    const words = wordsOf(run)
    if (words.length > 1 && words.some(isUnspaced)) spots.push(...charactersOf(run, index))
    else for (const word of words) spots.push({ word, start: index, end: index + run.length })
  }
  return spots
}

const charactersOf = (run: string, index: number): Spot[] => {
  let start = index
  return (run.match(/\P{M}\p{M}*/gu) ?? []).flatMap((character) => {
    const from = start
    start += character.length
    return wordsOf(character).map((word) => ({ word, start: from, end: from + character.length }))
  })
}

type Range = [start: number, end: number]

const matchesIn = (text: string, terms: readonly Words[]): Range[] => {
  if (text === '' || terms.length === 0) return []
  const spots = spotsOf(text)
  const ranges: Range[] = []
  for (let at = 0; at < spots.length && ranges.length < MAX_RANGES; at += 1) {
    const term = terms.find((one) => matches(one, spots, at))
    const [first, last] = [spots[at], spots[at + (term?.words.length ?? 1) - 1]]
    if (term === undefined || first === undefined || last === undefined) continue
    const before = ranges.at(-1)
    if (before !== undefined && first.start < before[1]) before[1] = Math.max(before[1], last.end)
    else ranges.push([first.start, last.end])
  }
  return ranges
}

const matches = ({ words, prefix }: Words, spots: readonly Spot[], at: number): boolean =>
  words.every((word, index) => {
    const found = spots[at + index]?.word
    return found === word || (prefix && index === words.length - 1 && found?.startsWith(word) === true)
  })

const cut = (field: Snippet['field'], text: string, ranges: readonly Range[]): Snippet => {
  const [first, firstEnd] = ranges[0] ?? [0, 0]
  const start = first <= BEFORE ? 0 : wordStart(text, first - BEFORE)
  const end = Math.max(firstEnd, wordEnd(text, Math.min(text.length, start + SNIPPET_LENGTH)))
  const inside = ranges.filter(([from, to]) => from >= start && to <= end)
  return {
    field,
    text: text.slice(start, end),
    ranges: inside.map(([from, to]) => [from - start, to - start] as const),
  }
}

const wordStart = (text: string, at: number): number => {
  const space = text.slice(at, at + 20).search(/\s/)
  const start = space < 0 ? at : at + space + 1
  return isInside(text, start) ? start + 1 : start
}

const wordEnd = (text: string, at: number): number => {
  const space = at >= text.length ? -1 : text.slice(at - 20, at).lastIndexOf(' ')
  const end = space < 0 ? at : at - 20 + space
  return isInside(text, end) ? end + 1 : end
}

/** True in the middle of a character of two units. */
const isInside = (text: string, at: number): boolean => /^[\udc00-\udfff]/.test(text.charAt(at))
