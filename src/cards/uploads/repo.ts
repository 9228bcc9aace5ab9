import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    card_uploads: {
      id: string
      account_id: string
      file_name: string
      mime_type: string
      size_bytes: number
      file_id: string | null
      sha256: string | null
      created_at: number
    }
    card_file_releases: { file_id: string; account_id: string }
  }
}

/** A file that was announced. `file_id` and `sha256` are null until it came. */
export interface StoredUpload {
  readonly id: string
  readonly account_id: string
  readonly file_name: string
  readonly mime_type: string
  readonly size_bytes: number
  readonly file_id: string | null
  readonly sha256: string | null
}

const COLUMNS = ['id', 'account_id', 'file_name', 'mime_type', 'size_bytes', 'file_id', 'sha256'] as const

export const uploadRepo = (db: Db) => ({
  async insert(upload: Omit<StoredUpload, 'file_id' | 'sha256'>, at: number): Promise<void> {
    await db
      .insertInto('card_uploads')
      .values({ ...upload, created_at: at })
      .execute()
  },

  /** Whoever asks has an address that was signed for it. */
  find: (id: string): Promise<StoredUpload | undefined> =>
    db.selectFrom('card_uploads').select(COLUMNS).where('id', '=', id).executeTakeFirst(),

  findOwn: (accountId: string, id: string): Promise<StoredUpload | undefined> =>
    db
      .selectFrom('card_uploads')
      .select(COLUMNS)
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .executeTakeFirst(),

  /** @returns false if it is gone. */
  async setFile(id: string, fileId: string, sha256: string): Promise<boolean> {
    const row = await db
      .updateTable('card_uploads')
      .set({ file_id: fileId, sha256 })
      .where('id', '=', id)
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  },

  /** @returns What it was; undefined if somebody else has taken it, or its file is another one now. */
  take: (accountId: string, id: string, fileId: string): Promise<StoredUpload | undefined> =>
    db
      .deleteFrom('card_uploads')
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .where('file_id', '=', fileId)
      .returning(COLUMNS)
      .executeTakeFirst(),

  /** Announced before this moment. */
  older: (before: number, limit: number): Promise<StoredUpload[]> =>
    db.selectFrom('card_uploads').select(COLUMNS).where('created_at', '<', before).limit(limit).execute(),

  async delete(id: string): Promise<boolean> {
    const row = await db.deleteFrom('card_uploads').where('id', '=', id).returning('id').executeTakeFirst()
    return row !== undefined
  },

  /** Notes that a file is needed no more. */
  async release(accountId: string, fileId: string): Promise<void> {
    await db
      .insertInto('card_file_releases')
      .values({ account_id: accountId, file_id: fileId })
      .onConflict((oc) => oc.column('file_id').doNothing())
      .execute()
  },

  released: (limit: number): Promise<{ file_id: string; account_id: string }[]> =>
    db.selectFrom('card_file_releases').select(['file_id', 'account_id']).limit(limit).execute(),

  async forgetRelease(fileId: string): Promise<void> {
    await db.deleteFrom('card_file_releases').where('file_id', '=', fileId).execute()
  },

  /**
   * Whether any card holds the file, also in the trash.
   *
   * @returns Whose card it is, and whether that account may do anything at all.
   */
  async holderOf(fileId: string): Promise<{ accountId: string; isActive: boolean } | undefined> {
    const row = await db
      .selectFrom('cards')
      .innerJoin('accounts', 'accounts.id', 'cards.account_id')
      .select(['cards.account_id', 'accounts.status'])
      .where('cards.file_id', '=', fileId)
      .limit(1)
      .executeTakeFirst()
    return row && { accountId: row.account_id, isActive: row.status === 'active' }
  },
})
