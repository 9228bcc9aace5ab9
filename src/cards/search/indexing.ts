import { sql } from 'kysely'
import type { Database, Db } from '../../platform/db/index.ts'
import { aiResultsOf } from '../ai/results.ts'
import { isOwn } from '../owned.ts'
import { parsePalette } from '../palettes/palette.ts'
import { colorsRepo } from '../palettes/repo.ts'
import { tagRepo } from '../tags/repo.ts'
import type { CardIndex } from './card-index.ts'
import { marksOfCard } from './marks.ts'
import { type IndexedWords, indexedWords, isUnspaced } from './words.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    card_texts: { card_number: number; account_id: string; version: number; extracted: string | null }
    card_words: { account_id: string; word: string; ending: string }
  }
}

/** Of the words, fields and marks of an entry. With another one every card is indexed anew. */
export const INDEX_VERSION = 2

const MAX_EXTRACTED_LENGTH = 1_048_576
const MAX_VOCABULARY = 2000
const BATCH = 100

/** Keeps the index at the state of the cards. */
export interface CardIndexing {
  /**
   * Makes a card findable by what it is now, in the trash too. Belongs at the end of the transaction that changes the
   * card, its tags or its place; a card that is gone leaves the index by itself.
   */
  refresh(tx: Db, accountId: string, cardNumber: number): Promise<void>
  /** The same for up to a few hundred cards of one account, in as many statements as for one. */
  refreshAll(tx: Db, accountId: string, cardNumbers: readonly number[]): Promise<void>
  /** Keeps what a document or a page says, and makes the card findable by it. `null` takes it away. */
  setExtracted(tx: Db, cardId: string, text: string | null): Promise<void>
}

export const cardIndexing = (index: CardIndex): CardIndexing => {
  const refreshAll = async (tx: Db, accountId: string, cardNumbers: readonly number[]): Promise<void> => {
    const cards = await readCards(tx, accountId, cardNumbers)
    if (cards.length === 0) return
    const entries = cards.map((card) => ({
      number: card.number,
      isTrashed: card.isTrashed,
      words: indexedWords(card.texts),
      marks: marksOfCard(card.facts),
    }))
    await index.put(tx, accountId, entries)
    await tx
      .insertInto('card_texts')
      .values(
        entries.map(({ number }) => ({
          card_number: number,
          account_id: accountId,
          version: INDEX_VERSION,
          extracted: null,
        })),
      )
      .onConflict((oc) => oc.column('card_number').doUpdateSet({ version: INDEX_VERSION }))
      .execute()
    await keepWords(
      tx,
      accountId,
      entries.map(({ words }) => words),
    )
    for (const card of cards) {
      const colors = card.type === 'palette' ? parsePalette(card.texts.content) : undefined
      if (colors !== undefined) await colorsRepo(tx).replace(accountId, card.number, colors)
    }
  }
  const refresh = (tx: Db, accountId: string, cardNumber: number): Promise<void> =>
    refreshAll(tx, accountId, [cardNumber])
  return {
    refresh,
    refreshAll,
    async setExtracted(tx, cardId, text) {
      const card = await tx
        .selectFrom('cards')
        .select(['number', 'account_id'])
        .where('id', '=', cardId)
        .executeTakeFirst()
      if (card === undefined) return
      const extracted = text === null ? null : text.slice(0, MAX_EXTRACTED_LENGTH).toWellFormed().replaceAll('\0', ' ')
      await tx
        .insertInto('card_texts')
        .values({ card_number: card.number, account_id: card.account_id, version: 0, extracted })
        .onConflict((oc) => oc.column('card_number').doUpdateSet({ extracted }))
        .execute()
      await refresh(tx, card.account_id, card.number)
    },
  }
}

/**
 * Indexes the cards anew that were indexed by an older version of the program, a hundred in each transaction; a recurring
 * duty. Each batch begins where the last one ended, so it may be stopped at any time.
 */
export const reindexCards = async (database: Database, indexing: CardIndexing, signal: AbortSignal): Promise<void> => {
  for (;;) {
    const done = await database.transaction(async (tx) => {
      const old = await tx
        .selectFrom('card_texts')
        .select(['card_number', 'account_id'])
        .where('version', '<', INDEX_VERSION)
        .orderBy('version')
        .orderBy('card_number')
        .limit(BATCH)
        .execute()
      for (const [accountId, cards] of Map.groupBy(old, ({ account_id }) => account_id))
        await indexing.refreshAll(
          tx,
          accountId,
          cards.map(({ card_number }) => card_number),
        )
      return old.length
    })
    if (done < BATCH || signal.aborted) return
  }
}

const readCards = async (tx: Db, accountId: string, cardNumbers: readonly number[]) => {
  const rows = await tx
    .selectFrom('cards')
    .leftJoin('card_texts', 'card_texts.card_number', 'cards.number')
    .select(['number', 'type', 'content', 'url', 'notes', 'title', 'description', 'is_favorited'])
    .select(['created_at', 'deleted_at', 'extracted', 'file_name', 'file_size', 'mime_type'])
    .where(isOwn(accountId, 'cards.account_id'))
    .where('cards.number', 'in', [...cardNumbers])
    .execute()
  const tagsOf = await tagRepo(tx).of(accountId, cardNumbers)
  const saidOf = await aiResultsOf(tx, cardNumbers)
  return rows.map((row) => {
    const names = tagsOf.get(row.number) ?? []
    const said = saidOf.get(row.number)
    const texts = {
      title: joined([row.title, row.file_name]),
      tags: names.join(' '),
      url: row.url ?? '',
      // What models say counts for as much as what a page says of itself, and less than what people say.
      description: joined([row.description, said?.summary, ...(said?.tags ?? [])]),
      notes: row.notes ?? '',
      content: row.content,
      text: joined([row.extracted, said?.transcript]),
    }
    const { number, type, title, description, notes, content, url, extracted } = row
    const file =
      row.file_name === null ? null : { name: row.file_name, sizeBytes: row.file_size, mimeType: row.mime_type }
    const facts = {
      ...{
        type,
        createdAt: row.created_at,
        isFavorited: row.is_favorited === 1,
        tags: names,
        aiTags: said?.tags ?? [],
      },
      ...{ title, description, notes, content, url, extracted, file },
    }
    return { number, type, isTrashed: row.deleted_at !== null, facts, texts }
  })
}

const joined = (parts: readonly (string | null | undefined)[]): string => parts.filter((part) => part != null).join(' ')

/** The account's words, for searches that are misspelt. Sorted, so that two who write the same do not lock each other. */
const keepWords = async (tx: Db, accountId: string, cards: readonly IndexedWords[]): Promise<void> => {
  const kept = [...new Set(cards.flatMap(vocabularyOf))].sort()
  for (let at = 0; at < kept.length; at += MAX_VOCABULARY) {
    const rows = kept.slice(at, at + MAX_VOCABULARY).map((word) => sql`(${accountId}, ${word}, ${endingOf(word)})`)
    await sql`insert into card_words (account_id, word, ending) values ${sql.join(rows)} on conflict do nothing`.execute(
      tx,
    )
  }
}

const vocabularyOf = ({ title, tags, content, notes, description }: IndexedWords): string[] =>
  [...new Set([...title, ...tags, ...content, ...notes, ...description])].filter(isSpellable).slice(0, MAX_VOCABULARY)

const isSpellable = (word: string): boolean =>
  word.length > 3 && word.length <= 32 && !/\d/.test(word) && !isUnspaced(word)

/** The last three letters of a word. */
export const endingOf = (word: string): string => [...word].slice(-3).join('')
