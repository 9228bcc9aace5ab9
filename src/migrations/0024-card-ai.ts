import type { ColumnTypes, Migration, SqlDialect } from '../platform/db/index.ts'

/** What models say of cards, apart from what people say of them. */
export const cardAi: Migration = {
  id: '0024-card-ai',
  up: ({ text, integer }: ColumnTypes, dialect: SqlDialect) => [
    `create table card_ai (
      card_number ${integer} primary key references cards (number) on delete cascade,
      account_id ${text} not null references accounts (id) on delete cascade,
      fingerprint ${text} not null,
      state ${text} not null,
      summary ${text},
      transcript ${text},
      rounds ${integer} not null,
      granted_at ${integer} not null,
      touched_at ${integer} not null
    )`,
    `create index card_ai_unfinished on card_ai (touched_at) where state <> 'completed'`,
    `create table card_ai_tags (
      card_number ${integer} not null references cards (number) on delete cascade,
      position ${integer} not null,
      account_id ${text} not null references accounts (id) on delete cascade,
      name ${text} not null,
      name_key ${text} not null,
      primary key (card_number, position)
    ${dialect === 'sqlite' ? ') without rowid' : ')'}`,
    'create index card_ai_tags_by_name on card_ai_tags (account_id, name_key, card_number)',
  ],
}
