import type { ColumnTypes, Migration, SqlDialect } from '../platform/db/index.ts'

/** The index of cards anew, with fields of their own for what is in files, and what it takes besides: words, colours. */
export const cardSearch: Migration = {
  id: '0016-card-search',
  up: (types, dialect) => [...searchIndex[dialect](types), ...besides(types, dialect)],
}

const searchIndex: Record<SqlDialect, (types: ColumnTypes) => string[]> = {
  sqlite: () => [
    'drop table card_search',
    // The words are cut and folded by us; this tokenizer only splits at spaces and leaves other alphabets alone.
    `create virtual table card_search using fts5(
      marks, title, tags, url, description, notes, content, text,
      content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '2 3'
    )`,
  ],
  postgres: ({ text, integer }) => [
    'drop table card_search',
    `create table card_search (
      number ${integer} primary key references cards (number) on delete cascade,
      vector tsvector not null,
      words ${text} not null
    )`,
    // Small rows: a search that thousands match reads a page for a hundred of them instead of for ten.
    'alter table card_search alter column vector set storage external',
    'alter table card_search set (toast_tuple_target = 128)',
    // Without a list of pending entries, which every search would have to read through.
    'create index card_search_vector on card_search using gin (vector) with (fastupdate = off)',
  ],
}

const besides = ({ text, integer }: ColumnTypes, dialect: SqlDialect): string[] => {
  const keyed = dialect === 'sqlite' ? ') without rowid' : ')'
  return [
    `create table card_texts (
      card_number ${integer} primary key references cards (number) on delete cascade,
      account_id ${text} not null,
      version ${integer} not null,
      extracted ${text}
    )`,
    'create index card_texts_by_version on card_texts (version, card_number)',
    'insert into card_texts (card_number, account_id, version) select number, account_id, 0 from cards',
    `create table card_words (
      account_id ${text} not null references accounts (id) on delete cascade,
      word ${text} not null,
      ending ${text} not null,
      primary key (account_id, word)
    ${keyed}`,
    'create index card_words_by_ending on card_words (account_id, ending, word)',
    `create table card_colors (
      card_number ${integer} not null references cards (number) on delete cascade,
      position ${integer} not null,
      account_id ${text} not null,
      hex ${text} not null,
      name ${text},
      hue ${text} not null,
      lightness ${integer} not null,
      a ${integer} not null,
      b ${integer} not null,
      primary key (card_number, position)
    ${keyed}`,
    'create index card_colors_by_place on card_colors (account_id, lightness, a, b, card_number)',
    'create index card_colors_by_hue on card_colors (account_id, hue, card_number)',
  ]
}
