import { type RawBuilder, sql } from 'kysely'
import type { Db, SqlDialect } from '../../platform/db/index.ts'
import type { CardIndex } from './card-index.ts'
import type { Plan } from './conditions.ts'
import type { Node } from './node.ts'

const every = (conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> => sql.join([...conditions], sql` and `)

export type Matches = ReturnType<typeof matchesIn>

/** What of a plan the database answers: how many cards match, and which are the newest or the oldest of them. */
export const matchesIn = (dialect: SqlDialect, index: CardIndex, db: Db) => {
  /** From the index to the cards, or from the cards alone. */
  const source = (plan: Plan, text: Node | undefined): RawBuilder<unknown> => {
    if (text === undefined) return sql`from cards where ${every(plan.filters)}`
    const found = index.condition({ ...plan, text })
    // The index holds nothing but the account's cards in their place, and the words are all that is asked.
    if (plan.isOfText) return sql`from card_search where ${found}`
    return sql`from card_search ${index.join} cards on cards.number = ${index.number}
      where ${found} and ${every(plan.filters)}`
  }

  /** True of the row of `cards` that has the words. @param isWide Whether very many have. */
  const textCondition = (plan: Plan, isWide: boolean): RawBuilder<boolean>[] => {
    if (plan.text === undefined) return []
    const found = index.condition(plan)
    // Of very many matches the newest are found sooner by asking card after card.
    if (isWide && dialect === 'sqlite')
      return [sql<boolean>`exists (select 1 from card_search where card_search.rowid = cards.number and ${found})`]
    return [sql<boolean>`cards.number in (select ${index.number} from card_search where ${found})`]
  }

  return {
    textCondition,

    /** @param text Instead of the plan's own. */
    async countUpTo(plan: Plan, text: Node | undefined, most: number): Promise<number> {
      const rows = sql`select 1 as one ${source(plan, text)} limit ${sql.lit(most)}`
      const counted = await sql<{ count: number }>`select count(*) as count from (${rows}) as counted`.execute(db)
      return counted.rows[0]?.count ?? 0
    },

    /** @param text Instead of the plan's own. */
    async newest(plan: Plan, text: Node | undefined, most: number): Promise<number[]> {
      const number = text === undefined ? sql<number>`cards.number` : index.number
      const found = await sql<{ number: number }>`select ${number} as number ${source(plan, text)}
        order by ${number} desc limit ${sql.lit(most)}`.execute(db)
      return found.rows.map((row) => row.number)
    },

    async byAge(plan: Plan, isWide: boolean, sort: 'newest' | 'oldest', limit: number): Promise<number[]> {
      const direction = sort === 'oldest' ? sql`asc` : sql`desc`
      const conditions = [...plan.filters, ...textCondition(plan, isWide)]
      const found = await sql<{ number: number }>`select cards.number from cards where ${every(conditions)}
        order by cards.created_at ${direction}, cards.id ${direction} limit ${sql.lit(limit)}`.execute(db)
      return found.rows.map(({ number }) => number)
    },
  }
}
