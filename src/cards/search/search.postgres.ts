import { type RawBuilder, sql } from 'kysely'
import { type CardIndex, type Hit, ownerWord } from './card-index.ts'
import type { SearchQuery, Term } from './query.ts'
import { FIELDS, type Field, type IndexedWords, maxPositions } from './words.ts'

// For D, C, B and A, as the ranking function takes them.
const RANK_WEIGHTS = '{0.12, 0.25, 0.4, 1}'
const WEIGHT: Record<Field, string> = { title: 'A', tags: 'A', url: 'B', description: 'B', notes: 'C', content: 'D' }

// Divides the rank by 1 + log(length), so that a long card does not win by its length.
const BY_LENGTH = 1

/**
 * A tsvector that we write ourselves: the database's own parser cuts words in other places than FTS5 does. The words
 * are kept beside it for phrases, since a tsvector forgets positions after the 16,383rd word.
 */
export const postgresIndex: CardIndex = {
  async put(db, accountId, number, words) {
    const text = FIELDS.map((field) => ` ${words[field].join(' ')} `).join('|')
    await sql`insert into card_search (number, vector, words)
      values (${number}, ${toVector(accountId, words)}::tsvector, ${text})
      on conflict (number) do update set vector = excluded.vector, words = excluded.words`.execute(db)
  },
  async remove(db, number) {
    await sql`delete from card_search where number = ${number}`.execute(db)
  },
  hits: (accountId, query) =>
    sql<Hit>`(select number, ${score(query)} as score from card_search where ${condition(accountId, query)})`,
}

const toVector = (accountId: string, words: IndexedWords): string => {
  const positions = new Map<string, string[]>([[ownerWord(accountId), []]])
  let position = 0
  for (const field of FIELDS) {
    for (const word of words[field]) {
      position += 1
      const known = positions.get(word)
      if (known === undefined) positions.set(word, [`${position}${WEIGHT[field]}`])
      else if (known.length < maxPositions) known.push(`${position}${WEIGHT[field]}`)
    }
  }
  return [...positions]
    .map(([word, at]) => (at.length === 0 ? quote(word) : `${quote(word)}:${at.join(',')}`))
    .join(' ')
}

const condition = (accountId: string, { wanted, unwanted }: SearchQuery): RawBuilder<boolean> => {
  const single = unwanted.filter(({ words }) => words.length === 1)
  const query = [quote(ownerWord(accountId)), ...wanted.map(allWords), ...single.map((term) => `!${allWords(term)}`)]
  const phrases = wanted.filter(isPhrase).map((term) => sql<boolean>`words like ${toLike(term)}`)
  const none = unwanted.filter(isPhrase).map((term) => sql<boolean>`words not like ${toLike(term)}`)
  return sql.join([sql`vector @@ ${query.join(' & ')}::tsquery`, ...phrases, ...none], sql` and `)
}

const score = ({ wanted }: SearchQuery): RawBuilder<number> => {
  if (wanted.length === 0) return sql<number>`0::float4`
  // Any of the words: the ranking of "all of them" compares every pair of positions.
  const query = wanted.flatMap(lexemes).join(' | ')
  return sql<number>`-ts_rank(${RANK_WEIGHTS}::float4[], vector, ${query}::tsquery, ${sql.lit(BY_LENGTH)})`
}

const isPhrase = ({ words }: Term): boolean => words.length > 1

const allWords = (term: Term): string => lexemes(term).join(' & ')

const lexemes = ({ words, prefix }: Term): string[] =>
  words.map((word, index) => `${quote(word)}${prefix && index === words.length - 1 ? ':*' : ''}`)

// Words hold letters, digits and marks only, so nothing in them needs escaping, here or in a pattern.
const quote = (word: string): string => `'${word}'`
const toLike = ({ words, prefix }: Term): string => `% ${words.join(' ')}${prefix ? '' : ' '}%`
