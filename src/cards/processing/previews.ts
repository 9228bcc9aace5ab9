import { sql } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import { newId } from '../../platform/ids.ts'

const PART_BYTES = 1024 * 1024

/** A picture that belongs to a card. */
export interface Preview {
  readonly kind: 'image' | 'icon' | 'thumbnail'
  readonly mediaType: string
  readonly bytes: Buffer
}

/** Pictures of cards, kept in the database: they appear and go in the transaction of the card that they belong to. */
export const previewRepo = (db: Db) => ({
  /** @returns The id. */
  async insert(cardNumber: number, { kind, mediaType, bytes }: Preview, at: number): Promise<string> {
    const id = newId('prev')
    const row = { id, card_number: cardNumber, kind, media_type: mediaType, size_bytes: bytes.length, created_at: at }
    await db.insertInto('card_previews').values(row).execute()
    for (let position = 0; position * PART_BYTES < bytes.length; position += 1) {
      const part = bytes.subarray(position * PART_BYTES, (position + 1) * PART_BYTES)
      await db.insertInto('card_preview_parts').values({ preview_id: id, position, bytes: part }).execute()
    }
    return id
  },

  async find(id: string): Promise<Pick<Preview, 'mediaType' | 'bytes'> | undefined> {
    const row = await db.selectFrom('card_previews').select('media_type').where('id', '=', id).executeTakeFirst()
    if (row === undefined) return undefined
    const parts = await db
      .selectFrom('card_preview_parts')
      .select('bytes')
      .where('preview_id', '=', id)
      .orderBy('position')
      .execute()
    return { mediaType: row.media_type, bytes: Buffer.concat(parts.map(({ bytes }) => bytes)) }
  },

  /** Forgets all of a card's but these. */
  async keepOnly(cardNumber: number, ids: readonly string[]): Promise<void> {
    let query = db.deleteFrom('card_previews').where('card_number', '=', cardNumber)
    if (ids.length > 0) query = query.where('id', 'not in', [...ids])
    await query.execute()
  },

  /** Forgets what no card names. @returns How many that were. */
  async sweep(before: number): Promise<number> {
    const orphans = await db
      .deleteFrom('card_previews')
      .where('created_at', '<', before)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('card_processing')
              .select('card_number')
              .whereRef('card_processing.card_number', '=', 'card_previews.card_number')
              .where(sql<boolean>`found like '%"' || card_previews.id || '"%'`),
          ),
        ),
      )
      .returning('id')
      .execute()
    return orphans.length
  },
})
