import { createHash } from 'node:crypto'
import type { RawBuilder } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import type { SearchQuery } from './query.ts'
import type { IndexedWords } from './words.ts'

/** A card that matches. The lower the score, the better the match. */
export interface Hit {
  readonly number: number
  readonly score: number
}

/** The full-text index of the cards, as each database has it. */
export interface CardIndex {
  /** Makes a card findable by these words and no others. Belongs into the transaction that writes the card. */
  put(db: Db, accountId: string, number: number, words: IndexedWords): Promise<void>
  /** Takes a card out; nothing happens if it is not in. */
  remove(db: Db, number: number): Promise<void>
  /** @returns A subquery of the account's cards that match, for the `from` of a query over cards. */
  hits(accountId: string, query: SearchQuery): RawBuilder<Hit>
}

/**
 * The word that stands for an account in the index. It starts with a character of private use, so that no word of a
 * query can be it. With it, a search reads the entries of one account instead of everybody's.
 */
export const ownerWord = (accountId: string): string =>
  `\u{e000}${createHash('sha256').update(accountId).digest('hex').slice(0, 16)}`
