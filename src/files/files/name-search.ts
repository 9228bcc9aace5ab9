import type { Expression, SqlBool } from 'kysely'
import type { Db } from '../../platform/db/index.ts'

/** Shorter terms are in no index: the names are read one by one. */
export const INDEXED_LENGTH = 3

/** More files than this are found sooner by reading the names in order than one by one. */
export const MAX_HITS = 10_000

/** How a database finds the files whose name holds a term. Terms are name keys. */
export interface NameSearch {
  /** Whether the name holds the term: exact, and read for each file that is asked. */
  contains(term: string): Expression<SqlBool>
  /** Narrows to files whose names have the same letters in threes; a few others may be among them. */
  among(spaceId: string, term: string): Expression<SqlBool>
  /** `files.space_id = spaceId`, in such words that `among` is where the search begins. */
  inSpace(spaceId: string): Expression<SqlBool>
  /** Whether `among` names so few that to go through them is the faster way. */
  isSelective(db: Db, spaceId: string, term: string): Promise<boolean>
}
