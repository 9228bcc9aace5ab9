import { sql } from 'kysely'
import type { NameSearch } from './name-search.ts'

const SAMPLE = 1000
// A tenth of a million that are spread evenly is 100 of the sample. Above, the index only collects what is not needed.
const MAX_OF_SAMPLE = 20

/** GIN over the grams of names, each with its place in it. */
export const postgresNameSearch: NameSearch = {
  contains: (term) => sql`strpos(files.name_key, ${term}) > 0`,
  among: (spaceId, term) =>
    sql`file_name_grams(files.space_id, files.name_key) @> file_name_grams(${spaceId}, ${term})`,
  inSpace: (spaceId) => sql`files.space_id = ${spaceId}`,
  // The index cannot stop early: it is asked only if the newest files do not already say that there are many.
  async isSelective(db, spaceId, term) {
    const { rows } = await sql<{ hits: number }>`select count(*) as hits from
      (select name_key from files where space_id = ${spaceId} and trashed_at is null
        order by created_at desc, id desc limit ${SAMPLE}) as files
      where strpos(files.name_key, ${term}) > 0`.execute(db)
    return (rows[0]?.hits ?? 0) <= MAX_OF_SAMPLE
  },
}
