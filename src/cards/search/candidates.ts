import { sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import { aiResultsOf } from '../ai/results.ts'
import type { Candidate } from './rank.ts'

const READ_LENGTH = 3000

/** What of these cards takes part in their rank; of long texts the beginning. */
export const readCandidates = async (db: Db, numbers: readonly number[]): Promise<Candidate[]> => {
  if (numbers.length === 0) return []
  const tags = await db
    .selectFrom('card_tags')
    .select(['card_number', 'name'])
    .where('card_number', 'in', [...numbers])
    .execute()
  const tagsOf = Map.groupBy(tags, ({ card_number }) => card_number)
  const said = await aiResultsOf(db, numbers, { transcripts: false })
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
      description: [row.description, said.get(row.number)?.summary, ...(said.get(row.number)?.tags ?? [])]
        .filter((part) => part != null)
        .join(' '),
      notes: row.notes?.slice(0, READ_LENGTH) ?? '',
      content: row.content,
    },
  }))
}
