import { sql } from 'kysely'
import { type CardIndex, type IndexEntry, KEY_LENGTH, markKey, placeKey, placesOf, type Wanted } from './card-index.ts'
import type { Mark } from './marks.ts'
import type { Node, Words } from './node.ts'
import { pairsOf } from './words.ts'

/** FTS5. It only finds; ranking all matches by its own bm25 would read every entry of each word, however many. */
export const sqliteIndex: CardIndex = {
  async put(db, accountId, entries) {
    const rows = entries.map((entry) => sql`(${entry.number}, ${sql.join(columnsOf(accountId, entry))})`)
    await sql`insert or replace into card_search
      (rowid, marks, title, tags, url, description, notes, content, text) values ${sql.join(rows)}`.execute(db)
  },
  matches(wanted, within) {
    const from = within?.from === undefined ? sql`` : sql`and rowid >= ${within.from}`
    const range = within === undefined ? sql`` : sql`${from} and rowid <= ${within.to}`
    return sql`select rowid as number from card_search where card_search match ${toMatch(wanted)} ${range}`
  },
}

// Of private use, so that none of them begins a word: what stands in the column of marks is found without naming it.
const MARK = '\u{e000}'
const LABEL = '\u{e001}'
const PAIR = '\u{e002}'

const columnsOf = (accountId: string, { isTrashed, words, marks }: IndexEntry): string[] => {
  const key = placeKey(accountId, isTrashed)
  const { title, tags, url, description, notes, content, text } = words
  const pairs = new Set(Object.values(words).flatMap(pairsOf))
  const other = [
    ...[ANY_CARD, ...marks].map((mark: Mark | typeof ANY_CARD) => markToken(key, mark)),
    ...[...new Set([...title, ...tags])].map((word) => labelToken(key, word)),
    ...[...pairs].map((pair) => pairToken(key, pair)),
  ]
  const fields = [title, tags, url, description, notes, content, text]
  return [other.join(' '), ...fields.map((list) => list.map((word) => key + word).join(' '))]
}

const ANY_CARD = 'card' as const
const markToken = (key: string, mark: Mark | typeof ANY_CARD): string => `${MARK}${markKey(`${key} ${mark}`)}`
const pairToken = (key: string, pair: string): string => `${PAIR}${key}${pair}`
// As long as other words with their key, so that the index of beginnings is of the same letters of them.
const labelToken = (key: string, word: string): string => `${LABEL}${key.slice(0, KEY_LENGTH - 1)}${word}`

const toMatch = (wanted: Wanted): string =>
  placesOf(wanted.scope)
    .map((isTrashed) => matchIn(placeKey(wanted.accountId, isTrashed), wanted))
    .join(' OR ')

const matchIn = (key: string, { marks, text }: Wanted): string => {
  const every = marks.map((some) => `(${some.map((mark) => quote(markToken(key, mark))).join(' OR ')})`)
  const all = text === undefined ? every : [...every, toExpression(text, key)]
  return `(${all.length === 0 ? quote(markToken(key, ANY_CARD)) : all.join(' AND ')})`
}

// Each word stands in quotes and holds none itself, so nothing in it is syntax.
const quote = (word: string): string => `"${word}"`

const toExpression = (node: Node, key: string): string => {
  if (node.is === 'words') return `(${toPhrase(node, key)})`
  if (node.is === 'filter') throw new Error('A filter is no part of the index.')
  if (node.is === 'any') return `(${node.of.map((one) => toExpression(one, key)).join(' OR ')})`
  const parts = node.is === 'all' ? node.of : [node]
  const without = parts.flatMap((part) => (part.is === 'not' ? part.of : []))
  const wanted = parts.filter(({ is }) => is !== 'not').map((part) => toExpression(part, key))
  // FTS5 has no "not" but that of one thing without another.
  const all = wanted.length === 0 ? quote(markToken(key, ANY_CARD)) : wanted.join(' AND ')
  if (without.length === 0) return `(${all})`
  return `((${all}) NOT (${without.map((part) => toExpression(part, key)).join(' OR ')}))`
}

const toPhrase = ({ words, prefix, field }: Words, key: string): string => {
  const end = prefix ? ' *' : ''
  if (field === 'label' && words.length === 1) return `${quote(labelToken(key, words[0] ?? ''))}${end}`
  const column = field === undefined ? '' : `${field === 'label' ? '{title tags}' : field} : `
  const phrase = `${column}${quote(words.map((word) => key + word).join(' '))}${end}`
  const pairs = pairsOf(words).map((pair) => quote(pairToken(key, pair)))
  return [...pairs, phrase].join(' AND ')
}
