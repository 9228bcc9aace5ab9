import type { ColumnTypes, Migration } from '../platform/db/index.ts'

/**
 * Small rows for the index of cards on PostgreSQL. A tsvector of all that a card is found by takes most of 2 KB, so five
 * cards filled a page, and a search read a page for nearly each. Only its index needs it: it is made of the words then.
 */
export const cardSearchRows: Migration = {
  id: '0028-card-search-rows',
  up: (types, dialect) => (dialect === 'sqlite' ? [] : rowsOf(types)),
}

const rowsOf = ({ text, integer }: ColumnTypes): string[] => [
  // Each word, and its beginnings of two to five letters; of a card that is not indexed yet nothing. All that a search asks
  // for begins with the block and the place; the signs behind them are those of the queries. The words of each field stand
  // between spaces and the fields between bars, the title and the tags first.
  `create function card_search_vector(block ${integer}, place text, others text, words text, is_long ${integer})
    returns tsvector language sql immutable parallel safe set search_path = pg_catalog as $$
      select case when others = '' then ''::tsvector else (
        with wanted as materialized (
          select distinct word, sign, beginning from (
            select unnest(string_to_array(words, ' ')),
              case is_long when 1 then ':' else '' end, case is_long when 1 then null else '~' end
            union all
            select unnest(string_to_array(split_part(words, '|', 1) || split_part(words, '|', 2), ' ')), '^', '%'
          ) as written(word, sign, beginning) where word not in ('', '|')
        )
        select array_to_tsvector(array(
          select to_hex(block) || place || lexeme from (
            select sign || word from wanted
            union all select beginning || left(word, letters) from wanted, unnest(array[2, 3, 4, 5]) as letters
              where beginning is not null and length(word) > letters
            union all select unnest(string_to_array(others, ' '))
          ) as lexemes(lexeme)
        ))
      ) end
    $$`,
  'create temporary table card_blocks_of on commit drop as select number, block from card_search',
  'drop table card_search',
  `create table card_search (
    number ${integer} primary key references cards (number) on delete cascade,
    block ${integer} not null,
    place ${text} not null default '',
    others ${text} not null default '',
    words ${text} not null default '',
    is_long ${integer} not null default 0
  )`,
  'insert into card_search (number, block) select number, block from card_blocks_of',
  `create index card_search_words on card_search using gin (card_search_vector(block, place, others, words, is_long))
    with (fastupdate = off)`,
  // All cards are indexed anew, a hundred at a time.
  'update card_texts set version = 0',
]
