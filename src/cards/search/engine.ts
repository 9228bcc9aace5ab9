import type { RawBuilder } from 'kysely'
import type { Db, SqlDialect } from '../../platform/db/index.ts'
import { readCandidates } from './candidates.ts'
import type { CardIndex } from './card-index.ts'
import { type Plan, planOf } from './conditions.ts'
import { type Matches, matchesIn } from './matches.ts'
import { type Node, type SearchQuery, type Words, wantedWords } from './node.ts'
import { type RankedTerm, rank } from './rank.ts'
import { type Correction, respell } from './respelling.ts'

/** Matches are counted one by one up to here. */
export const COUNTED_AT_MOST = 10_000

// Of so many of the newest matches, and of so many with a word in their title or tags, the best are found.
const CANDIDATES = 300
const MAX_TERMS = 8
const RARE_BELOW = 2000

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
  const best = bestIn(db, matches)

  const count = async (accountId: string, query: SearchQuery): Promise<{ plan: Plan; counted: number }> => {
    const plan = planOf(index, accountId, query)
    return { plan, counted: await matches.countUpTo(plan, plan.text, COUNTED_AT_MOST + 1) }
  }

  const respelt = (accountId: string, query: SearchQuery) => {
    const { scope } = query
    const anywhere = { ...planOf(index, accountId, { root: { is: 'all', of: [] }, scope }), isOfText: true }
    return respell(db, accountId, query, async (term) => (await matches.countUpTo(anywhere, term, 1)) > 0)
  }

  return {
    /**
     * Looks for cards. When nothing matches, words that the account does not have are taken for the nearest ones that it
     * has.
     */
    async find(accountId: string, asked: SearchQuery, sort: SearchSort = 'relevance', limit: number): Promise<Found> {
      let query = asked
      let corrections: readonly Correction[] = []
      let { plan, counted } = await count(accountId, query)
      const corrected = counted === 0 ? await respelt(accountId, query) : undefined
      if (corrected !== undefined) {
        ;[query, corrections] = corrected
        ;({ plan, counted } = await count(accountId, query))
      }
      const isRanked = sort === 'relevance' && wantedWords(query.root).length > 0
      const isWide = counted > COUNTED_AT_MOST
      const numbers = isRanked
        ? await best(plan, query.root, limit)
        : await matches.byAge(plan, isWide, sort === 'oldest' ? 'oldest' : 'newest', limit)
      return { numbers, total: Math.min(counted, COUNTED_AT_MOST), isExact: !isWide, query, corrections }
    },

    /** All that a search asks of a row of `cards`, as conditions for a list. */
    async conditions(accountId: string, query: SearchQuery): Promise<RawBuilder<boolean>[]> {
      const plan = planOf(index, accountId, query)
      const isWide = plan.text !== undefined && (await count(accountId, query)).counted > COUNTED_AT_MOST
      return [...plan.filters, ...matches.textCondition(plan, isWide)]
    },
  }
}

/** The best matches first. */
const bestIn = (db: Db, { newest, countUpTo }: Matches) => {
  const weighed = async (plan: Plan, terms: readonly Words[]): Promise<RankedTerm[]> => {
    if (terms.length === 1) return terms.map((term) => ({ term, cards: 1 }))
    const found: RankedTerm[] = []
    for (const term of terms) {
      const alone = { ...plan, marks: [], isOfText: true }
      found.push({ term, cards: await countUpTo(alone, term, RARE_BELOW) })
    }
    return found
  }

  return async (plan: Plan, root: Node, limit: number): Promise<number[]> => {
    const terms = wantedWords(root).slice(0, MAX_TERMS)
    const labelled = terms.map((term): Words => ({ ...term, field: 'label' }))
    const { text } = plan
    const first = await newest(plan, text, CANDIDATES)
    const labels = { is: 'any', of: labelled } as const
    const more =
      first.length < CANDIDATES || text === undefined
        ? []
        : await newest(plan, { is: 'all', of: [labels, ...(text.is === 'all' ? text.of : [text])] }, CANDIDATES)
    const ranked = rank(await readCandidates(db, [...new Set([...first, ...more])]), await weighed(plan, terms))
    return ranked.slice(0, limit)
  }
}
