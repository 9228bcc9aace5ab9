import { sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import type {} from './tables.ts'

/** What models said of a card. */
export interface AiResults {
  readonly tags: readonly string[]
  readonly summary: string | null
  readonly transcript: string | null
}

/**
 * @param numbers Of cards.
 * @param more Without transcripts, which can be long, they are null.
 * @returns By number; cards of which no model said anything are not in it.
 */
export const aiResultsOf = async (
  db: Db,
  numbers: readonly number[],
  { transcripts = true }: { readonly transcripts?: boolean } = {},
): Promise<Map<number, AiResults>> => {
  if (numbers.length === 0) return new Map()
  const rows = await db
    .selectFrom('card_ai')
    .select(['card_number', 'summary'])
    .select(transcripts ? sql<string | null>`transcript`.as('transcript') : sql<null>`null`.as('transcript'))
    .where('card_number', 'in', [...numbers])
    .where('state', '=', 'completed')
    .execute()
  if (rows.length === 0) return new Map()
  const tags = await db
    .selectFrom('card_ai_tags')
    .select(['card_number', 'name'])
    .where(
      'card_number',
      'in',
      rows.map(({ card_number }) => card_number),
    )
    .orderBy('card_number')
    .orderBy('position')
    .execute()
  const tagsOf = Map.groupBy(tags, ({ card_number }) => card_number)
  return new Map(
    rows.map(({ card_number, summary, transcript }) => [
      card_number,
      { tags: (tagsOf.get(card_number) ?? []).map(({ name }) => name), summary, transcript },
    ]),
  )
}
