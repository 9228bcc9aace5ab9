import { type RawBuilder, sql } from 'kysely'
import type { Db, SqlDialect } from '../../platform/db/index.ts'
import type { Position } from '../../platform/http/cursor.ts'
import { isOwn } from '../owned.ts'
import { type CandidateLists, candidatesOf, toCandidates } from './candidates.ts'
import type { CardIndex, NumberRange } from './card-index.ts'
import type { Plan } from './conditions.ts'
import type { Node } from './node.ts'
import type { Candidate } from './rank.ts'

/** Words are rare that fewer cards have. */
export const RARE_BELOW = 2000
// Cards that pass narrow filters are looked at one by one, up to so many.
const NARROW = 2000
// Of how many of the newest cards those that match are found, before more are looked at.
const FIRST_CHUNK = 1000
const CHUNK_GROWTH = 4
// Of so many matches with the greatest numbers the newest are taken, as long as no other card is newer than these.
const GREATEST = 300
const NEWER = 50_000

const every = (conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> => sql.join([...conditions], sql` and `)
const toNumbers = (list: string | null | undefined): number[] => (list == null ? [] : list.split(',').map(Number))
const countName = (place: number): RawBuilder<unknown> => sql.ref(`count_${place}`)

/** The numbers of `from` by age. */
const listed = (from: RawBuilder<unknown>, direction: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`(select string_agg(cast(number as text), ',' order by created_at ${direction}, id ${direction}) from ${from})`

const isNeeded = (text: Node | undefined, term: Node): boolean =>
  text === term || (text?.is === 'all' && text.of.includes(term))

export interface AgeOrder {
  readonly sort: 'newest' | 'oldest'
  /** Only what comes behind this one. */
  readonly after?: Position | undefined
  readonly limit: number
}

/** What a survey is to find out. */
export interface Wish {
  /** Matches are counted up to here. */
  readonly most: number
  /** So many of the newest matches, and so many of those in which `labels` match too. */
  readonly newest: number
  readonly labels: Node | undefined
  /** How many cards have each of these, up to `RARE_BELOW`. */
  readonly terms: readonly Node[]
}

export interface Survey {
  readonly count: number
  readonly candidates: readonly Candidate[]
  readonly terms: readonly number[]
}

interface SurveyRow {
  readonly count: number
  readonly candidates: CandidateLists | string | null
  readonly [name: `count_${number}`]: number
}

export type Matches = ReturnType<typeof matchesIn>

/** What of a plan the database answers: how many cards match, and which are the newest or the oldest of them. */
export const matchesIn = (dialect: SqlDialect, index: CardIndex, db: Db) => {
  /** The rows of `cards` with the numbers of `found`, looked up one after the other, in that order. */
  const cardsOf = (found: RawBuilder<unknown>, filters: readonly RawBuilder<boolean>[]): RawBuilder<unknown> => {
    const own = every([sql<boolean>`cards.number = found.number`, ...filters])
    return dialect === 'sqlite'
      ? sql`from ${found} cross join cards on ${own}`
      : sql`from ${found} cross join lateral (select * from cards where ${own} offset 0) as cards`
  }

  const indexed = (plan: Plan, text: Node | undefined, within?: NumberRange): RawBuilder<unknown> => {
    const found = sql`(${index.matches({ ...plan, text }, within)}) as found`
    return plan.isOfIndex
      ? sql`select found.number from ${found}`
      : sql`select found.number ${cardsOf(found, plan.filters)}`
  }

  /** The numbers of what matches, the greatest first if an index of words gives them. */
  const source = (plan: Plan, text: Node | undefined): RawBuilder<unknown> =>
    text === undefined && !plan.isInIndex
      ? sql`select cards.number from cards where ${every(plan.filters)}`
      : indexed(plan, text)

  /** The same of the few cards that pass the filters. */
  const narrowed = (plan: Plan): RawBuilder<unknown> => {
    const few = sql`select cards.number from cards where ${every(plan.filters)} limit ${sql.lit(NARROW + 1)}`
    const range = { from: sql<number>`(select min(number) from few)`, to: sql<number>`(select max(number) from few)` }
    return sql`with few as materialized (${few}) select found.number
      from (${index.matches(plan, range)}) as found where found.number in (select number from few)`
  }

  // PostgreSQL gives them in this order, but does not know it and would sort them all.
  const greatestFirst = dialect === 'sqlite' ? sql`order by number desc` : sql``

  const isNarrow = async (plan: Plan): Promise<boolean> => {
    if (!plan.mayBeNarrow || !plan.isInIndex) return false
    const few = sql`select 1 as one from cards where ${every(plan.filters)} limit ${sql.lit(NARROW + 1)}`
    const counted = await sql<{ count: number }>`select count(*) as count from (${few}) as few`.execute(db)
    return (counted.rows[0]?.count ?? 0) <= NARROW
  }

  const ordered = ({ sort, after, limit }: AgeOrder) => {
    const [beyond, direction] = sort === 'newest' ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`]
    const page = sql`order by created_at ${direction}, id ${direction} limit ${sql.lit(limit)}`
    const place =
      after === undefined
        ? []
        : [sql<boolean>`(cards.created_at, cards.id) ${beyond} (${after.createdAt}, ${after.id})`]
    return { direction, page, place }
  }

  /**
   * The newest, when these are among those with the greatest numbers: cards get their numbers as they come, and only what
   * comes from elsewhere is older than that.
   *
   * @returns undefined when other cards may be newer.
   */
  const byNumber = async (plan: Plan, order: AgeOrder): Promise<number[] | undefined> => {
    const { page, place } = ordered(order)
    const { after, limit } = order
    const own = isOwn(plan.accountId, 'cards.account_id')
    const to = sql<number>`(select number from cards where id = ${after?.id} and ${isOwn(plan.accountId)})`
    const found = indexed(plan, plan.text, after && { to })
    const since = sql<boolean>`cards.created_at >= (select min(created_at) from page)`
    const isOther = [
      sql`number < (select min(number) from found)`,
      ...(after === undefined ? [] : [sql`number > ${to}`]),
    ]
    const { rows } = await sql<{ numbers: string | null; seen: number; others: number }>`with found as materialized (
        select number from (${found}) as matching ${greatestFirst} limit ${sql.lit(GREATEST)}),
      page as materialized (select cards.number, created_at, id ${cardsOf(sql`found`, [own, ...place])} ${page}),
      newer as materialized (select number, created_at, id from cards where ${every([...plan.filters, ...place, since])}
        order by created_at desc, id desc limit ${sql.lit(NEWER)})
      select ${listed(sql`page`, sql`desc`)} as numbers, (select count(*) from newer) as seen,
        (select count(*) from newer where (${sql.join(isOther, sql` or `)})
          and (created_at, id) > (select created_at, id from page order by created_at, id limit 1)) as others`.execute(
      db,
    )
    const [row] = rows
    const numbers = toNumbers(row?.numbers)
    return numbers.length === limit && (row?.seen ?? NEWER) < NEWER && row?.others === 0 ? numbers : undefined
  }

  /** Of the newest so many cards. @returns how many there were, and those that match in their order. */
  const inChunk = async (plan: Plan, order: AgeOrder, size: number) => {
    const { direction, page, place } = ordered(order)
    const chunk = sql`select number, created_at, id from cards where ${every([...plan.filters, ...place])}
      order by created_at ${direction}, id ${direction} limit ${sql.lit(size)}`
    const range = {
      from: sql<number>`(select min(number) from chunk)`,
      to: sql<number>`(select max(number) from chunk)`,
    }
    const { rows } = await sql<{ seen: number; numbers: string | null }>`with chunk as materialized (${chunk}),
      found as materialized (${index.matches(plan, range)}),
      page as materialized (select number, created_at, id from chunk where number in (select number from found) ${page})
      select (select count(*) from chunk) as seen, ${listed(sql`page`, direction)} as numbers`.execute(db)
    return { seen: rows[0]?.seen ?? 0, numbers: toNumbers(rows[0]?.numbers) }
  }

  const countOf = (plan: Plan, text: Node, most: number): RawBuilder<unknown> =>
    sql`(select count(*) from (
      select number from (${source(plan, text)}) as matching limit ${sql.lit(most)}) as counted)`

  return {
    /** In one question, because each takes longer on its way than many of these take to answer. */
    async survey(plan: Plan, { most, newest, labels, terms }: Wish): Promise<Survey> {
      const own = isOwn(plan.accountId, 'cards.account_id')
      const found = (await isNarrow(plan)) ? narrowed(plan) : source(plan, plan.text)
      const order = plan.isInIndex ? greatestFirst : sql``
      // Only an index of words gives the greatest numbers first.
      const all = !plan.isInIndex && newest > 0 ? sql`(${found}) as matching` : sql`found`
      const [limit, enough] = [sql.lit(newest), sql<boolean>`(select count(*) from found) >= ${sql.lit(newest)}`]
      const labelled =
        labels === undefined
          ? sql``
          : sql`union select number from (select number from (${source(plan, labels)}) as matching where ${enough}
              ${greatestFirst} limit ${limit}) as labelled`
      const picked = sql`(select number from (select number from ${all} order by number desc limit ${limit}) as newest
        ${labelled}) as found`
      const candidates = newest === 0 ? sql`null` : candidatesOf(dialect, cardsOf(picked, [own]))
      const alone = { ...plan, marks: [], isOfIndex: true }
      const counts = terms.map((term, place) => {
        const counted = countOf(alone, term, RARE_BELOW)
        // What every match has, no fewer cards have.
        const least = isNeeded(plan.text, term)
          ? sql`case when (select count(*) from found) >= ${sql.lit(RARE_BELOW)}
          then ${sql.lit(RARE_BELOW)} else ${counted} end`
          : counted
        return sql`, ${least} as ${countName(place)}`
      })
      const { rows } = await sql<SurveyRow>`
        with found as materialized (
          select number from (${found}) as matching ${order} limit ${sql.lit(most)})
        select (select count(*) from found) as count,
          ${candidates} as candidates ${sql.join(counts, sql``)}`.execute(db)
      const [row] = rows
      return {
        count: row?.count ?? 0,
        candidates: toCandidates(row?.candidates ?? null),
        terms: terms.map((_, place) => Number(row?.[`count_${place}`] ?? 0)),
      }
    },

    /** Whether any card of the plan's account and place has this. */
    async has(plan: Plan, text: Node): Promise<boolean> {
      const { rows } = await sql<{ count: number }>`select ${countOf(plan, text, 1)} as count`.execute(db)
      return rows[0]?.count === 1
    },

    /** @param isWide Whether very many match: these are found sooner by looking at the cards in their order. */
    async byAge(plan: Plan, isWide: boolean, order: AgeOrder): Promise<number[]> {
      if (isWide && plan.isInIndex) {
        const newest = order.sort === 'newest' ? await byNumber(plan, order) : undefined
        if (newest !== undefined) return newest
        for (let size = FIRST_CHUNK; ; size *= CHUNK_GROWTH) {
          const { seen, numbers } = await inChunk(plan, order, size)
          if (numbers.length >= order.limit || seen < size) return numbers
        }
      }
      const { page, place } = ordered(order)
      const filters = [...plan.filters, ...place]
      const found = plan.isInIndex ? sql`(${index.matches(plan)}) as found` : undefined
      const from = found === undefined ? sql`from cards where ${every(filters)}` : cardsOf(found, filters)
      const { rows } = await sql<{ number: number }>`select cards.number ${from} ${page}`.execute(db)
      return rows.map(({ number }) => number)
    },
  }
}
