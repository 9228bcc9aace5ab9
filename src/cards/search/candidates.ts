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
export const candidatesOf = (
  dialect: SqlDialect,
  from: RawBuilder<unknown>,
): RawBuilder<CandidateLists | string | null> => {
  const [list, all] = JSON_OF[dialect]
  return sql`(select ${all}(${list}(cards.number, cards.created_at,
      coalesce(title, '') || ' ' || coalesce(file_name, ''),
      coalesce((select string_agg(name, ' ' order by position) from card_tags where card_tags.card_number = cards.number), ''),
      coalesce(url, ''),
      coalesce(description, '') || ' ' || coalesce(summary, '') || ' ' || case when said.card_number is null then ''
        else coalesce((select string_agg(name, ' ' order by position) from card_ai_tags
          where card_ai_tags.card_number = cards.number), '') end,
      ${beginningOf('notes')}, ${beginningOf('content')}))
    ${from} left join (select card_number, summary from card_ai where state = 'completed') as said
      on said.card_number = cards.number)`
}

// To cut a short text, PostgreSQL walks through its letters nevertheless.
const beginningOf = (column: string): RawBuilder<string> => {
  const text = sql.ref(column)
  return sql`case when octet_length(${text}) > ${sql.lit(READ_LENGTH)}
    then substr(${text}, 1, ${sql.lit(READ_LENGTH)}) else coalesce(${text}, '') end`
}

/** As it comes from a driver that reads JSON; from others it is a text. */
export type CandidateLists = readonly CandidateList[]

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

export const toCandidates = (json: CandidateLists | string | null): Candidate[] => {
  const lists: CandidateLists = typeof json === 'string' ? JSON.parse(json) : (json ?? [])
  return lists.map(([number, createdAt, title, tags, url, description, notes, content]) => ({
    number,
    createdAt,
    texts: { title, tags, url, description, notes, content },
  }))
}
