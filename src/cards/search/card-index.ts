import { createHash } from 'node:crypto'
import type { RawBuilder } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import type { Node, Scope } from './node.ts'
import type { IndexedWords } from './words.ts'

/** Which entries of the index. Each list of marks is of alternatives; an entry needs one of each. */
export interface Wanted {
  readonly accountId: string
  readonly scope: Scope
  readonly text: Node | undefined
  readonly marks: readonly (readonly Mark[])[]
}

/** What of a card is in the index besides its words, so that a search reads the entries that count only. */
export type Mark = `type ${string}` | `tag ${string}` | `month ${string}`

/** A card as the index has it. */
export interface IndexEntry {
  readonly number: number
  readonly words: IndexedWords
  readonly marks: readonly string[]
}

/** The full-text index of the cards, as each database has it. Of the number of a card, and nothing else. */
export interface CardIndex {
  /** Belongs into the transaction that writes the cards. */
  put(db: Db, entries: readonly IndexEntry[]): Promise<void>
  /** Takes a card out; nothing happens if it is not in. */
  remove(db: Db, number: number): Promise<void>
  /** True of the row of `card_search` that matches. */
  condition(wanted: Wanted): RawBuilder<boolean>
  /** The card's number, in a row of `card_search`. */
  readonly number: RawBuilder<number>
  /** Joins from `card_search`, in the order that is written. */
  readonly join: RawBuilder<unknown>
}

/**
 * The word that stands for a mark in the index. It starts with a character of private use, so that no word of a query
 * can be it. Every card has one of its account alone: with it, a search reads the entries of one account instead of
 * everybody's.
 */
export const markWord = (accountId: string, isTrashed: boolean, mark: Mark | 'card'): string =>
  `\u{e000}${createHash('sha256').update(`${accountId} ${isTrashed} ${mark}`).digest('hex').slice(0, 16)}`

/** The words of the marks that a search wants, the account's first. */
export const markWords = ({ accountId, scope, marks }: Wanted): string[][] => {
  const places = { live: [false], trash: [true], everywhere: [false, true] }[scope]
  const every: (readonly (Mark | 'card')[])[] = [['card'], ...marks]
  return every.map((alternatives) =>
    alternatives.flatMap((mark) => places.map((isTrashed) => markWord(accountId, isTrashed, mark))),
  )
}
