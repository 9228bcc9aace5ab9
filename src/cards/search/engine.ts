import { type RawBuilder, sql } from 'kysely'
import type { Db, SqlDialect } from '../../platform/db/index.ts'
import type { CardIndex } from './card-index.ts'
import { type Plan, planOf } from './conditions.ts'
import { type Node, type SearchQuery, type Words, wantedWords } from './node.ts'
import { type Candidate, type RankedTerm, rank } from './rank.ts'
import { suggestions } from './spelling.ts'

/** Matches are counted one by one up to here. */
export const COUNTED_AT_MOST = 10_000

// Of so many of the newest matches, and of so many with a word in their title or tags, the best are found.
const CANDIDATES = 300
const READ_LENGTH = 3000
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

export interface Correction {
  readonly word: string
  readonly instead: readonly string[]
}

export type SearchEngine = ReturnType<typeof searchEngine>

/** Finds cards by number. @param db Only read. */
export const searchEngine = (dialect: SqlDialect, index: CardIndex, db: Db) => {
  const every = (conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> =>
    sql.join([...conditions], sql` and `)

  /** From the index to the cards, or from the cards alone. */
  const source = (plan: Plan, text: Node | undefined): RawBuilder<unknown> => {
    if (text === undefined) return sql`from cards where ${every(plan.filters)}`
    const found = index.condition({ ...plan, text })
    // The index holds nothing but the account's cards in their place, and the words are all that is asked.
    if (plan.isOfText) return sql`from card_search where ${found}`
    return sql`from card_search ${index.join} cards on cards.number = ${index.number}
      where ${found} and ${every(plan.filters)}`
  }
  const numberOf = (text: Node | undefined): RawBuilder<number> =>
    text === undefined ? sql`cards.number` : index.number

  const countUpTo = async (plan: Plan, text: Node | undefined, most: number): Promise<number> => {
    const rows = sql`select 1 as one ${source(plan, text)} limit ${sql.lit(most)}`
    const counted = await sql<{ count: number }>`select count(*) as count from (${rows}) as counted`.execute(db)
    return counted.rows[0]?.count ?? 0
  }

  const newest = async (plan: Plan, text: Node | undefined): Promise<number[]> => {
    const number = numberOf(text)
    const found = await sql<{ number: number }>`select ${number} as number ${source(plan, text)}
      order by ${number} desc limit ${sql.lit(CANDIDATES)}`.execute(db)
    return found.rows.map((row) => row.number)
  }

  const byAge = async (plan: Plan, isWide: boolean, sort: SearchSort, limit: number): Promise<number[]> => {
    const direction = sort === 'oldest' ? sql`asc` : sql`desc`
    const conditions = [...plan.filters, ...textCondition(plan, isWide)]
    const found = await sql<{ number: number }>`select cards.number from cards where ${every(conditions)}
      order by cards.created_at ${direction}, cards.id ${direction} limit ${sql.lit(limit)}`.execute(db)
    return found.rows.map(({ number }) => number)
  }

  /** True of the row of `cards` that has the words. */
  const textCondition = (plan: Plan, isWide: boolean): RawBuilder<boolean>[] => {
    if (plan.text === undefined) return []
    const found = index.condition(plan)
    // Of very many matches the newest are found sooner by asking card after card.
    if (isWide && dialect === 'sqlite')
      return [sql<boolean>`exists (select 1 from card_search where card_search.rowid = cards.number and ${found})`]
    return [sql<boolean>`cards.number in (select ${index.number} from card_search where ${found})`]
  }

  const best = async (plan: Plan, root: Node, limit: number): Promise<number[]> => {
    const terms = wantedWords(root).slice(0, MAX_TERMS)
    const labelled = terms.map((term): Words => ({ ...term, field: 'label' }))
    const { text } = plan
    const first = await newest(plan, text)
    const more =
      first.length < CANDIDATES || text === undefined
        ? []
        : await newest(plan, {
            is: 'all',
            of: [{ is: 'any', of: labelled }, ...(text.is === 'all' ? text.of : [text])],
          })
    const ranked = rank(await read([...new Set([...first, ...more])]), await weighed(plan, terms))
    return ranked.slice(0, limit)
  }

  const weighed = async (plan: Plan, terms: readonly Words[]): Promise<RankedTerm[]> => {
    if (terms.length === 1) return terms.map((term) => ({ term, cards: 1 }))
    const found: RankedTerm[] = []
    for (const term of terms) {
      const alone = { ...plan, marks: [], isOfText: true }
      found.push({ term, cards: await countUpTo(alone, term, RARE_BELOW) })
    }
    return found
  }

  const read = async (numbers: readonly number[]): Promise<Candidate[]> => {
    if (numbers.length === 0) return []
    const tags = await db
      .selectFrom('card_tags')
      .select(['card_number', 'name'])
      .where('card_number', 'in', [...numbers])
      .execute()
    const tagsOf = Map.groupBy(tags, ({ card_number }) => card_number)
    const rows = await db
      .selectFrom('cards')
      .select(['number', 'created_at', 'title', 'file_name', 'url', 'description', 'notes'])
      .select(sql<string>`substr(content, 1, ${sql.lit(READ_LENGTH)})`.as('content'))
      .where('number', 'in', [...numbers])
      .execute()
    return rows.map((row) => ({
      number: row.number,
      createdAt: row.created_at,
      texts: {
        title: [row.title, row.file_name].filter((name) => name !== null).join(' '),
        tags: (tagsOf.get(row.number) ?? []).map(({ name }) => name).join(' '),
        url: row.url ?? '',
        description: row.description ?? '',
        notes: row.notes?.slice(0, READ_LENGTH) ?? '',
        content: row.content,
      },
    }))
  }

  const count = async (accountId: string, query: SearchQuery): Promise<{ plan: Plan; counted: number }> => {
    const plan = planOf(index, accountId, query)
    return { plan, counted: await countUpTo(plan, plan.text, COUNTED_AT_MOST + 1) }
  }

  const respell = async (accountId: string, query: SearchQuery): Promise<[SearchQuery, Correction[]] | undefined> => {
    const corrections: Correction[] = []
    const plan = planOf(index, accountId, { root: { is: 'all', of: [] }, scope: query.scope })
    const has = async (term: Words): Promise<boolean> => (await countUpTo({ ...plan, isOfText: true }, term, 1)) > 0
    for (const term of wantedWords(query.root).slice(0, MAX_TERMS)) {
      const [word = ''] = term.words
      if (term.words.length > 1 || (await has(term))) continue
      const instead: string[] = []
      for (const known of await suggestions(db, accountId, word)) {
        if (await has({ ...term, words: [known], prefix: false })) instead.push(known)
      }
      if (instead.length > 0) corrections.push({ word, instead })
    }
    if (corrections.length === 0) return undefined
    return [{ ...query, root: replaceWords(query.root, corrections) }, corrections]
  }

  return {
    /**
     * Looks for cards. When nothing matches, words that the account does not have are taken for the nearest ones that it
     * has.
     */
    async find(accountId: string, asked: SearchQuery, sort: SearchSort | undefined, limit: number): Promise<Found> {
      let query = asked
      let corrections: readonly Correction[] = []
      let { plan, counted } = await count(accountId, query)
      const respelt = counted === 0 ? await respell(accountId, query) : undefined
      if (respelt !== undefined) {
        ;[query, corrections] = respelt
        ;({ plan, counted } = await count(accountId, query))
      }
      const isRanked = (sort ?? 'relevance') === 'relevance' && wantedWords(query.root).length > 0
      const isWide = counted > COUNTED_AT_MOST
      const numbers = isRanked
        ? await best(plan, query.root, limit)
        : await byAge(plan, isWide, sort ?? 'newest', limit)
      return { numbers, total: Math.min(counted, COUNTED_AT_MOST), isExact: !isWide, query, corrections }
    },

    /** All that a search asks of a row of `cards`, as conditions for a list. */
    async conditions(accountId: string, query: SearchQuery): Promise<RawBuilder<boolean>[]> {
      const plan = planOf(index, accountId, query)
      const isWide = plan.text !== undefined && (await count(accountId, query)).counted > COUNTED_AT_MOST
      return [...plan.filters, ...textCondition(plan, isWide)]
    },
  }
}

const replaceWords = (node: Node, corrections: readonly Correction[]): Node => {
  if (node.is === 'filter' || node.is === 'not') return node
  if (node.is !== 'words') return { is: node.is, of: node.of.map((one) => replaceWords(one, corrections)) }
  const instead = node.words.length === 1 ? corrections.find(({ word }) => word === node.words[0])?.instead : undefined
  if (instead === undefined) return node
  return { is: 'any', of: instead.map((word): Words => ({ ...node, words: [word], prefix: false })) }
}
