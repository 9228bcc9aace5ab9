import type { Migration } from '../platform/db/index.ts'

/** Locks of WebDAV, and the properties that its clients keep on files and folders. */
export const dav: Migration = {
  id: '0013-dav',
  up: ({ text, integer }) => [
    // A lock is on a path, not on a row: it may be there before what is locked. The path has name keys, `/docs/a.txt/`.
    `create table dav_locks (
      token ${text} primary key,
      space_id ${text} not null,
      account_id ${text} not null references accounts (id) on delete cascade,
      path ${text} not null,
      href ${text} not null,
      depth ${text} not null check (depth in ('0', 'infinity')),
      scope ${text} not null check (scope in ('exclusive', 'shared')),
      owner ${text} not null,
      expires_at ${integer} not null
    )`,
    'create index dav_locks_by_space on dav_locks (space_id)',
    'create index dav_locks_by_account on dav_locks (account_id)',
    'create index dav_locks_by_expiry on dav_locks (expires_at)',
    `create table dav_properties (
      id ${text} primary key,
      file_id ${text} references files (id) on delete cascade,
      folder_id ${text} references folders (id) on delete cascade,
      name ${text} not null,
      value ${text} not null
    )`,
    'create unique index dav_properties_of_files on dav_properties (file_id, name) where file_id is not null',
    'create unique index dav_properties_of_folders on dav_properties (folder_id, name) where folder_id is not null',
  ],
}
