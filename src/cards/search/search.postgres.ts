import { type RawBuilder, sql } from 'kysely'
import { type CardIndex, type IndexEntry, markWords, type Wanted } from './card-index.ts'
import type { Node, Words } from './node.ts'
import { FIELDS, pairsOf } from './words.ts'

// Before a word of the title or of a tag; of private use, so that no word of a query begins with it.
const LABEL = '\u{e001}'

/**
 * A tsvector that we write ourselves: the database's own parser cuts words in other places than FTS5 does. It holds no
 * positions; the words are kept beside it for phrases and for single fields.
 */
export const postgresIndex: CardIndex = {
  async put(db, entries) {
    const rows = entries.map((entry) => sql`(${entry.number}, ${vectorOf(entry)}::tsvector, ${textOf(entry)})`)
    await sql`insert into card_search (number, vector, words) values ${sql.join(rows)}
      on conflict (number) do update set vector = excluded.vector, words = excluded.words`.execute(db)
  },
  async remove(db, number) {
    await sql`delete from card_search where number = ${number}`.execute(db)
  },
  condition(wanted) {
    const query = toQuery(wanted)
    const { text } = wanted
    const found = sql<boolean>`card_search.vector @@ ${query}::tsquery`
    return text === undefined || isPlain(text) ? found : sql<boolean>`(${found} and ${toCheck(text)})`
  },
  number: sql<number>`card_search.number`,
  join: sql`inner join`,
}

const vectorOf = ({ words, marks }: IndexEntry): string => {
  const labels = [...words.title, ...words.tags].map((word) => `${LABEL}${word}`)
  const pairs = FIELDS.flatMap((field) => pairsOf(words[field]))
  const lexemes = new Set([...marks, ...labels, ...pairs, ...FIELDS.flatMap((field) => words[field])])
  return [...lexemes].map(quote).join(' ')
}

const textOf = ({ words }: IndexEntry): string => FIELDS.map((field) => ` ${words[field].join(' ')} `).join('|')

const toQuery = (wanted: Wanted): string => {
  const marks = markWords(wanted).map((words) => `(${words.map(quote).join(' | ')})`)
  const text = wanted.text === undefined ? undefined : toNecessary(wanted.text)
  return [...marks, ...(text === undefined ? [] : [text])].join(' & ')
}

// Words hold letters, digits and marks only, so nothing in them needs escaping, here or in a pattern.
const quote = (word: string): string => `'${word}'`

/** True when the words of a tsvector alone decide. */
const isPlain = (node: Node): boolean => {
  if (node.is === 'words') return node.words.length === 1 && (node.field === undefined || node.field === 'label')
  return node.is !== 'filter' && node.of.every(isPlain)
}

/** What every match has, as a tsquery; undefined when nothing can be said. */
const toNecessary = (node: Node): string | undefined => {
  if (node.is === 'words') return lexemes(node)
  if (node.is === 'filter') return undefined
  if (node.is === 'not') return isPlain(node.of[0]) ? `!(${toNecessary(node.of[0])})` : undefined
  const parts = node.of.map(toNecessary)
  const known = parts.filter((part) => part !== undefined)
  if (known.length === 0 || (node.is === 'any' && known.length < parts.length)) return undefined
  return `(${known.join(node.is === 'all' ? ' & ' : ' | ')})`
}

const lexemes = ({ words, prefix, field }: Words): string => {
  const sign = field === 'label' ? LABEL : ''
  const last = words.length - 1
  const single = words.map((word, index) => `${quote(sign + word)}${prefix && index === last ? ':*' : ''}`)
  // The last of a phrase may go on, and then its pair with the one before is not known whole.
  const pairs = pairsOf(prefix ? words.slice(0, -1) : words).map(quote)
  return `(${[...single, ...pairs].join(' & ')})`
}

/** The same as the whole search, word by word: for what a tsvector does not tell. */
const toCheck = (node: Node): RawBuilder<boolean> => {
  if (node.is === 'filter') throw new Error('A filter is no part of the index.')
  if (node.is === 'words')
    return isPlain(node) ? sql<boolean>`card_search.vector @@ ${lexemes(node)}::tsquery` : toPattern(node)
  const parts = node.of.map(toCheck)
  if (node.is === 'not') return sql<boolean>`not (${sql.join(parts)})`
  if (parts.length === 0) return sql<boolean>`true`
  return sql<boolean>`(${sql.join(parts, node.is === 'all' ? sql` and ` : sql` or `)})`
}

const toPattern = ({ words, prefix, field }: Words): RawBuilder<boolean> => {
  const pattern = `% ${words.join(' ')}${prefix ? '' : ' '}%`
  const part = (name: string): RawBuilder<string> =>
    sql<string>`split_part(card_search.words, '|', ${sql.lit((FIELDS as readonly string[]).indexOf(name) + 1)})`
  if (field === undefined) return sql<boolean>`card_search.words like ${pattern}`
  if (field === 'label') return sql<boolean>`(${part('title')} like ${pattern} or ${part('tags')} like ${pattern})`
  return sql<boolean>`${part(field)} like ${pattern}`
}
