import type { SqlDialect } from '../../platform/db/index.ts'
import type { CardIndex } from './card-index.ts'
import { postgresIndex } from './search.postgres.ts'
import { sqliteIndex } from './search.sqlite.ts'

export type { CardIndex } from './card-index.ts'
export { parseQuery, type SearchQuery } from './query.ts'
export { indexedWords } from './words.ts'

export const cardIndex = (dialect: SqlDialect): CardIndex => (dialect === 'sqlite' ? sqliteIndex : postgresIndex)
