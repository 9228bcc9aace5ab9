import type { Migration } from '../platform/db/index.ts'

/** Links to folders and links for uploads, the moment at which a link stops to count, and the downloads under way. */
export const shares: Migration = {
  id: '0009-shares',
  up: ({ text, integer }) => [
    `alter table shares add column kind ${text} not null default 'file'`,
    `alter table shares add column name ${text}`,
    `alter table shares add column max_file_bytes ${integer}`,
    `alter table shares add column max_files ${integer}`,
    `alter table shares add column files_received ${integer} not null default 0`,
    // Set in the transaction that takes the link out of the account's figures, so that nothing is taken out twice.
    `alter table shares add column ended_at ${integer}`,
    'update shares set ended_at = disabled_at where disabled_at is not null',
    'create index shares_ending on shares (account_id, expires_at) where ended_at is null',
    'create index shares_by_folder on shares (folder_id) where folder_id is not null',
    // One row for each visitor of a link and each file: whoever has one may come back for more of the same bytes.
    `create table share_downloads (
      share_id ${text} not null references shares (id) on delete cascade,
      visitor ${text} not null,
      file_id ${text} not null,
      client ${text},
      resumes ${integer} not null,
      started_at ${integer} not null,
      expires_at ${integer} not null,
      primary key (share_id, visitor, file_id)
    )`,
    'create index share_downloads_by_client on share_downloads (share_id, client, started_at) where client is not null',
    'create index share_downloads_by_time on share_downloads (expires_at)',
  ],
}
