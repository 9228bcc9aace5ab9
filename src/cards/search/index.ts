import type { SqlDialect } from '../../platform/db/index.ts'
import type { CardIndex as FullTextIndex } from './card-index.ts'
import { type CardIndexing, cardIndexing } from './indexing.ts'
import { postgresIndex } from './search.postgres.ts'
import { sqliteIndex } from './search.sqlite.ts'

export { isTimeZone } from './dates.ts'
export { type Found, searchEngine } from './engine.ts'
export { highlightsOf, readLength } from './highlights.ts'
export { reindexCards } from './indexing.ts'
export type { SearchQuery } from './node.ts'
export { parseQuery } from './query.ts'
export type { Snippet } from './snippets.ts'
export { withFilters } from './with-filters.ts'

/** The index in which cards are found, and what keeps it at their state. */
export interface CardIndex extends CardIndexing {
  readonly dialect: SqlDialect
  readonly fullText: FullTextIndex
}

export const cardIndex = (dialect: SqlDialect): CardIndex => {
  const fullText = dialect === 'sqlite' ? sqliteIndex : postgresIndex
  return { dialect, fullText, ...cardIndexing(fullText) }
}
