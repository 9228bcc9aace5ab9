import { sql } from 'kysely'
import { type CardIndex, type IndexEntry, markWords, type Wanted } from './card-index.ts'
import type { Node, Words } from './node.ts'
import { pairsOf } from './words.ts'

/** FTS5. It only finds; ranking all matches by its own bm25 would read every entry of each word, however many. */
export const sqliteIndex: CardIndex = {
  async put(db, entries) {
    const rows = entries.map((entry) => sql`(${entry.number}, ${sql.join(columnsOf(entry))})`)
    await sql`insert or replace into card_search
      (rowid, marks, title, tags, url, description, notes, content, text) values ${sql.join(rows)}`.execute(db)
  },
  async remove(db, number) {
    await sql`delete from card_search where rowid = ${number}`.execute(db)
  },
  condition: (wanted) => sql<boolean>`card_search match ${toMatch(wanted)}`,
  number: sql<number>`card_search.rowid`,
  // A cross join keeps its order in SQLite.
  join: sql`cross join`,
}

const columnsOf = ({ words, marks }: IndexEntry): string[] => {
  const { title, tags, url, description, notes, content, text } = words
  const pairs = new Set(Object.values(words).flatMap(pairsOf))
  const columns = [[...marks, ...pairs], title, tags, url, description, notes, content, text]
  return columns.map((column) => column.join(' '))
}

const toMatch = (wanted: Wanted): string => {
  const marks = markWords(wanted).map((words) => `marks : (${words.map(quote).join(' OR ')})`)
  return wanted.text === undefined ? marks.join(' AND ') : toExpression(wanted.text, marks)
}

// Each word stands in quotes and holds none itself, so nothing in it is syntax.
const quote = (word: string): string => `"${word}"`

/** @param required What stands beside it: FTS5 has no "not" but that of one thing without another. */
const toExpression = (node: Node, required: readonly string[]): string => {
  if (node.is === 'words') return [...required, toPhrase(node)].join(' AND ')
  if (node.is === 'filter') throw new Error('A filter is no part of the index.')
  if (node.is === 'any')
    return [...required, `(${node.of.map((one) => toExpression(one, [])).join(' OR ')})`].join(' AND ')
  const parts = node.is === 'all' ? node.of : [node]
  const without = parts.flatMap((part) => (part.is === 'not' ? part.of : []))
  const wanted = parts.filter(({ is }) => is !== 'not').map((part) => `(${toExpression(part, [])})`)
  const all = [...required, ...wanted].join(' AND ')
  if (without.length === 0) return all === '' ? ANYTHING : all
  return `((${all === '' ? ANYTHING : all}) NOT (${without.map((part) => toExpression(part, [])).join(' OR ')}))`
}

// Every card has marks, and all of them begin with this character.
const ANYTHING = 'marks : "\u{e000}"*'

const COLUMNS: Readonly<Record<string, string>> = { label: '{title tags}' }

const toPhrase = ({ words, prefix, field }: Words): string => {
  const columns = field === undefined ? '- marks' : (COLUMNS[field] ?? field)
  const phrase = `${columns} : "${words.join(' ')}"${prefix ? ' *' : ''}`
  const pairs = pairsOf(words).map((pair) => `marks : "${pair}"`)
  return [...pairs, phrase].join(' AND ')
}
