import { sql } from 'kysely'
import { type CardIndex, type Hit, ownerWord } from './card-index.ts'
import type { SearchQuery, Term } from './query.ts'

/** FTS5. Ranked by bm25 with the weights that the table was made with. */
export const sqliteIndex: CardIndex = {
  async put(db, accountId, number, { title, tags, url, description, notes, content }) {
    const columns = [[ownerWord(accountId)], title, tags, url, description, notes, content]
    const texts = columns.map((words) => words.join(' '))
    await sql`insert or replace into card_search (rowid, scope, title, tags, url, description, notes, content)
      values (${number}, ${sql.join(texts)})`.execute(db)
  },
  async remove(db, number) {
    await sql`delete from card_search where rowid = ${number}`.execute(db)
  },
  hits: (accountId, query) =>
    sql<Hit>`(select rowid as number, rank as score from card_search where card_search match ${toMatch(accountId, query)})`,
}

// Each word stands in quotes and holds none itself, so nothing in it is syntax.
const toMatch = (accountId: string, { wanted, unwanted }: SearchQuery): string => {
  const required = [`scope : "${ownerWord(accountId)}"`, ...wanted.map(toPhrase)].join(' AND ')
  return unwanted.length === 0 ? required : `(${required}) NOT (${unwanted.map(toPhrase).join(' OR ')})`
}

const toPhrase = ({ words, prefix }: Term): string => `"${words.join(' ')}"${prefix ? ' *' : ''}`
