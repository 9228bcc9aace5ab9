import { type RawBuilder, sql } from 'kysely'
import type { SqlDialect } from '../../platform/db/index.ts'
import type { Candidate } from './rank.ts'

const READ_LENGTH = 3000

// One value of JSON for all of them: hundreds of rows take longer on their way, and to be made into objects, than to be found.
const JSON_OF: Readonly<Record<SqlDialect, readonly [list: RawBuilder<unknown>, all: RawBuilder<unknown>]>> = {
  sqlite: [sql`json_array`, sql`json_group_array`],
  postgres: [sql`json_build_array`, sql`json_agg`],
}

/**
 * What of cards takes part in their rank, for `toCandidates`; of long texts the beginning.
 *
 * @param from The rows of `cards`.
 */
export const candidatesOf = (dialect: SqlDialect, from: RawBuilder<unknown>): RawBuilder<string | null> => {
  const [list, all] = JSON_OF[dialect]
  return sql<string | null>`(select cast(${all}(${list}(cards.number, cards.created_at,
      coalesce(title, '') || ' ' || coalesce(file_name, ''),
      coalesce((select string_agg(name, ' ' order by position) from card_tags where card_tags.card_number = cards.number), ''),
      coalesce(url, ''),
      coalesce(description, '') || ' ' || coalesce(summary, '') || ' ' || case when card_ai.card_number is null then ''
        else coalesce((select string_agg(name, ' ' order by position) from card_ai_tags
          where card_ai_tags.card_number = cards.number), '') end,
      substr(coalesce(notes, ''), 1, ${sql.lit(READ_LENGTH)}),
      substr(content, 1, ${sql.lit(READ_LENGTH)}))) as text)
    ${from} left join card_ai on card_ai.card_number = cards.number and card_ai.state = 'completed')`
}

type CandidateList = readonly [
  number: number,
  createdAt: number,
  title: string,
  tags: string,
  url: string,
  description: string,
  notes: string,
  content: string,
]

export const toCandidates = (json: string | null | undefined): Candidate[] => {
  if (json == null) return []
  const lists: readonly CandidateList[] = JSON.parse(json)
  return lists.map(([number, createdAt, title, tags, url, description, notes, content]) => ({
    number,
    createdAt,
    texts: { title, tags, url, description, notes, content },
  }))
}
