import type { Generated } from 'kysely'
import { type Db, inBatches } from '../../platform/db/index.ts'
import type { Position } from '../../platform/http/cursor.ts'
import type { ShareKind, ShareState } from './contract.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    shares: {
      id: string
      kind: Generated<ShareKind>
      account_id: string
      file_id: string | null
      folder_id: string | null
      token: string
      name: string | null
      password_hash: string | null
      password_version: number
      disposition: string
      expires_at: number | null
      max_downloads: number | null
      downloads: number
      max_file_bytes: number | null
      max_files: number | null
      files_received: Generated<number>
      created_at: number
      disabled_at: number | null
      ended_at: number | null
    }
  }
}

/** A link as it is kept. Moments are milliseconds. */
export interface StoredShare {
  readonly id: string
  readonly kind: ShareKind
  readonly account_id: string
  readonly file_id: string | null
  readonly folder_id: string | null
  readonly token: string
  readonly name: string | null
  readonly password_hash: string | null
  /** Changes with the password: what was unlocked with another one is locked again. */
  readonly password_version: number
  readonly disposition: string
  readonly expires_at: number | null
  readonly max_downloads: number | null
  readonly downloads: number
  readonly max_file_bytes: number | null
  readonly max_files: number | null
  readonly files_received: number
  readonly created_at: number
  readonly disabled_at: number | null
  /** Since when the link is not counted as active; null while it is. */
  readonly ended_at: number | null
}

const COLUMNS = [
  'id',
  'kind',
  'account_id',
  'file_id',
  'folder_id',
  'token',
  'name',
  'password_hash',
  'password_version',
  'disposition',
  'expires_at',
  'max_downloads',
  'downloads',
  'max_file_bytes',
  'max_files',
  'files_received',
  'created_at',
  'disabled_at',
  'ended_at',
] as const

/** What a link is at a moment. The moment decides about expiry, whether or not a sweep has come by. */
export const stateOf = (share: Omit<StoredShare, 'ended_at'>, nowMs: number): ShareState => {
  if (share.disabled_at !== null) return 'disabled'
  if (share.expires_at !== null && share.expires_at <= nowMs) return 'expired'
  const isFull =
    (share.max_downloads !== null && share.downloads >= share.max_downloads) ||
    (share.max_files !== null && share.files_received >= share.max_files)
  return isFull ? 'exhausted' : 'active'
}

/** A link under which somebody can download a file now. */
export type LiveShare = Pick<
  StoredShare,
  'file_id' | 'token' | 'password_hash' | 'expires_at' | 'max_downloads' | 'downloads'
>

export interface SharesFilter {
  readonly fileId: string | undefined
  readonly folderId: string | undefined
  readonly after: Position | undefined
  readonly limit: number
}

type ShareUpdate = Partial<
  Pick<
    StoredShare,
    | 'name'
    | 'password_hash'
    | 'password_version'
    | 'disposition'
    | 'expires_at'
    | 'max_downloads'
    | 'max_file_bytes'
    | 'max_files'
    | 'disabled_at'
  >
>

export type ShareRepo = ReturnType<typeof shareRepo>

