import type { Expression, SqlBool } from 'kysely'
import type { Db } from '../../platform/db/index.ts'

/** Shorter terms are in no index: the names are read one by one. */
export const INDEXED_LENGTH = 3

/** More files than this are found sooner by reading the names in order than one by one. */
export const MAX_HITS = 10_000

// More would not narrow it further, and FTS5 takes expressions of 256 terms at most.
const MAX_GRAMS = 24

/** How a database finds the files whose name holds a term. Terms are name keys. */
export interface NameSearch {
  /** Whether the name holds the term: exact, and read for each file that is asked. */
  contains(term: string): Expression<SqlBool>
  /** Narrows to files whose names have the same letters in threes; a few others may be among them. */
  among(spaceId: string, term: string): Expression<SqlBool>
  /** `files.space_id = spaceId`, in such words that `among` is where the search begins. */
  inSpace(spaceId: string): Expression<SqlBool>
  /**
   * Counts files by way of `among`, in one question with whether that is the faster way.
   *
   * @param conditions All that the files have to meet, but for the space.
   * @param inPlace How many files the space has, where somebody counted them.
   * @returns undefined where the index names so many that to go through them is slower than to read names in order.
   */
  count(
    db: Db,
    spaceId: string,
    term: string,
    conditions: Expression<SqlBool>,
    inPlace: number | undefined,
  ): Promise<number | undefined>
}

/**
 * The grams by which an index looks for a term: side by side, and the last. Each more would be one more list to go
 * through. One that begins or ends between two words is moved until it holds the end of one and the beginning of the
 * other: those tell `draft report` from `report draft`.
 *
 * @param term At least `INDEXED_LENGTH` long.
 */
export const searchedGrams = (term: string): string[] => {
  const letters = [...term]
  const last = letters.length - INDEXED_LENGTH
  const isGap = (at: number): boolean => letters[at] === ' '
  const places = letters
    .map((_, at) => at * INDEXED_LENGTH)
    .map((at) => (isGap(at + 2) ? at + 1 : isGap(at) ? at - 1 : at))
    .map((at) => Math.max(0, Math.min(at, last)))
  const grams = places.map((at) => letters.slice(at, at + INDEXED_LENGTH).join(''))
  return [...new Set(grams)].slice(0, MAX_GRAMS)
}
