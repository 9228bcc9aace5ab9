import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    shares: {
      id: string
      account_id: string
      file_id: string | null
      folder_id: string | null
      token: string
      password_hash: string | null
      password_version: number
      disposition: string
      expires_at: number | null
      max_downloads: number | null
      downloads: number
      created_at: number
      disabled_at: number | null
    }
  }
}

/** A link under which somebody can download a file now. */
export interface LiveShare {
  readonly file_id: string | null
  readonly token: string
  readonly password_hash: string | null
  readonly expires_at: number | null
  readonly max_downloads: number | null
  readonly downloads: number
}

export const shareRepo = (db: Db) => ({
  /** The newest live link of each of these files that has one, by the file's id. */
  async newestOf(accountId: string, fileIds: readonly string[], nowMs: number): Promise<Map<string, LiveShare>> {
    if (fileIds.length === 0) return new Map()
    const rows = await db
      .selectFrom('shares')
      .select(['file_id', 'token', 'password_hash', 'expires_at', 'max_downloads', 'downloads'])
      .where('account_id', '=', accountId)
      .where('file_id', 'in', fileIds)
      .where('disabled_at', 'is', null)
      .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', nowMs)]))
      .where((eb) => eb.or([eb('max_downloads', 'is', null), eb('downloads', '<', eb.ref('max_downloads'))]))
      // Later rows replace earlier ones below.
      .orderBy('created_at')
      .orderBy('id')
      .execute()
    return new Map(rows.map((row) => [row.file_id ?? '', row]))
  },

  /** @returns How many links of the file this disabled. */
  async disableAll(accountId: string, fileId: string, disabledAt: number): Promise<number> {
    const rows = await db
      .updateTable('shares')
      .set({ disabled_at: disabledAt })
      .where('account_id', '=', accountId)
      .where('file_id', '=', fileId)
      .where('disabled_at', 'is', null)
      .returning('id')
      .execute()
    return rows.length
  },
})
