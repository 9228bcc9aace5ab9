import { type Db, prepared, type SqlDialect } from '../../platform/db/index.ts'
import type {} from '../shares/repo.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    file_counters: CountersRow & { account_id: string }
  }
}

/** What is counted of an account. Equal numbers in `version` mean equal numbers everywhere. */
export interface CountersRow {
  /** Outside the trash. */
  readonly files: number
  readonly size_bytes: number
  /** How many of the files lie in places of teams. */
  readonly team_files: number
  /** What the trash holds comes on top of `size_bytes`. */
  readonly trash_bytes: number
  readonly downloads: number
  readonly share_links: number
  readonly version: number
}

/** What a change adds; negative where something goes away. */
export interface Addition {
  readonly files?: number
  readonly sizeBytes?: number
  readonly teamFiles?: number
  readonly trashBytes?: number
  readonly downloads?: number
  readonly shareLinks?: number
}

export const NO_COUNTERS: CountersRow = {
  files: 0,
  size_bytes: 0,
  team_files: 0,
  trash_bytes: 0,
  downloads: 0,
  share_links: 0,
  version: 0,
}

const COLUMNS = ['files', 'size_bytes', 'team_files', 'trash_bytes', 'downloads', 'share_links', 'version'] as const

export const counterRepo = (db: Db) => ({
  async find(accountId: string): Promise<CountersRow> {
    const row = await db
      .selectFrom('file_counters')
      .select(COLUMNS)
      .where('account_id', '=', accountId)
      .executeTakeFirst()
    return row ?? NO_COUNTERS
  },

  async findWithExpiry(accountId: string, nowMs: number): Promise<CountersRow & { readonly has_expired: number }> {
    const [row] = await withExpiry(db, { accountId, nowMs })
    return row ?? { ...NO_COUNTERS, has_expired: 0 }
  },

  /** The counters, and until the end of the transaction nobody else changes anything that is counted of the account. */
  async lock(accountId: string, dialect: SqlDialect): Promise<CountersRow> {
    // SQLite's transactions wait for each other anyway.
    if (dialect === 'sqlite') return this.find(accountId)
    return db
      .insertInto('file_counters')
      .values({ account_id: accountId, ...NO_COUNTERS })
      .onConflict((conflict) => conflict.column('account_id').doUpdateSet({ account_id: accountId }))
      .returning(COLUMNS)
      .executeTakeFirstOrThrow()
  },

  add(accountId: string, addition: Addition): Promise<CountersRow> {
    const { files = 0, sizeBytes = 0, teamFiles = 0, trashBytes = 0, downloads = 0, shareLinks = 0 } = addition
    const held = { files, size_bytes: sizeBytes, team_files: teamFiles, trash_bytes: trashBytes }
    const first = { ...held, downloads, share_links: shareLinks, version: 1 }
    return db
      .insertInto('file_counters')
      .values({ account_id: accountId, ...first })
      .onConflict((conflict) =>
        conflict.column('account_id').doUpdateSet((eb) => ({
          files: eb('file_counters.files', '+', files),
          size_bytes: eb('file_counters.size_bytes', '+', sizeBytes),
          team_files: eb('file_counters.team_files', '+', teamFiles),
          trash_bytes: eb('file_counters.trash_bytes', '+', trashBytes),
          downloads: eb('file_counters.downloads', '+', downloads),
          share_links: eb('file_counters.share_links', '+', shareLinks),
          version: eb('file_counters.version', '+', 1),
        })),
      )
      .returning(COLUMNS)
      .executeTakeFirstOrThrow()
  },
})

/** The counters, and whether links that have expired are still in them: both as they are at one moment. */
const withExpiry = prepared((db, { accountId, nowMs }: { accountId: string; nowMs: number }) =>
  db
    .selectFrom('file_counters')
    .select(COLUMNS)
    .select(({ case: when, exists, selectFrom }) =>
      when()
        .when(
          exists(
            selectFrom('shares')
              .select('id')
              .whereRef('shares.account_id', '=', 'file_counters.account_id')
              .where('ended_at', 'is', null)
              .where('expires_at', '<=', nowMs),
          ),
        )
        .then(1)
        .else(0)
        .end()
        .as('has_expired'),
    )
    .where('account_id', '=', accountId),
)
