import { type RawBuilder, sql } from 'kysely'
import type { Db, SqlDialect } from '../../platform/db/index.ts'
import type { CardIndex } from './card-index.ts'
import { planOf } from './conditions.ts'
import { type AgeOrder, matchesIn } from './matches.ts'
import { type Node, type SearchQuery, type Words, wantedWords } from './node.ts'
import { type RankedTerm, rank } from './rank.ts'
import { type Correction, respell } from './respelling.ts'

/** Matches are counted one by one up to here. */
export const COUNTED_AT_MOST = 2000

// Of so many of the newest matches, and of so many with a word in their title or tags, the best are found.
const CANDIDATES = 300
const MAX_TERMS = 8

export type SearchSort = 'relevance' | 'newest' | 'oldest'

export interface Found {
  /** Of the cards, in their order. */
  readonly numbers: readonly number[]
  readonly total: number
  /** False when there are more than `COUNTED_AT_MOST`. */
  readonly isExact: boolean
  /** What was looked for; not what was asked for when that was misspelt. */
  readonly query: SearchQuery
  readonly corrections: readonly Correction[]
}

export type SearchEngine = ReturnType<typeof searchEngine>

/** Finds cards by number. @param db Only read. */
export const searchEngine = (dialect: SqlDialect, index: CardIndex, db: Db) => {
  const matches = matchesIn(dialect, index, db)

  /** Which cards match, and of which of them the best are to be found. */
  const survey = async (accountId: string, query: SearchQuery, isRanked: boolean) => {
    const plan = planOf(index, accountId, query)
    const terms = isRanked ? wantedWords(query.root).slice(0, MAX_TERMS) : []
    const found = await matches.survey(plan, {
      most: COUNTED_AT_MOST + 1,
      newest: isRanked ? CANDIDATES : 0,
      labels: plan.text === undefined ? undefined : labelled(plan.text, terms),
      terms: terms.length > 1 ? terms : [],
    })
    return { ...found, plan, terms: terms.map((term, at): RankedTerm => ({ term, cards: found.terms[at] ?? 1 })) }
  }

  const respelt = (accountId: string, query: SearchQuery) => {
    const { scope } = query
    const anywhere = planOf(index, accountId, { root: { is: 'all', of: [] }, scope })
    return respell(db, accountId, query, (term) => matches.has(anywhere, term))
  }

  return {
    /**
     * Looks for cards. When nothing matches, words that the account does not have are taken for the nearest ones that it
     * has.
     */
    async find(accountId: string, asked: SearchQuery, sort: SearchSort = 'relevance', limit: number): Promise<Found> {
      const isRanked = sort === 'relevance' && wantedWords(asked.root).length > 0
      let query = asked
      let corrections: readonly Correction[] = []
      let found = await survey(accountId, query, isRanked)
      const corrected = found.count === 0 ? await respelt(accountId, query) : undefined
      if (corrected !== undefined) {
        ;[query, corrections] = corrected
        found = await survey(accountId, query, isRanked)
      }
      const { plan, count, candidates, terms } = found
      const isWide = count > COUNTED_AT_MOST
      const numbers = isRanked
        ? rank(candidates, terms).slice(0, limit)
        : await matches.byAge(plan, isWide, { sort: sort === 'oldest' ? 'oldest' : 'newest', limit })
      return { numbers, total: Math.min(count, COUNTED_AT_MOST), isExact: !isWide, query, corrections }
    },

    /** All that a page of a search asks of a row of `cards`, as conditions for a list in the same order. */
    async conditions(accountId: string, query: SearchQuery, order: AgeOrder): Promise<RawBuilder<boolean>[]> {
      const { isInIndex, filters } = planOf(index, accountId, query)
      if (!isInIndex) return [...filters]
      const { plan, count } = await survey(accountId, query, false)
      const numbers = await matches.byAge(plan, count > COUNTED_AT_MOST, order)
      return [numbers.length === 0 ? sql<boolean>`1 = 0` : sql<boolean>`cards.number in (${sql.join(numbers)})`]
    },
  }
}

/** The matches that have one of the terms in their title or tags. */
const labelled = (text: Node, terms: readonly Words[]): Node | undefined => {
  const labels = terms.map((term): Words => ({ ...term, field: 'label' }))
  const [label] = labels
  if (label === undefined) return undefined
  if (text.is === 'words' && text.field === undefined && labels.length === 1) return label
  return { is: 'all', of: [{ is: 'any', of: labels }, ...(text.is === 'all' ? text.of : [text])] }
}
