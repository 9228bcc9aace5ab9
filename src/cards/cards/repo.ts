import { type Generated, type RawBuilder, type Selectable, sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import type { Position } from '../../platform/http/cursor.ts'
import { type AiResults, aiResultsOf } from '../ai/results.ts'
import { isOwn } from '../owned.ts'
import { type Processed, processedOf, toProcessed } from '../processing/results.ts'
import type { CardIndex } from '../search/index.ts'
import { tagRepo } from '../tags/repo.ts'
import type { CardType } from './contract.ts'

interface CardsTable {
  number: Generated<number>
  id: string
  account_id: string
  type: CardType
  content: string
  url: string | null
  notes: string | null
  source: string | null
  title: string | null
  description: string | null
  is_favorited: number
  created_at: number
  updated_at: number
  deleted_at: number | null
  file_id: string | null
  file_name: string | null
  file_size: number | null
  mime_type: string | null
}

declare module '../../platform/db/tables.ts' {
  interface Tables {
    cards: CardsTable
  }
}

/** The file that is attached to a card, as it was when it came. */
export interface Attachment {
  /** Null when the file was deleted for good. */
  readonly id: string | null
  readonly name: string
  readonly sizeBytes: number
  readonly mimeType: string
}

/** A card as it is kept. */
export interface StoredCard {
  readonly number: number
  readonly id: string
  readonly type: CardType
  readonly content: string
  readonly url: string | null
  readonly notes: string | null
  /** Of the page behind the url, if anything is known of it. */
  readonly title: string | null
  readonly description: string | null
  readonly tags: readonly string[]
  readonly isFavorited: boolean
  readonly createdAt: number
  readonly updatedAt: number
  /** Null outside the trash. */
  readonly deletedAt: number | null
  readonly file: Attachment | null
  /** Undefined for cards of which nothing is to be found out, and for those that came just now. */
  readonly processed?: Processed | undefined
  /** Undefined where no model has said anything. */
  readonly ai?: AiResults | undefined
}

/** A card that was searched for. */
export interface FoundCard extends StoredCard {
  /** The beginning of what its file or page says, where that was asked for. */
  readonly extracted: string | null
}

export interface InsertedCard {
  readonly id: string
  readonly type: CardType
  readonly content: string
  readonly url: string | null
  readonly notes: string | null
  readonly source: string | null
  readonly title?: string | null | undefined
  readonly tags: readonly string[]
  readonly createdAt: number
  /** `createdAt` unless told: what comes from elsewhere is older than its row. */
  readonly updatedAt?: number | undefined
  readonly file?: (Attachment & { readonly id: string }) | undefined
}

export interface CardChanges {
  readonly type?: CardType | undefined
  readonly content?: string | undefined
  readonly url?: string | undefined
  readonly notes?: string | null | undefined
  readonly title?: string | null | undefined
  readonly description?: string | null | undefined
  readonly tags?: readonly string[] | undefined
}

export interface CardOrder {
  readonly sort: 'newest' | 'oldest'
  readonly after: Position | undefined
  readonly limit: number
}

const COLUMNS = [
  'cards.number',
  'cards.id',
  'cards.type',
  'cards.content',
  'cards.url',
  'cards.notes',
  'cards.title',
  'cards.description',
  'cards.is_favorited',
  'cards.created_at',
  'cards.updated_at',
  'cards.deleted_at',
  'cards.file_id',
  'cards.file_name',
  'cards.file_size',
  'cards.mime_type',
] as const

export type CardRepo = ReturnType<typeof cardRepo>

/** Cards outside the trash. Every change also changes the index, so `db` is to be a transaction for them. */
export const cardRepo = (db: Db, index: CardIndex) => {
  const tags = tagRepo(db)

  const toCards = async (accountId: string, rows: readonly CardRow[]): Promise<StoredCard[]> => {
    const numbers = rows.map(({ number }) => number)
    const [tagsOf, processed] = [await tags.of(accountId, numbers), await processedOf(db, numbers)]
    const said = await aiResultsOf(db, numbers)
    return rows.map((row) => ({
      ...toCard(row, tagsOf.get(row.number) ?? []),
      processed: processed.get(row.number),
      ai: said.get(row.number),
    }))
  }
  const toIndex = (accountId: string, { number }: Pick<StoredCard, 'number'>): Promise<void> =>
    index.refresh(db, accountId, number)

  return {
    async insert(accountId: string, card: InsertedCard): Promise<StoredCard> {
      const { id, type, content, url, notes, source, title = null, createdAt, updatedAt = createdAt, file } = card
      const own = { id, account_id: accountId, created_at: createdAt, updated_at: updatedAt, is_favorited: 0 }
      const attached =
        file === undefined
          ? {}
          : { file_id: file.id, file_name: file.name, file_size: file.sizeBytes, mime_type: file.mimeType }
      const row = await db
        .insertInto('cards')
        .values({ ...own, type, content, url, notes, source, title, ...attached })
        .returning(COLUMNS)
        .executeTakeFirstOrThrow()
      const stored = toCard(row, card.tags)
      await tags.replace(accountId, row.number, card.tags)
      await toIndex(accountId, stored)
      return stored
    },

    async find(accountId: string, id: string): Promise<StoredCard | undefined> {
      const row = await owned(db, accountId, id)
      return row === undefined ? undefined : (await toCards(accountId, [row]))[0]
    },

    /** The newest card with exactly this url. */
    async findByUrl(accountId: string, url: string): Promise<StoredCard | undefined> {
      const row = await db
        .selectFrom('cards')
        .select(COLUMNS)
        .where('account_id', '=', accountId)
        .where('deleted_at', 'is', null)
        .where(sql<string>`substr(url, 1, 200)`, '=', sql<string>`substr(${url}, 1, 200)`)
        .where('url', '=', url)
        .orderBy('number', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row === undefined ? undefined : (await toCards(accountId, [row]))[0]
    },

    async update(
      accountId: string,
      id: string,
      changes: CardChanges,
      updatedAt: number,
    ): Promise<StoredCard | undefined> {
      const { tags: names, ...columns } = changes
      const row = await db
        .updateTable('cards')
        .set({ ...columns, updated_at: updatedAt })
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .returning(COLUMNS)
        .executeTakeFirst()
      if (row === undefined) return undefined
      if (names !== undefined) await tags.replace(accountId, row.number, names)
      const [card] = await toCards(accountId, [row])
      if (card !== undefined) await toIndex(accountId, card)
      return card
    },

    async setFavorite(
      accountId: string,
      id: string,
      favorited: boolean,
      updatedAt: number,
    ): Promise<StoredCard | undefined> {
      const row = await db
        .updateTable('cards')
        .set({ is_favorited: favorited ? 1 : 0, updated_at: updatedAt })
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .returning(COLUMNS)
        .executeTakeFirst()
      const [card] = row === undefined ? [] : await toCards(accountId, [row])
      if (card !== undefined) await toIndex(accountId, card)
      return card
    },

    /** Into the trash, there to be found by searches of the trash only. @returns false if there is no such card outside it. */
    async delete(accountId: string, id: string, deletedAt: number): Promise<boolean> {
      const row = await db
        .updateTable('cards')
        .set({ deleted_at: deletedAt, updated_at: deletedAt })
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .returning('number')
        .executeTakeFirst()
      if (row !== undefined) await toIndex(accountId, row)
      return row !== undefined
    },

    /** Out of the trash. */
    async restore(accountId: string, id: string, updatedAt: number): Promise<StoredCard | undefined> {
      const row = await db
        .updateTable('cards')
        .set({ deleted_at: null, updated_at: updatedAt })
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .where('deleted_at', 'is not', null)
        .returning(COLUMNS)
        .executeTakeFirst()
      const [card] = row === undefined ? [] : await toCards(accountId, [row])
      if (card !== undefined) await toIndex(accountId, card)
      return card
    },

    /** What is in the trash, the last that came there first. */
    async trashed(accountId: string, after: Position | undefined, limit: number): Promise<StoredCard[]> {
      let query = db.selectFrom('cards').where('account_id', '=', accountId).where('deleted_at', 'is not', null)
      if (after !== undefined)
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('cards.deleted_at', 'cards.id'), '<', tuple(after.createdAt, after.id)),
        )
      const rows = await query
        .select(COLUMNS)
        .orderBy('deleted_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return toCards(accountId, rows)
    },

    /** These cards, in no order, also from the trash; what is not there is left out. */
    async findAll(accountId: string, ids: readonly string[]): Promise<StoredCard[]> {
      if (ids.length === 0) return []
      const rows = await db
        .selectFrom('cards')
        .select(COLUMNS)
        .where(isOwn(accountId))
        .where('id', 'in', [...ids])
        .execute()
      return toCards(accountId, rows)
    },

    /** Gives a card other tags, also in the trash. */
    async retag(accountId: string, card: StoredCard, names: readonly string[], updatedAt: number): Promise<void> {
      await tags.replace(accountId, card.number, names)
      await db
        .updateTable('cards')
        .set({ updated_at: updatedAt })
        .where('account_id', '=', accountId)
        .where('number', '=', card.number)
        .execute()
      await toIndex(accountId, card)
    },

    /** What these conditions are true of, in the order of creation; `limit` cards at most. */
    async list(
      accountId: string,
      conditions: readonly RawBuilder<boolean>[],
      { sort, after, limit }: CardOrder,
    ): Promise<StoredCard[]> {
      const [beyond, direction] = sort === 'newest' ? (['<', 'desc'] as const) : (['>', 'asc'] as const)
      let query = db.selectFrom('cards').where('cards.account_id', '=', accountId)
      for (const condition of conditions) query = query.where(condition)
      if (after !== undefined) {
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('cards.created_at', 'cards.id'), beyond, tuple(after.createdAt, after.id)),
        )
      }
      const rows = await query
        .select(COLUMNS)
        .orderBy('cards.created_at', direction)
        .orderBy('cards.id', direction)
        .limit(limit)
        .execute()
      return toCards(accountId, rows)
    },

    /** Cards by their numbers, in that order. @param textLength How much to read of what their files say, in letters. */
    async numbered(accountId: string, numbers: readonly number[], textLength: number): Promise<FoundCard[]> {
      if (numbers.length === 0) return []
      // What there is one of for a card comes with it: each question takes longer on its way than to be answered.
      const rows = await db
        .selectFrom('cards')
        .leftJoin('card_processing', 'card_processing.card_number', 'cards.number')
        .leftJoin('card_ai', (on) => on.onRef('card_ai.card_number', '=', 'cards.number').on(isSaid))
        .$if(textLength > 0, (query) => query.leftJoin('card_texts', 'card_texts.card_number', 'cards.number'))
        .select(COLUMNS)
        .select(['card_processing.state', 'card_processing.stages', 'card_processing.found'])
        .select(['card_ai.card_number as said'])
        .select((textLength > 0 ? beginning(textLength) : sql<null>`null`).as('extracted'))
        .where(isOwn(accountId, 'cards.account_id'))
        .where('cards.number', 'in', [...numbers])
        .execute()
      const tagsOf = await tags.of(accountId, numbers)
      const said = await aiResultsOf(
        db,
        rows.flatMap((row) => row.said ?? []),
      )
      const cards = new Map(
        rows.map(({ state, stages, found, extracted, ...row }) => [
          row.number,
          {
            ...toCard(row, tagsOf.get(row.number) ?? []),
            processed: state === null || stages === null ? undefined : toProcessed({ state, stages, found }),
            ai: said.get(row.number),
            extracted,
          },
        ]),
      )
      return numbers.flatMap((number) => cards.get(number) ?? [])
    },
  }
}

