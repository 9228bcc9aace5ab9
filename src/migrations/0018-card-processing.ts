import type { ColumnTypes, Migration } from '../platform/db/index.ts'

/** What the server finds out about cards by itself, and the pictures that belong to that. */
export const cardProcessing: Migration = {
  id: '0018-card-processing',
  up: ({ text, integer, bytes }: ColumnTypes) => [
    `create table card_processing (
      card_number ${integer} primary key references cards (number) on delete cascade,
      account_id ${text} not null references accounts (id) on delete cascade,
      fingerprint ${text} not null,
      state ${text} not null,
      stages ${text} not null,
      found ${text},
      rounds ${integer} not null,
      granted_at ${integer} not null,
      touched_at ${integer} not null
    )`,
    `create index card_processing_pending on card_processing (touched_at) where state = 'pending'`,
    'create index card_processing_by_grant on card_processing (account_id, granted_at)',
    `create table card_previews (
      id ${text} primary key,
      card_number ${integer} not null references cards (number) on delete cascade,
      kind ${text} not null,
      media_type ${text} not null,
      size_bytes ${integer} not null,
      created_at ${integer} not null
    )`,
    'create index card_previews_by_card on card_previews (card_number)',
    // In pieces, so that none is larger than what a database likes to have in a row.
    `create table card_preview_parts (
      preview_id ${text} not null references card_previews (id) on delete cascade,
      position ${integer} not null,
      bytes ${bytes} not null,
      primary key (preview_id, position)
    )`,
  ],
}