export const shareRepo = (db: Db) => {
  const counted = (accountId: string) =>
    db.selectFrom('shares').where('account_id', '=', accountId).where('ended_at', 'is', null)
  const disable = async (accountId: string, column: 'file_id' | 'folder_id', ids: readonly string[], atMs: number) => {
    let ended = 0
    for (const batch of inBatches(ids)) {
      ended += (await counted(accountId).select('id').where(column, 'in', batch).execute()).length
      await db
        .updateTable('shares')
        .set((eb) => ({ disabled_at: atMs, ended_at: eb.fn.coalesce('ended_at', eb.val(atMs)) }))
        .where('account_id', '=', accountId)
        .where(column, 'in', batch)
        .where('disabled_at', 'is', null)
        .execute()
    }
    return ended
  }

  return {
    async insert(share: StoredShare): Promise<void> {
      await db.insertInto('shares').values(share).execute()
    },

    find: (accountId: string, id: string): Promise<StoredShare | undefined> =>
      db
        .selectFrom('shares')
        .select(COLUMNS)
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .executeTakeFirst(),

    /** For who holds the link. One of an account that was switched off is as disabled as the account. */
    findByToken: (token: string): Promise<(StoredShare & { readonly account_status: string }) | undefined> =>
      db
        .selectFrom('shares')
        .innerJoin('accounts', 'accounts.id', 'shares.account_id')
        .select(COLUMNS.map((column) => `shares.${column}` as const))
        .select('accounts.status as account_status')
        .where('shares.token', '=', token)
        .executeTakeFirst(),

    /** The newest first. */
    list(accountId: string, { fileId, folderId, after, limit }: SharesFilter): Promise<StoredShare[]> {
      let query = db.selectFrom('shares').select(COLUMNS).where('account_id', '=', accountId)
      if (fileId !== undefined) query = query.where('file_id', '=', fileId)
      if (folderId !== undefined) query = query.where('folder_id', '=', folderId)
      if (after !== undefined) {
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
        )
      }
      return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
    },

    async update(accountId: string, id: string, set: ShareUpdate): Promise<void> {
      if (Object.keys(set).length === 0) return
      await db.updateTable('shares').set(set).where('account_id', '=', accountId).where('id', '=', id).execute()
    },

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

    /**
     * Disables the links of a file. Whoever deletes files or folders for good calls these first, in the transaction
     * of the figures: rows that go away with the file could not be taken out of them any more.
     *
     * @returns How many active links this took away: what the figures lose.
     */
    disableAll: (accountId: string, fileId: string, atMs: number): Promise<number> =>
      disable(accountId, 'file_id', [fileId], atMs),
    disableOfFiles: (accountId: string, fileIds: readonly string[], atMs: number): Promise<number> =>
      disable(accountId, 'file_id', fileIds, atMs),
    disableOfFolders: (accountId: string, folderIds: readonly string[], atMs: number): Promise<number> =>
      disable(accountId, 'folder_id', folderIds, atMs),

    /**
     * Takes one of the downloads that the link allows. The one statement decides: of many at once exactly as many get
     * one as there are.
     *
     * @returns False if none is left, or the link has ended otherwise.
     */
    async takeDownload(id: string, nowMs: number): Promise<boolean> {
      const taken = await db
        .updateTable('shares')
        .set((eb) => ({ downloads: eb('downloads', '+', 1) }))
        .where('id', '=', id)
        .where('disabled_at', 'is', null)
        .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', nowMs)]))
        .where((eb) => eb.or([eb('max_downloads', 'is', null), eb('downloads', '<', eb.ref('max_downloads'))]))
        .returning('id')
        .executeTakeFirst()
      return taken !== undefined
    },

    /** The same for one of the files that a request takes. */
    async takePlace(id: string, nowMs: number): Promise<boolean> {
      const taken = await db
        .updateTable('shares')
        .set((eb) => ({ files_received: eb('files_received', '+', 1) }))
        .where('id', '=', id)
        .where('disabled_at', 'is', null)
        .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', nowMs)]))
        .where((eb) => eb.or([eb('max_files', 'is', null), eb('files_received', '<', eb.ref('max_files'))]))
        .returning('id')
        .executeTakeFirst()
      return taken !== undefined
    },

    /** For a file that did not come. */
    async givePlaceBack(id: string): Promise<void> {
      await db
        .updateTable('shares')
        .set((eb) => ({ files_received: eb('files_received', '-', 1) }))
        .where('id', '=', id)
        .where('files_received', '>', 0)
        .execute()
    },

    /**
     * Brings the mark of the figures in line with what the link is now. To be called after every change of a link, in
     * the transaction of the figures.
     *
     * @returns What the figures gain: 1, 0 or -1.
     */
    async settle(accountId: string, id: string, nowMs: number): Promise<number> {
      const share = await this.find(accountId, id)
      if (share === undefined) return 0
      const isActive = stateOf(share, nowMs) === 'active'
      if (isActive === (share.ended_at === null)) return 0
      await db
        .updateTable('shares')
        .set({ ended_at: isActive ? null : nowMs })
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .execute()
      return isActive ? 1 : -1
    },

    /** Ends what has expired. @returns How many active links the figures lose. */
    async endExpired(accountId: string, nowMs: number): Promise<number> {
      const ended = await db
        .updateTable('shares')
        .set({ ended_at: nowMs })
        .where('account_id', '=', accountId)
        .where('ended_at', 'is', null)
        .where('expires_at', '<=', nowMs)
        .returning('id')
        .execute()
      return ended.length
    },

    async hasExpired(accountId: string, nowMs: number): Promise<boolean> {
      return (await counted(accountId).select('id').where('expires_at', '<=', nowMs).executeTakeFirst()) !== undefined
    },

    /** Whose figures still hold links that have expired. */
    async accountsWithExpired(nowMs: number, limit: number): Promise<string[]> {
      const rows = await db
        .selectFrom('shares')
        .select('account_id')
        .distinct()
        .where('ended_at', 'is', null)
        .where('expires_at', '<=', nowMs)
        .limit(limit)
        .execute()
      return rows.map(({ account_id }) => account_id)
    },

    /** When the next counted link expires; null if none does. */
    async nextExpiry(): Promise<number | null> {
      const { next } = await db
        .selectFrom('shares')
        .select((eb) => eb.fn.min('expires_at').as('next'))
        .where('ended_at', 'is', null)
        .executeTakeFirstOrThrow()
      return next
    },
  }
}
