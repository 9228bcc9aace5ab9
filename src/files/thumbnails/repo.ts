import type { Db } from '../../platform/db/index.ts'
import { FILE_COLUMNS, type StoredFile } from '../files/repo.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    thumbnails: {
      sha256: Buffer
      edge: number
      blob_id: string
      /** Null: there is none, and it is not tried again before `retry_at`. */
      content: Buffer | null
      size_bytes: number
      used_at: number
      retry_at: number | null
    }
  }
}

/** What was made of an image, or that nothing could be. */
export interface StoredThumbnail {
  readonly content: Buffer | null
  readonly used_at: number
  readonly retry_at: number | null
}

export interface NewThumbnail {
  readonly edge: number
  readonly content: Buffer | null
  readonly retryAt: number | null
}

// A row is written once a day and not for each look.
const USE_MS = 86_400_000
const AT_ONCE = 200

export type ThumbnailRepo = ReturnType<typeof thumbnailRepo>

/** Thumbnails by the hash of what they show, so that all copies share them. Whoever asks may see the file. */
export const thumbnailRepo = (db: Db) => ({
  find: (sha256: Buffer, edge: number): Promise<StoredThumbnail | undefined> =>
    db
      .selectFrom('thumbnails')
      .select(['content', 'used_at', 'retry_at'])
      .where('sha256', '=', sha256)
      .where('edge', '=', edge)
      .executeTakeFirst(),

  /** The edges of which something is known. */
  async known(sha256: Buffer): Promise<number[]> {
    const rows = await db.selectFrom('thumbnails').select('edge').where('sha256', '=', sha256).execute()
    return rows.map(({ edge }) => edge)
  },

  async put(
    { sha256, blob_id }: Pick<StoredFile, 'sha256' | 'blob_id'>,
    { edge, content, retryAt }: NewThumbnail,
    at: number,
  ): Promise<void> {
    const made = { blob_id, content, size_bytes: content?.length ?? 0, used_at: at, retry_at: retryAt }
    await db
      .insertInto('thumbnails')
      .values({ sha256, edge, ...made })
      .onConflict((oc) => oc.columns(['sha256', 'edge']).doUpdateSet(made))
      .execute()
  },

  async noteUse(sha256: Buffer, edge: number, { used_at }: StoredThumbnail, nowMs: number): Promise<void> {
    if (used_at > nowMs - USE_MS) return
    await db
      .updateTable('thumbnails')
      .set({ used_at: nowMs })
      .where('sha256', '=', sha256)
      .where('edge', '=', edge)
      .execute()
  },

  /** For jobs, which act for nobody. Also a file in the trash. */
  findFile: (id: string): Promise<StoredFile | undefined> =>
    db
      .selectFrom('files')
      .innerJoin('blobs', 'blobs.id', 'files.blob_id')
      .select(FILE_COLUMNS)
      .where('files.id', '=', id)
      .executeTakeFirst(),

  /** Those of bytes that no file has any more. @returns How many went. */
  async deleteOrphans(): Promise<number> {
    const rows = await db
      .deleteFrom('thumbnails')
      .where((eb) =>
        eb.not(
          eb.exists(eb.selectFrom('files').select('files.id').whereRef('files.blob_id', '=', 'thumbnails.blob_id')),
        ),
      )
      .executeTakeFirst()
    return Number(rows.numDeletedRows)
  },

  /** The sum of all, in bytes. */
  async totalBytes(): Promise<number> {
    const { total } = await db
      .selectFrom('thumbnails')
      .select((eb) => eb.fn.coalesce(eb.fn.sum<number>('size_bytes'), eb.lit(0)).as('total'))
      .executeTakeFirstOrThrow()
    return Number(total)
  },

  /** The ones that were used least lately. */
  oldest: () =>
    db.selectFrom('thumbnails').select(['sha256', 'edge', 'size_bytes']).orderBy('used_at').limit(AT_ONCE).execute(),

  async delete(sha256: Buffer, edge: number): Promise<void> {
    await db.deleteFrom('thumbnails').where('sha256', '=', sha256).where('edge', '=', edge).execute()
  },
})
