import { sql } from 'kysely'
import { MAX_HITS, type NameSearch, searchedGrams } from './name-search.ts'

/** FTS5 with trigrams of all names, of whoever they are: which account asks is looked up in the rows. */
export const sqliteNameSearch: NameSearch = {
  contains: (term) => sql`instr(files.name_key, ${term}) > 0`,
  among: (_spaceId, term) =>
    sql`files.number in (select rowid from file_names where file_names match ${toMatch(term)})`,
  // The plus hides the column from the planner's choice of an index, which would take that of the place.
  inSpace: (spaceId) => sql`+files.space_id = ${spaceId}`,
  async count(db, spaceId, term, conditions) {
    const { rows } = await sql<{ total: number | null }>`
      with hits as materialized
        (select rowid as number from file_names where file_names match ${toMatch(term)} limit ${MAX_HITS + 1})
      select case when (select count(*) from hits) <= ${MAX_HITS} then
        (select count(*) from files
          where files.number in (select number from hits) and ${this.inSpace(spaceId)} and ${conditions})
      end as total`.execute(db)
    return rows[0]?.total ?? undefined
  },
}

/** Each gram in quotes, where nothing but a quote is syntax. */
const toMatch = (term: string): string =>
  searchedGrams(term)
    .map((gram) => `"${gram.replaceAll('"', '""')}"`)
    .join(' AND ')
