import type { ColumnTypes, Migration, SqlDialect } from '../platform/db/index.ts'

/** The index of cards anew, with each word under its account, so that a search reads nothing of anybody else's. */
export const cardSearchByAccount: Migration = {
  id: '0027-card-search',
  up: (types, dialect) => [
    'drop table card_search',
    ...searchIndex[dialect](types),
    // All cards are indexed anew, a hundred at a time.
    'update card_texts set version = 0',
  ],
}

const searchIndex: Record<SqlDialect, (types: ColumnTypes) => string[]> = {
  sqlite: () => [
    // Every token begins with the twelve letters of its account: the indexed beginnings are of two to five letters more.
    `create virtual table card_search using fts5(
      marks, title, tags, url, description, notes, content, text,
      content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '14 15 16 17'
    )`,
  ],
  postgres: ({ text, integer }) => [
    // Some thousand cards of an account that came one after the other. The words of each block have entries of their own
    // in the index, so that a search can begin with the newest and end as soon as it has enough.
    `create table card_blocks (
      block ${integer} generated always as identity primary key,
      account_id ${text} not null references accounts (id) on delete cascade,
      cards ${integer} not null,
      has_long ${integer} not null default 0
    )`,
    'create index card_blocks_by_account on card_blocks (account_id, block)',
    `create table card_search (
      number ${integer} primary key references cards (number) on delete cascade,
      block ${integer} not null,
      vector tsvector not null,
      words ${text} not null
    )`,
    // Small rows: a search that thousands match reads a page for a hundred of them instead of for ten.
    'alter table card_search set (toast_tuple_target = 128)',
    // Which block a card belongs to is told now, because cards that come before all are indexed are newer than all.
    `create temporary table card_places on commit drop as
      select number, account_id, (row_number() over (partition by account_id order by number) - 1) / ${BLOCK} as place
      from cards`,
    `insert into card_blocks (account_id, cards)
      select account_id, count(*) from card_places group by account_id, place order by account_id, place`,
    `insert into card_search (number, block, vector, words)
      select card_places.number, blocks.block, '', ''
      from card_places join (
        select block, account_id, row_number() over (partition by account_id order by block) - 1 as place from card_blocks
      ) as blocks on blocks.account_id = card_places.account_id and blocks.place = card_places.place`,
    // Without a list of pending entries, which every search would have to read through.
    'create index card_search_vector on card_search using gin (vector) with (fastupdate = off)',
  ],
}

const BLOCK = 4096
