import { type Generated, type RawBuilder, sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import {
  type CardIndex,
  type IndexEntry,
  markKey,
  type NumberRange,
  PREFIX_LENGTHS,
  placesOf,
  type Wanted,
} from './card-index.ts'
import type { Node, Scope, Words } from './node.ts'
import { FIELDS, pairsOf } from './words.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    card_blocks: { block: Generated<number>; account_id: string; cards: number; has_long: Generated<number> }
    card_search: { number: number; block: number }
  }
}

const BLOCK_CARDS = 4096

// A card of more different words than this has no entries for their beginnings: they would be more than a tsvector takes.
const LONG = 3000

/**
 * A tsvector that we make ourselves: the database's own parser cuts words in other places than FTS5 does. It holds no
 * positions; the words that it is made of are kept for phrases and for single fields, and the tsvector is nowhere but in
 * its index. GIN gives all matches or none, so the cards of an account are in blocks, each with words of its own, and are
 * read block by block.
 */
export const postgresIndex: CardIndex = {
  async put(db, accountId, entries) {
    const blocks = await blocksOf(db, accountId, entries)
    const rows = entries.map((entry) => {
      const { number, isTrashed } = entry
      const place = PLACE[isTrashed ? 1 : 0]
      return sql`(${sql.join([number, blocks.get(number) ?? 0, place, othersOf(entry), textOf(entry), isLong(entry) ? 1 : 0])})`
    })
    const withLong = entries.filter(isLong).flatMap(({ number }) => blocks.get(number) ?? [])
    if (withLong.length > 0)
      await db.updateTable('card_blocks').set({ has_long: 1 }).where('block', 'in', withLong).execute()
    await sql`insert into card_search (number, block, place, others, words, is_long) values ${sql.join(rows)}
      on conflict (number) do update set place = excluded.place, others = excluded.others, words = excluded.words,
        is_long = excluded.is_long`.execute(db)
  },
  matches(wanted, within) {
    const { accountId, text } = wanted
    const query = sql`replace(case when has_long = 1 then ${toQuery(wanted, true)} else ${toQuery(wanted, false)} end,
      ${sql.lit(BLOCK_SIGN)}, to_hex(blocks.block))::tsquery`
    const check = text === undefined || isPlain(text) ? sql`` : sql`and ${toCheck(text)}`
    const [place, range] = within === undefined ? [sql``, sql``] : rangeOf(within)
    return sql`select found.number
      from (select block, has_long from card_blocks where account_id = ${accountId} ${place} order by block desc) as blocks
      cross join lateral (
        select number from card_search where ${VECTOR} @@ ${query} ${check} ${range} order by number desc
      ) as found`
  },
}

const rangeOf = ({ from, to }: NumberRange): [blocks: RawBuilder<unknown>, numbers: RawBuilder<unknown>] => {
  const blockOf = (number: RawBuilder<number>) => sql`(select block from card_search where number = ${number})`
  const [blocks, numbers] = [sql`and block <= ${blockOf(to)}`, sql`and number <= ${to}`]
  if (from === undefined) return [blocks, numbers]
  return [sql`${blocks} and block >= ${blockOf(from)}`, sql`${numbers} and number >= ${from}`]
}

/** The block of each card. A card stays where it was first, so that blocks are in the order of the numbers. */
const blocksOf = async (db: Db, accountId: string, entries: readonly IndexEntry[]): Promise<Map<number, number>> => {
  const numbers = entries.map(({ number }) => number)
  const known = await db.selectFrom('card_search').select(['number', 'block']).where('number', 'in', numbers).execute()
  const blocks = new Map(known.map(({ number, block }) => [number, block]))
  const added = numbers.filter((number) => !blocks.has(number))
  if (added.length === 0) return blocks
  const block = await blockWithRoom(db, accountId, added.length)
  for (const number of added) blocks.set(number, block)
  return blocks
}

const blockWithRoom = async (db: Db, accountId: string, count: number): Promise<number> => {
  const newest = sql`(select max(block) from card_blocks where account_id = ${accountId})`
  const filled = await sql<{ block: number }>`update card_blocks set cards = cards + ${count}
    where block = ${newest} and cards < ${BLOCK_CARDS} returning block`.execute(db)
  const known = filled.rows[0]
  if (known !== undefined) return known.block
  const begun = await db
    .insertInto('card_blocks')
    .values({ account_id: accountId, cards: count })
    .returning('block')
    .executeTakeFirstOrThrow()
  return begun.block
}

// Words hold letters, digits and their marks only, so a sign before one tells it from the others.
const PLACE = ['.', '/'] as const
const WORD = ''
const WORD_OF_LONG = ':'
const BEGINNING = '~'
const LABEL = '^'
const LABEL_BEGINNING = '%'
const MARK = '@'
const BLOCK_SIGN = '#'

