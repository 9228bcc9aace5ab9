import type { Words } from './node.ts'
import { FIELDS, type Field, wordsOf } from './words.ts'

/** What of a card takes part in its rank. */
export interface Candidate {
  readonly number: number
  readonly createdAt: number
  readonly texts: Readonly<Record<Exclude<Field, 'text'>, string>>
}

/** A wanted word or phrase, and how many cards have it; beyond some thousands only that they are many. */
export interface RankedTerm {
  readonly term: Words
  readonly cards: number
}

// A match in the title counts for more than one in the tags, and so on.
const WEIGHT: Readonly<Record<Field, number>> = {
  title: 8,
  tags: 6,
  content: 4,
  notes: 3,
  url: 2.5,
  description: 2,
  text: 1,
}
// Lengths of ordinary cards, in words. Fixed, so that the rank of a card does not hang on the others'.
const USUAL_LENGTH: Readonly<Record<Field, number>> = {
  title: 8,
  tags: 3,
  content: 40,
  notes: 20,
  url: 8,
  description: 20,
  text: 1000,
}
const K1 = 1.2
const B = 0.6
const BEGINNING = 0.7
const TOGETHER = 1.15
const IN_LABEL = 1.2
const MANY_CARDS = 100_000

/**
 * The best first, then the newest: BM25F, in which a word counts once for the whole card, by the weights of its fields.
 * Done here and not by the databases, so that both give the same order.
 */
export const rank = (candidates: readonly Candidate[], terms: readonly RankedTerm[]): number[] =>
  candidates
    .map((candidate) => ({ candidate, score: scoreOf(candidate, terms) }))
    .sort(
      (one, other) =>
        other.score - one.score ||
        other.candidate.createdAt - one.candidate.createdAt ||
        other.candidate.number - one.candidate.number,
    )
    .map(({ candidate }) => candidate.number)

const scoreOf = ({ texts }: Candidate, terms: readonly RankedTerm[]): number => {
  const words = new Map<Field, string[]>()
  for (const field of FIELDS)
    if (field !== 'text' && texts[field].trim() !== '') words.set(field, wordsOf(texts[field]))
  const places = terms.map(({ term }) => placesOf(term, words))
  const scores = terms.map(({ term, cards }, index) => weigh(term, cards, places[index] ?? [], words))
  const isLabelled = places.every((found) => found.some(({ field }) => field === 'title' || field === 'tags'))
  const bonus = (isLabelled ? IN_LABEL : 1) * (areTogether(places) ? TOGETHER : 1)
  return round(scores.reduce((sum, score) => sum + score, 0) * bonus)
}

interface Place {
  readonly field: Field
  readonly at: number
  /** Less for the mere beginning of a word. */
  readonly weight: number
}

const placesOf = (term: Words, words: ReadonlyMap<Field, readonly string[]>): Place[] => {
  const places: Place[] = []
  for (const [field, list] of words) {
    if (term.field !== undefined && term.field !== field && term.field !== 'label') continue
    for (let at = 0; at <= list.length - term.words.length; at += 1) {
      const weight = matchAt(term, list, at)
      if (weight > 0) places.push({ field, at, weight })
    }
  }
  return places
}

const matchAt = ({ words, prefix }: Words, list: readonly string[], at: number): number => {
  const last = words.length - 1
  for (let index = 0; index < last; index += 1) if (list[at + index] !== words[index]) return 0
  const [found = '', wanted = ''] = [list[at + last], words[last]]
  if (found === wanted) return 1
  return prefix && found.startsWith(wanted) ? BEGINNING : 0
}

const weigh = (
  term: Words,
  cards: number,
  places: readonly Place[],
  words: ReadonlyMap<Field, readonly string[]>,
): number => {
  // It matched, but in none of the fields that were read: in what its file says, or far behind in a long text.
  if (places.length === 0) return (0.5 * WEIGHT.text) / (K1 + WEIGHT.text)
  const found = new Map<Field, number>()
  for (const { field, weight } of places) found.set(field, (found.get(field) ?? 0) + weight)
  let count = 0
  for (const [field, times] of found) {
    const length = words.get(field)?.length ?? 0
    count += (WEIGHT[field] * times) / (1 - B + B * (length / USUAL_LENGTH[field]))
  }
  const rarity = Math.log(1 + MANY_CARDS / (cards + 1))
  return (rarity * term.words.length ** 0.5 * count) / (K1 * WEIGHT.content + count)
}

const areTogether = (places: readonly (readonly Place[])[]): boolean =>
  places.length > 1 &&
  places
    .slice(1)
    .every((found, index) =>
      found.some(({ field, at }) =>
        places[index]?.some((before) => before.field === field && Math.abs(at - before.at) === 1),
      ),
    )

// Sums differ in their last digits by the order of fields.
const round = (score: number): number => Math.round(score * 1e6) / 1e6
