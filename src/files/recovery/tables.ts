/** A table that belongs into an index of the drive. */
export interface KeptTable {
  readonly name: string
  /** Its primary key. */
  readonly key: readonly string[]
  /** Columns that the database makes by itself. */
  readonly computed?: readonly string[]
  /** Rows of other tables without which a row means nothing: column and table, whose key is `id`. */
  readonly needs?: Readonly<Record<string, string>>
  /** The migration that made the table. */
  readonly since: string
}

/**
 * What makes a drive, each table behind those that it points to. Sessions, logs, figures that can be counted again and
 * what was under way are not in it.
 */
export const KEPT_TABLES: readonly KeptTable[] = [
  { name: 'plans', key: ['id'], since: '0001-accounts' },
  { name: 'accounts', key: ['id'], needs: { plan_id: 'plans' }, since: '0001-accounts' },
  { name: 'api_keys', key: ['id'], needs: { account_id: 'accounts' }, since: '0001-accounts' },
  { name: 'teams', key: ['id'], since: '0003-files' },
  {
    name: 'team_members',
    key: ['team_id', 'account_id'],
    needs: { team_id: 'teams', account_id: 'accounts' },
    since: '0003-files',
  },
  { name: 'storage_keys', key: ['id'], since: '0011-storage' },
  { name: 'storage_policies', key: ['id'], since: '0011-storage' },
  { name: 'blobs', key: ['id'], since: '0003-files' },
  { name: 'chunks', key: ['id'], needs: { blob_id: 'blobs' }, since: '0003-files' },
  { name: 'chunk_copies', key: ['chunk_id', 'backend'], needs: { chunk_id: 'chunks' }, since: '0003-files' },
  {
    name: 'folders',
    key: ['id'],
    computed: ['space_id', 'parent_key'],
    needs: { account_id: 'accounts', team_id: 'teams' },
    since: '0008-folders',
  },
  {
    name: 'files',
    key: ['id'],
    computed: ['space_id', 'folder_key', 'number'],
    needs: { account_id: 'accounts', team_id: 'teams', blob_id: 'blobs' },
    since: '0003-files',
  },
  {
    name: 'trash',
    key: ['id'],
    computed: ['space_id'],
    needs: { account_id: 'accounts', team_id: 'teams' },
    since: '0008-folders',
  },
  { name: 'shares', key: ['id'], needs: { account_id: 'accounts', file_id: 'files' }, since: '0003-files' },
  { name: 'file_counters', key: ['account_id'], needs: { account_id: 'accounts' }, since: '0003-files' },
  { name: 'telegram_objects', key: ['id'], since: '0012-telegram' },
  {
    name: 'telegram_file_ids',
    key: ['object_id', 'bot_id'],
    needs: { object_id: 'telegram_objects' },
    since: '0012-telegram',
  },
]