const isSaid = sql<boolean>`card_ai.state = 'completed'`
const beginning = (length: number): RawBuilder<string | null> =>
  sql`substr(card_texts.extracted, 1, ${sql.lit(length)})`

type CardRow = Pick<
  Selectable<CardsTable>,
  | 'number'
  | 'id'
  | 'type'
  | 'content'
  | 'url'
  | 'notes'
  | 'title'
  | 'description'
  | 'is_favorited'
  | 'created_at'
  | 'updated_at'
  | 'deleted_at'
  | 'file_id'
  | 'file_name'
  | 'file_size'
  | 'mime_type'
>

const owned = (db: Db, accountId: string, id: string): Promise<CardRow | undefined> =>
  db
    .selectFrom('cards')
    .select(COLUMNS)
    .where('account_id', '=', accountId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()

const toCard = (row: CardRow, tags: readonly string[]): StoredCard => ({
  number: row.number,
  id: row.id,
  type: row.type,
  content: row.content,
  url: row.url,
  notes: row.notes,
  title: row.title,
  description: row.description,
  tags,
  isFavorited: row.is_favorited === 1,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  deletedAt: row.deleted_at,
  file:
    row.file_name === null
      ? null
      : { id: row.file_id, name: row.file_name, sizeBytes: row.file_size ?? 0, mimeType: row.mime_type ?? '' },
})
