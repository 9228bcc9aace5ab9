import type { Db, Tables } from '../../platform/db/index.ts'
import { Found, NOTHING_FOUND, type ProcessingState, Stages } from './tables.ts'

/** What is known of a card from processing it. */
export interface Processed {
  readonly state: ProcessingState
  readonly stages: Stages
  readonly found: Found
}

/** @param numbers Of cards. @returns By number; cards that need no processing are not in it. */
export const processedOf = async (db: Db, numbers: readonly number[]): Promise<Map<number, Processed>> => {
  if (numbers.length === 0) return new Map()
  const rows = await db
    .selectFrom('card_processing')
    .select(['card_number', 'state', 'stages', 'found'])
    .where('card_number', 'in', [...numbers])
    .execute()
  return new Map(rows.map((row) => [row.card_number, toProcessed(row)]))
}

type Columns = Pick<Tables['card_processing'], 'state' | 'stages' | 'found'>

export const toProcessed = ({ state, stages, found }: Columns): Processed => ({
  state,
  stages: Stages.parse(JSON.parse(stages)),
  found: found === null ? NOTHING_FOUND : Found.parse(JSON.parse(found)),
})
