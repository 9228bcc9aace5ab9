import { sql } from 'kysely'
import type { Database, Db } from '../../platform/db/index.ts'
import { aiResultsOf } from '../ai/results.ts'
import { parsePalette } from '../palettes/palette.ts'
import { colorsRepo } from '../palettes/repo.ts'
import { tagKey } from '../tags/repo.ts'
import { type CardIndex, type Mark, markWord } from './card-index.ts'
import { monthOfMs } from './dates.ts'
import { type IndexedWords, indexedWords, isUnspaced } from './words.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    card_texts: { card_number: number; account_id: string; version: number; extracted: string | null }
    card_words: { account_id: string; word: string; ending: string }
  }
}

/** Of the words, fields and marks of an entry. With another one every card is indexed anew. */
export const INDEX_VERSION = 1

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
  /** Keeps what a document or a page says, and makes the card findable by it. `null` takes it away. */
  setExtracted(tx: Db, cardId: string, text: string | null): Promise<void>
}

export const cardIndexing = (index: CardIndex): CardIndexing => {
  const refresh = async (tx: Db, accountId: string, cardNumber: number): Promise<void> => {
    const card = await readCard(tx, accountId, cardNumber)
    if (card === undefined) return
    const words = indexedWords(card.texts)
    await index.put(tx, cardNumber, words, marksOf(accountId, card))
    await tx
      .insertInto('card_texts')
      .values({ card_number: cardNumber, account_id: accountId, version: INDEX_VERSION, extracted: null })
      .onConflict((oc) => oc.column('card_number').doUpdateSet({ version: INDEX_VERSION }))
      .execute()
    await keepWords(tx, accountId, words)
    const colors = card.type === 'palette' ? parsePalette(card.texts.content) : undefined
    if (colors !== undefined) await colorsRepo(tx).replace(accountId, cardNumber, colors)
  }
  return {
    refresh,
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
      for (const { card_number, account_id } of old) await indexing.refresh(tx, account_id, card_number)
      return old.length
    })
    if (done < BATCH || signal.aborted) return
  }
}

type ReadCard = NonNullable<Awaited<ReturnType<typeof readCard>>>

const readCard = async (tx: Db, accountId: string, cardNumber: number) => {
  const row = await tx
    .selectFrom('cards')
    .leftJoin('card_texts', 'card_texts.card_number', 'cards.number')
    .select(['type', 'content', 'url', 'notes', 'title', 'description', 'file_name', 'created_at', 'deleted_at'])
    .select('extracted')
    .where('cards.account_id', '=', accountId)
    .where('cards.number', '=', cardNumber)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const tags = await tx.selectFrom('card_tags').select('name').where('card_number', '=', cardNumber).execute()
  const names = tags.map(({ name }) => name)
  const said = (await aiResultsOf(tx, [cardNumber])).get(cardNumber)
  const texts = {
    title: [row.title, row.file_name].filter((name) => name !== null).join(' '),
    tags: names.join(' '),
    url: row.url ?? '',
    // What models say counts for as much as what a page says of itself, and less than what people say.
    description: [row.description, said?.summary, ...(said?.tags ?? [])].filter((part) => part != null).join(' '),
    notes: row.notes ?? '',
    content: row.content,
    text: [row.extracted, said?.transcript].filter((part) => part != null).join(' '),
  }
  return {
    type: row.type,
    createdAt: row.created_at,
    isTrashed: row.deleted_at !== null,
    tags: [...names, ...(said?.tags ?? [])],
    texts,
  }
}

const marksOf = (accountId: string, { type, createdAt, isTrashed, tags }: ReadCard): string[] => {
  const named = tags.map((name): Mark => `tag ${tagKey(name)}`)
  const marks: (Mark | 'card')[] = ['card', `type ${type}`, `month ${monthOfMs(createdAt)}`, ...named]
  return [...new Set(marks)].map((mark) => markWord(accountId, isTrashed, mark))
}

/** The account's words, for searches that are misspelt. Sorted, so that two who write the same do not lock each other. */
const keepWords = async (tx: Db, accountId: string, words: IndexedWords): Promise<void> => {
  const distinct = new Set([...words.title, ...words.tags, ...words.content, ...words.notes, ...words.description])
  const kept = [...distinct].filter(isSpellable).slice(0, MAX_VOCABULARY).sort()
  if (kept.length === 0) return
  const rows = kept.map((word) => sql`(${accountId}, ${word}, ${endingOf(word)})`)
  await sql`insert into card_words (account_id, word, ending) values ${sql.join(rows)} on conflict do nothing`.execute(
    tx,
  )
}

const isSpellable = (word: string): boolean =>
  word.length > 3 && word.length <= 32 && !/\d/.test(word) && !isUnspaced(word)

/** The last three letters of a word. */
export const endingOf = (word: string): string => [...word].slice(-3).join('')
