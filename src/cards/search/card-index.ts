import { createHash } from 'node:crypto'
import type { RawBuilder } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import type { Mark } from './marks.ts'
import type { Node, Scope } from './node.ts'
import type { IndexedWords } from './words.ts'

/** Which entries of the index. Each list of marks is of alternatives; an entry needs one of each. */
export interface Wanted {
  readonly accountId: string
  readonly scope: Scope
  readonly text: Node | undefined
  readonly marks: readonly (readonly Mark[])[]
}

/** A card as the index has it. */
export interface IndexEntry {
  readonly number: number
  readonly isTrashed: boolean
  readonly words: IndexedWords
  readonly marks: readonly Mark[]
}

/** Numbers of cards that exist, as expressions; both belong to it. */
export interface NumberRange {
  readonly from?: RawBuilder<number>
  readonly to: RawBuilder<number>
}

/**
 * The full-text index of the cards, as each database has it. Of the number of a card, and nothing else. Every word stands
 * in it under its account and its place: of a search for a word nothing is read but what that account has of it there,
 * however large the others are.
 */
export interface CardIndex {
  /** Belongs into the transaction that writes the cards. All of one account. */
  put(db: Db, accountId: string, entries: readonly IndexEntry[]): Promise<void>
  /** A query of the `number` of each card that matches, the greatest first; who reads only the first ones pays for these. */
  matches(wanted: Wanted, within?: NumberRange): RawBuilder<{ number: number }>
}

export const PREFIX_LENGTHS = [2, 3, 4, 5] as const

/** What stands for a mark. Of letters and digits, whatever a tag is made of. */
export const markKey = (mark: string): string => hashOf(mark).slice(0, 12)

/** What stands for the cards of an account in the trash or outside it. As long as `KEY_LENGTH`. */
export const placeKey = (accountId: string, isTrashed: boolean): string =>
  hashOf(`${accountId} ${isTrashed}`).slice(0, KEY_LENGTH)

export const KEY_LENGTH = 12

/** Digits and small letters; 62 bits of it are in twelve of them. */
const hashOf = (text: string): string =>
  createHash('sha256').update(text).digest().readBigUInt64BE().toString(36).padStart(13, '0').slice(-12)

/** Where a search looks: in the trash or not. */
export const placesOf = (scope: Scope): boolean[] =>
  ({ live: [false], trash: [true], everywhere: [false, true] })[scope]
