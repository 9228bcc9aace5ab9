import type { ColumnTypes, Migration, SqlDialect } from '../platform/db/index.ts'

/** Cards, their tags, and the index in which they are searched. */
export const cards: Migration = {
  id: '0004-cards',
  up: (types, dialect) => [...tables(types, dialect), ...searchIndex[dialect](types)],
}

// The number is what the search index knows a card by: FTS5 takes integers only.
const tables = ({ text, integer }: ColumnTypes, dialect: SqlDialect): string[] => [
  `create table cards (
    number ${dialect === 'sqlite' ? 'integer primary key' : 'bigint generated always as identity primary key'},
    id ${text} not null unique,
    account_id ${text} not null references accounts (id) on delete cascade,
    type ${text} not null,
    content ${text} not null,
    url ${text},
    notes ${text},
    source ${text},
    title ${text},
    description ${text},
    is_favorited ${integer} not null default 0,
    created_at ${integer} not null,
    updated_at ${integer} not null,
    deleted_at ${integer}
  )`,
  'create index cards_by_age on cards (account_id, created_at, id) where deleted_at is null',
  'create index cards_by_type on cards (account_id, type, created_at, id) where deleted_at is null',
  'create index cards_favorited on cards (account_id, created_at, id) where is_favorited = 1 and deleted_at is null',
  // A whole URL can be longer than PostgreSQL takes into an index.
  'create index cards_by_url on cards (account_id, substr(url, 1, 200)) where url is not null and deleted_at is null',
  `create table card_tags (
    card_number ${integer} not null references cards (number) on delete cascade,
    account_id ${text} not null,
    position ${integer} not null,
    name ${text} not null,
    name_key ${text} not null,
    primary key (card_number, position)
  )`,
  'create index card_tags_by_name on card_tags (account_id, name_key, card_number)',
]

const searchIndex: Record<SqlDialect, (types: ColumnTypes) => string[]> = {
  sqlite: () => [
    // The words are cut and folded by us; this tokenizer only splits at spaces and leaves other alphabets alone.
    `create virtual table card_search using fts5(
      scope, title, tags, url, description, notes, content,
      content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '2 3'
    )`,
    `insert into card_search (card_search, rank) values ('rank', 'bm25(0, 8, 6, 3, 3, 2, 1)')`,
    // A virtual table has no foreign keys: this is what keeps the index clean when an account takes its cards along.
    `create trigger cards_leave_search after delete on cards begin
      delete from card_search where rowid = old.number;
    end`,
  ],
  postgres: ({ text, integer }) => [
    `create table card_search (
      number ${integer} primary key references cards (number) on delete cascade,
      vector tsvector not null,
      words ${text} not null
    )`,
    'create index card_search_vector on card_search using gin (vector)',
  ],
}
