import type { Migration } from '../platform/db/index.ts'

/** Files and their bytes, their share links, what is counted of them, and the teams that may own files. */
export const files: Migration = {
  id: '0003-files',
  up: ({ text, bytes, integer }) => [
    `create table teams (
      id ${text} primary key,
      name ${text} not null,
      created_at ${integer} not null
    )`,
    `create table team_members (
      team_id ${text} not null references teams (id) on delete cascade,
      account_id ${text} not null references accounts (id) on delete cascade,
      role ${text} not null check (role in ('owner', 'admin', 'editor', 'viewer')),
      joined_at ${integer} not null,
      primary key (team_id, account_id)
    )`,
    'create index team_members_by_account on team_members (account_id, joined_at)',
    // What several files can share. A row never changes its bytes: another content is another blob.
    `create table blobs (
      id ${text} primary key,
      size_bytes ${integer} not null,
      sha256 ${bytes} not null,
      backend ${text} not null,
      state ${text} not null,
      replicas ${integer} not null,
      encrypted ${integer} not null,
      created_at ${integer} not null,
      inline_bytes ${bytes}
    )`,
    `create table files (
      id ${text} primary key,
      account_id ${text} not null references accounts (id) on delete cascade,
      team_id ${text} references teams (id),
      folder_id ${text},
      blob_id ${text} not null references blobs (id),
      name ${text} not null,
      name_key ${text} not null,
      type ${text} not null,
      mime_type ${text} not null,
      created_at ${integer} not null,
      updated_at ${integer} not null
    )`,
    'create index files_by_age on files (account_id, created_at, id) where team_id is null',
    'create index files_by_blob on files (blob_id)',
    // Two files of one name in one place cannot be told apart by a client that works with paths.
    `create unique index files_by_name on files (coalesce(team_id, account_id), coalesce(folder_id, ''), name_key)`,
    // Offsets are stored and not computed, so that files cut to different sizes can live side by side.
    `create table chunks (
      id ${text} primary key,
      blob_id ${text} not null references blobs (id),
      position ${integer} not null,
      start_at ${integer} not null,
      size_bytes ${integer} not null,
      tag_key ${bytes} not null,
      leaf_tags ${bytes} not null
    )`,
    'create unique index chunks_by_blob on chunks (blob_id, position)',
    `create table chunk_copies (
      chunk_id ${text} not null references chunks (id) on delete cascade,
      backend ${text} not null,
      locator ${text} not null,
      state ${text} not null,
      verified_at ${integer} not null,
      primary key (chunk_id, backend)
    )`,
    'create unique index chunk_copies_by_locator on chunk_copies (backend, locator)',
    // Whoever writes objects says so before the first one: what no row names and no writer claims is an orphan.
    `create table object_writers (
      id ${text} primary key,
      owner ${text} not null,
      lease_until ${integer} not null
    )`,
    'create index object_writers_by_owner on object_writers (owner)',
    // Objects that nothing names any more. They stay a while for the downloads that are reading them.
    `create table discarded_objects (
      backend ${text} not null,
      locator ${text} not null,
      delete_after ${integer} not null,
      primary key (backend, locator)
    )`,
    'create index discarded_objects_by_time on discarded_objects (delete_after)',
    `create table shares (
      id ${text} primary key,
      account_id ${text} not null references accounts (id) on delete cascade,
      file_id ${text} references files (id) on delete cascade,
      folder_id ${text},
      token ${text} not null unique,
      password_hash ${text},
      password_version ${integer} not null,
      disposition ${text} not null,
      expires_at ${integer},
      max_downloads ${integer},
      downloads ${integer} not null,
      created_at ${integer} not null,
      disabled_at ${integer}
    )`,
    'create index shares_by_account on shares (account_id, created_at)',
    'create index shares_live on shares (file_id) where disabled_at is null',
    `create table file_counters (
      account_id ${text} primary key references accounts (id) on delete cascade,
      files ${integer} not null,
      size_bytes ${integer} not null,
      downloads ${integer} not null,
      share_links ${integer} not null,
      version ${integer} not null
    )`,
  ],
}