// As the index has it.
const VECTOR = sql`card_search_vector(block, place, others, words, is_long)`

/** What a card is found by beside its words, and the pairs of these. */
const othersOf = (entry: IndexEntry): string => {
  const { words, marks } = entry
  const pairs = FIELDS.flatMap((field) => pairsOf(words[field]))
  const sign = isLong(entry) ? WORD_OF_LONG : WORD
  const lexemes = [
    ...[ANY_CARD, ...marks].map((mark) => `${MARK}${markKey(mark)}`),
    ...pairs.map((pair) => sign + pair),
  ]
  return [...new Set(lexemes)].join(' ')
}

const isLong = ({ words }: IndexEntry): boolean =>
  new Set(FIELDS.flatMap((field) => [...words[field], ...pairsOf(words[field])])).size > LONG

const ANY_CARD = 'card'

const textOf = ({ words }: IndexEntry): string => FIELDS.map((field) => ` ${words[field].join(' ')} `).join('|')

/** A query in which the block is still open. @param hasLong Whether long cards are in it. */
const toQuery = ({ marks, scope, text }: Wanted, hasLong: boolean): string => {
  const every = marks.map((some) => lexemes(scope, some.map(toMark)))
  const found = text === undefined ? undefined : toNecessary(text, { scope, hasLong })
  const all = found === undefined ? every : [...every, found]
  return all.length === 0 ? lexemes(scope, [toMark(ANY_CARD)]) : all.join(' & ')
}

interface Where {
  readonly scope: Scope
  readonly hasLong: boolean
}

const toMark = (mark: string): string => `${MARK}${markKey(mark)}'`

/** One of these. @param endings From the sign on, with the quote that closes. */
const lexemes = (scope: Scope, endings: readonly string[]): string => {
  const signs = placesOf(scope).map((isTrashed) => PLACE[isTrashed ? 1 : 0])
  return `(${signs.flatMap((sign) => endings.map((ending) => `'${BLOCK_SIGN}${sign}${ending}`)).join(' | ')})`
}

/** True when the words of a tsvector alone decide. */
const isPlain = (node: Node): boolean => {
  if (node.is === 'words') return node.words.length === 1 && (node.field === undefined || node.field === 'label')
  return node.is !== 'filter' && node.of.every(isPlain)
}

/** What every match has, as a tsquery; undefined when nothing can be said. */
const toNecessary = (node: Node, where: Where): string | undefined => {
  if (node.is === 'words') return toWords(node, where)
  if (node.is === 'filter') return undefined
  // Of what is excluded alone everything is read, and all that is read must be of the account and in its place.
  if (node.is === 'not') {
    const excluded = isPlain(node.of[0]) ? ` & !(${toNecessary(node.of[0], where)})` : ''
    return `(${lexemes(where.scope, [toMark(ANY_CARD)])}${excluded})`
  }
  const parts = node.of.map((part) => toNecessary(part, where))
  const known = parts.filter((part) => part !== undefined)
  if (known.length === 0 || (node.is === 'any' && known.length < parts.length)) return undefined
  return `(${known.join(node.is === 'all' ? ' & ' : ' | ')})`
}

const toWords = ({ words, prefix, field }: Words, { scope, hasLong }: Where): string => {
  const last = words.length - 1
  const one = (word: string, isOpen: boolean, isLabel: boolean): string =>
    lexemes(scope, [...endingsOf(word, isOpen, isLabel), ...(hasLong && !isLabel ? [longEnding(word, isOpen)] : [])])
  const single = words.map((word, index) => one(word, prefix && index === last, field === 'label'))
  // The last of a phrase may go on, and then its pair with the one before is not known whole.
  const pairs = pairsOf(prefix ? words.slice(0, -1) : words).map((pair) => one(pair, false, false))
  return `(${[...single, ...pairs].join(' & ')})`
}

const endingsOf = (word: string, isOpen: boolean, isLabel: boolean): string[] => {
  const [whole, beginning] = isLabel ? [LABEL, LABEL_BEGINNING] : [WORD, BEGINNING]
  if (!isOpen) return [`${whole}${word}'`]
  const isIndexed = (PREFIX_LENGTHS as readonly number[]).includes([...word].length)
  return isIndexed ? [`${whole}${word}'`, `${beginning}${word}'`] : [`${whole}${word}':*`]
}

const longEnding = (word: string, isOpen: boolean): string => `${WORD_OF_LONG}${word}'${isOpen ? ':*' : ''}`

/** The same as the whole search, in the words themselves: for what a tsvector does not tell. */
const toCheck = (node: Node): RawBuilder<boolean> => {
  if (node.is === 'filter') throw new Error('A filter is no part of the index.')
  if (node.is === 'words') return toPattern(node)
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
