import type { Migration } from '../platform/db/index.ts'

/** Folders, trash and team places for files; what lists and searches of a million files need; invitations to teams. */
export const folders: Migration = {
  id: '0008-folders',
  up: ({ text, bytes, integer }, dialect) => {
    const computed = dialect === 'sqlite' ? 'virtual' : 'stored'
    return [
      // Whose place a row is in, and where in it, as one value each: null is never equal to null in an index.
      `alter table files add column space_id ${text} generated always as (coalesce(team_id, account_id)) ${computed}`,
      `alter table files add column folder_key ${text} generated always as (coalesce(folder_id, '')) ${computed}`,
      `alter table files add column trashed_at ${integer}`,
      `alter table files add column trash_id ${text}`,
      // The same as the blob's, so that lists can be sorted by it.
      `alter table files add column size_bytes ${integer} not null default 0`,
      'update files set size_bytes = (select size_bytes from blobs where blobs.id = files.blob_id)',
      'drop index files_by_age',
      'drop index files_by_name',
      // Two files of one name in one place cannot be told apart by a client that works with paths.
      'create unique index files_by_place on files (space_id, folder_key, name_key) where trashed_at is null',
      // With the name: a search for what half of the files are called reads this index and nothing else.
      'create index files_by_age on files (space_id, created_at, id, name_key) where trashed_at is null',
      'create index files_by_age_in_folder on files (space_id, folder_key, created_at, id) where trashed_at is null',
      'create index files_by_change on files (space_id, updated_at, id) where trashed_at is null',
      'create index files_by_name on files (space_id, name_key, id) where trashed_at is null',
      'create index files_by_size on files (space_id, size_bytes, id) where trashed_at is null',
      'create index files_in_trash on files (space_id, trash_id) where trashed_at is not null',
      `create table folders (
        id ${text} primary key,
        account_id ${text} not null references accounts (id) on delete cascade,
        team_id ${text} references teams (id),
        parent_id ${text},
        name ${text} not null,
        name_key ${text} not null,
        created_at ${integer} not null,
        updated_at ${integer} not null,
        trashed_at ${integer},
        trash_id ${text},
        space_id ${text} generated always as (coalesce(team_id, account_id)) ${computed},
        parent_key ${text} generated always as (coalesce(parent_id, '')) ${computed}
      )`,
      'create unique index folders_by_place on folders (space_id, parent_key, name_key) where trashed_at is null',
      'create index folders_in_trash on folders (space_id, trash_id) where trashed_at is not null',
      // One row for each thing that was put into the trash, under its own id: what went along has the same trash_id.
      `create table trash (
        id ${text} primary key,
        kind ${text} not null check (kind in ('file', 'folder')),
        account_id ${text} not null references accounts (id) on delete cascade,
        team_id ${text} references teams (id),
        name ${text} not null,
        files ${integer} not null,
        folders ${integer} not null,
        size_bytes ${integer} not null,
        trashed_at ${integer} not null,
        space_id ${text} generated always as (coalesce(team_id, account_id)) ${computed}
      )`,
      'create index trash_by_space on trash (space_id, trashed_at, id)',
      'create index trash_by_age on trash (trashed_at)',
      // The links of files that are deleted for good.
      'create index shares_by_file on shares (file_id) where file_id is not null',
      // Of what is counted in files and size_bytes, so many files lie in places of teams; and what the trash holds.
      `alter table file_counters add column team_files ${integer} not null default 0`,
      `alter table file_counters add column trash_bytes ${integer} not null default 0`,
      // Counts changes of what lies in the team's place; whoever makes one holds the row until the end.
      `alter table teams add column changes ${integer} not null default 0`,
      `create table team_invites (
        hash ${bytes} primary key,
        id ${text} not null unique,
        team_id ${text} not null references teams (id) on delete cascade,
        role ${text} not null check (role in ('admin', 'editor', 'viewer')),
        created_by ${text} not null references accounts (id) on delete cascade,
        created_at ${integer} not null,
        expires_at ${integer} not null
      )`,
      'create index team_invites_by_team on team_invites (team_id, created_at)',
      ...(dialect === 'sqlite' ? sqliteSearch : postgresSearch),
    ]
  },
}

/**
 * Which names hold three letters in a row. A number of its own, because VACUUM may renumber rows that have none, and
 * triggers, so that nobody who writes files can forget the index.
 */
const sqliteSearch = [
  'alter table files add column number integer',
  'update files set number = rowid',
  // With all that a search asks of a hit, so that thousands of hits are not thousands of rows to fetch.
  'create index files_by_number on files (number, space_id, trashed_at, name_key) where number is not null',
  `create virtual table file_names using fts5 (
    name_key, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
  )`,
  'insert into file_names (rowid, name_key) select number, name_key from files',
  `create trigger files_named after insert on files begin
    update files set number = coalesce((select max(number) from files where number is not null), 0) + 1 where id = new.id;
    insert into file_names (rowid, name_key) select number, name_key from files where id = new.id;
  end`,
  `create trigger files_renamed after update of name_key on files when old.name_key <> new.name_key begin
    update file_names set name_key = new.name_key where rowid = old.number;
  end`,
  `create trigger files_unnamed after delete on files begin
    delete from file_names where rowid = old.number;
  end`,
]

/**
 * The same without an extension, which an operator would have to be allowed to install. The place is part of each
 * number, so that a search reads what its own place holds, however many files others have. The cost keeps the planner
 * from ever computing this for each row of the table instead of asking the index.
 */
const postgresSearch = [
  `create function file_name_grams(space text, name text) returns integer[]
    language sql immutable parallel safe cost 100000 as $$
      select coalesce(array_agg(distinct ('x' || substr(md5(space || substr(name, n, 3)), 1, 8))::bit(32)::integer), '{}')
      from generate_series(1, char_length(name) - 2) as n
    $$`,
  `create index files_by_grams on files using gin (file_name_grams(space_id, name_key))
    with (gin_pending_list_limit = 512) where trashed_at is null`,
]
