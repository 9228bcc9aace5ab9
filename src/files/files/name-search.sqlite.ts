import { sql } from 'kysely'
import { INDEXED_LENGTH, MAX_HITS, type NameSearch } from './name-search.ts'

// More would not narrow it further, and FTS5 takes expressions of 256 terms at most.
const MAX_GRAMS = 24

/** FTS5 with trigrams of all names, of whoever they are: which account asks is looked up in the rows. */
export const sqliteNameSearch: NameSearch = {
  contains: (term) => sql`instr(files.name_key, ${term}) > 0`,
  among: (_spaceId, term) =>
    sql`files.number in (select rowid from file_names where file_names match ${toMatch(term)})`,
  // The plus hides the column from the planner's choice of an index, which would take that of the place.
  inSpace: (spaceId) => sql`+files.space_id = ${spaceId}`,
  async isSelective(db, _spaceId, term) {
    const { rows } = await sql<{ hits: number }>`select count(*) as hits from
      (select 1 from file_names where file_names match ${toMatch(term)} limit ${MAX_HITS + 1})`.execute(db)
    return (rows[0]?.hits ?? 0) <= MAX_HITS
  },
}

/**
 * Grams side by side, and the last: they cover the term, and each more would be one more list to go through. Each in
 * quotes, where nothing but a quote is syntax.
 */
const toMatch = (term: string): string => {
  const letters = [...term]
  const last = letters.length - INDEXED_LENGTH
  const places = letters.map((_, at) => Math.min(at * INDEXED_LENGTH, last))
  const grams = [...new Set(places)].map((at) => letters.slice(at, at + INDEXED_LENGTH).join(''))
  return [...new Set(grams)]
    .slice(0, MAX_GRAMS)
    .map((gram) => `"${gram.replaceAll('"', '""')}"`)
    .join(' AND ')
}
