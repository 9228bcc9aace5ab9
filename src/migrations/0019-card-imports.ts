import type { ColumnTypes, Migration } from '../platform/db/index.ts'

/** Imports of cards, what was wrong with their entries, and what imported cards were before. */
export const cardImports: Migration = {
  id: '0019-card-imports',
  up: ({ text, integer }: ColumnTypes) => [
    `create table card_imports (
      id ${text} primary key,
      account_id ${text} not null references accounts (id) on delete cascade,
      format ${text} not null,
      is_dry_run ${integer} not null,
      file_id ${text} not null,
      file_name ${text} not null,
      size_bytes ${integer} not null,
      state ${text} not null,
      total ${integer},
      processed ${integer} not null,
      created ${integer} not null,
      duplicates ${integer} not null,
      invalid ${integer} not null,
      error_code ${text},
      error ${text},
      created_at ${integer} not null,
      updated_at ${integer} not null
    )`,
    'create index card_imports_by_age on card_imports (account_id, created_at, id)',
    `create table card_import_problems (
      import_id ${text} not null references card_imports (id) on delete cascade,
      entry ${integer} not null,
      line ${integer},
      message ${text} not null,
      primary key (import_id, entry)
    )`,
    // Whoever follows the changes must be told of an imported card, so its own moments of change have a place of their own.
    `create table card_origins (
      card_number ${integer} primary key references cards (number) on delete cascade,
      imported_at ${integer} not null,
      updated_at ${integer} not null,
      deleted_at ${integer}
    )`,
  ],
}
