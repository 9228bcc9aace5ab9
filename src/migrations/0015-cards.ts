import type { ColumnTypes, Migration } from '../platform/db/index.ts'

/** Attachments, what is left of purged cards, uploads, idempotency keys and saved searches. */
export const cardSurface: Migration = {
  id: '0015-cards',
  up: (types) => [...attachments(types), ...history(types), ...savedSearches(types)],
}

const attachments = ({ text, integer }: ColumnTypes): string[] => [
  // The file may be deleted for good as a file; the card then still says what it was.
  `alter table cards add column file_id ${text} references files (id) on delete set null`,
  `alter table cards add column file_name ${text}`,
  `alter table cards add column file_size ${integer}`,
  `alter table cards add column mime_type ${text}`,
  'create index cards_by_file on cards (file_id) where file_id is not null',
  `create table card_uploads (
    id ${text} primary key,
    account_id ${text} not null references accounts (id) on delete cascade,
    file_name ${text} not null,
    mime_type ${text} not null,
    size_bytes ${integer} not null,
    file_id ${text},
    sha256 ${text},
    created_at ${integer} not null
  )`,
  'create index card_uploads_by_age on card_uploads (created_at)',
  // Files that a card or an upload has let go of; written with the letting go, so that a crash forgets none.
  `create table card_file_releases (
    file_id ${text} primary key,
    account_id ${text} not null references accounts (id) on delete cascade
  )`,
]

const history = ({ text, integer }: ColumnTypes): string[] => [
  // The moment of an account's last change of cards. Whoever changes cards moves it on, and so waits for who did before.
  `create table card_clocks (
    account_id ${text} primary key references accounts (id) on delete cascade,
    changed_at ${integer} not null
  )`,
  'create index cards_by_change on cards (account_id, updated_at, id)',
  'create index cards_trashed on cards (account_id, deleted_at, id) where deleted_at is not null',
  'create index cards_to_purge on cards (deleted_at) where deleted_at is not null',
  `create table card_tombstones (
    account_id ${text} not null references accounts (id) on delete cascade,
    purged_at ${integer} not null,
    card_id ${text} not null,
    primary key (account_id, purged_at, card_id)
  )`,
  `create table card_idempotency_keys (
    account_id ${text} not null references accounts (id) on delete cascade,
    key ${text} not null,
    fingerprint ${text} not null,
    answer ${text} not null,
    created_at ${integer} not null,
    primary key (account_id, key)
  )`,
  'create index card_idempotency_keys_by_age on card_idempotency_keys (created_at)',
]

const savedSearches = ({ text, integer }: ColumnTypes): string[] => [
  `create table saved_searches (
    id ${text} primary key,
    account_id ${text} not null references accounts (id) on delete cascade,
    name ${text} not null,
    name_key ${text} not null,
    query ${text} not null,
    feed_hash ${text} unique,
    created_at ${integer} not null,
    updated_at ${integer} not null
  )`,
  'create unique index saved_searches_by_name on saved_searches (account_id, name_key)',
]
