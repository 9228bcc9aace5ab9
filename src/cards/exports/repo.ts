import { sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    card_origins: { card_number: number; imported_at: number; updated_at: number; deleted_at: number | null }
  }
}

/** What a card was before it was imported; true of it until it changes here. */
export interface Origin {
  readonly importedAt: number
  readonly updatedAt: number
  readonly deletedAt: number | null
}

/** What is in no list of cards. */
export interface CardDetails {
  readonly source: string | null
  /** What its file or page says. */
  readonly text: string | null
  readonly origin: Origin | undefined
}

export interface PreviewRow {
  readonly id: string
  readonly card_number: number
  readonly kind: 'image' | 'icon' | 'thumbnail'
  readonly media_type: string
}

export const exportRepo = (db: Db) => ({
  /** How far an export goes that begins now, and whether its text may reach 4 GiB. */
  async extent(accountId: string): Promise<{ upTo: number; textLength: number }> {
    const row = await db
      .selectFrom('cards')
      .leftJoin('card_texts', 'card_texts.card_number', 'cards.number')
      .select(({ fn }) => fn.max('cards.number').as('upTo'))
      .select(
        sql<number>`sum(length(content) + coalesce(length(notes), 0) + coalesce(length(extracted), 0) + 4096)`.as(
          'textLength',
        ),
      )
      .where('cards.account_id', '=', accountId)
      .executeTakeFirst()
    return { upTo: Number(row?.upTo ?? 0), textLength: Number(row?.textLength ?? 0) }
  },

  /** By card number. */
  async details(numbers: readonly number[]): Promise<Map<number, CardDetails>> {
    if (numbers.length === 0) return new Map()
    const rows = await db
      .selectFrom('cards')
      .leftJoin('card_texts', 'card_texts.card_number', 'cards.number')
      .leftJoin('card_origins', 'card_origins.card_number', 'cards.number')
      .select(['cards.number', 'cards.source', 'card_texts.extracted', 'card_origins.imported_at'])
      .select(['card_origins.updated_at as origin_updated_at', 'card_origins.deleted_at as origin_deleted_at'])
      .where('cards.number', 'in', [...numbers])
      .execute()
    return new Map(
      rows.map((row) => {
        const { imported_at: importedAt, origin_updated_at: updatedAt, origin_deleted_at: deletedAt } = row
        const origin = importedAt === null || updatedAt === null ? undefined : { importedAt, updatedAt, deletedAt }
        return [row.number, { source: row.source, text: row.extracted, origin }]
      }),
    )
  },

  previews: (numbers: readonly number[]): Promise<PreviewRow[]> =>
    numbers.length === 0
      ? Promise.resolve([])
      : db
          .selectFrom('card_previews')
          .select(['id', 'card_number', 'kind', 'media_type'])
          .where('card_number', 'in', [...numbers])
          .orderBy('card_number')
          .orderBy('kind')
          .execute(),

  async putOrigin(cardNumber: number, { importedAt, updatedAt, deletedAt }: Origin): Promise<void> {
    await db
      .insertInto('card_origins')
      .values({ card_number: cardNumber, imported_at: importedAt, updated_at: updatedAt, deleted_at: deletedAt })
      .execute()
  },
})
