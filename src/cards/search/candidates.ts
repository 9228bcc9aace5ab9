import { sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import type { Candidate } from './rank.ts'

const READ_LENGTH = 3000

interface CandidateRow {
  readonly number: number
  readonly created_at: number
  readonly title: string
  readonly tags: string
  readonly url: string
  readonly description: string
  readonly notes: string
  readonly content: string
}

/** What of these cards takes part in their rank; of long texts the beginning. */
export const readCandidates = async (db: Db, numbers: readonly number[]): Promise<Candidate[]> => {
  if (numbers.length === 0) return []
  // Written out: numbers as parameters take a database longer to read than the cards.
  const { rows } = await sql<CandidateRow>`select number, created_at,
      coalesce(title, '') || ' ' || coalesce(file_name, '') as title,
      coalesce((select string_agg(name, ' ' order by position) from card_tags where card_tags.card_number = number), '') as tags,
      coalesce(url, '') as url,
      coalesce(description, '') || ' ' || coalesce(summary, '') || ' ' || case when card_ai.card_number is null then ''
        else coalesce((select string_agg(name, ' ' order by position) from card_ai_tags
          where card_ai_tags.card_number = number), '') end as description,
      substr(coalesce(notes, ''), 1, ${sql.lit(READ_LENGTH)}) as notes,
      substr(content, 1, ${sql.lit(READ_LENGTH)}) as content
    from cards left join card_ai on card_ai.card_number = number and card_ai.state = 'completed'
    where number in (${sql.join(numbers.map((number) => sql.lit(number)))})`.execute(db)
  return rows.map(({ number, created_at: createdAt, ...texts }) => ({ number, createdAt, texts }))
}
