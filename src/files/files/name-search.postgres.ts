import { sql } from 'kysely'
import { type NameSearch, searchedGrams } from './name-search.ts'

const SAMPLE = 20_000
// So many cost some 20 ms: each is a row to fetch.
const MAX_HITS = 6000
// Above, to read the names in order finds a page sooner, and their number is told by the sample too.
const [MIN_OF_SAMPLE, MAX_OF_SAMPLE] = [SAMPLE / 200, SAMPLE / 50]

/** GIN over the grams of names, each with its place in it. */
export const postgresNameSearch: NameSearch = {
  contains: (term) => sql`strpos(files.name_key, ${term}) > 0`,
  among: (spaceId, term) => {
    const grams = searchedGrams(term).map((gram) => sql`file_name_grams(${spaceId}, ${gram})`)
    return sql`file_name_grams(files.space_id, files.name_key) @> (${sql.join(grams, sql` || `)})`
  },
  inSpace: (spaceId) => sql`files.space_id = ${spaceId}`,
  // The index cannot stop early: it is asked only if the newest files do not already say that there are many.
  async count(db, spaceId, term, conditions, inPlace = 0) {
    const most = Math.max(MIN_OF_SAMPLE, Math.min(MAX_OF_SAMPLE, (MAX_HITS / inPlace) * SAMPLE))
    const { rows } = await sql<{ total: number | null }>`
      select case when
        (select count(*) from
          (select name_key from files where space_id = ${spaceId} and trashed_at is null
            order by created_at desc, id desc limit ${SAMPLE}) as files
          where ${this.contains(term)}) <= ${Math.floor(most)}
      then
        (select count(*) from files
          where ${this.inSpace(spaceId)} and ${this.among(spaceId, term)} and ${conditions})
      end as total`.execute(db)
    return rows[0]?.total ?? undefined
  },
}
