import type { Migration } from '../platform/db/index.ts'

/** Uploads that can be resumed, their chunks before they are a file, and imports from addresses on the web. */
export const uploads: Migration = {
  id: '0010-uploads',
  up: ({ text, bytes, integer }) => [
    // `offset_bytes` is what is durable: the sum of the chunks. Whoever changes a row has its newest fence.
    `create table file_uploads (
      id ${text} primary key,
      account_id ${text} not null references accounts (id) on delete cascade,
      kind ${text} not null check (kind in ('whole', 'partial', 'final', 'import')),
      state ${text} not null check (state in ('open', 'done')),
      size_bytes ${integer},
      offset_bytes ${integer} not null,
      name ${text} not null,
      media_type ${text} not null,
      folder_id ${text},
      team_id ${text},
      on_conflict ${text} not null,
      sha256 ${bytes},
      metadata ${text},
      concat ${text},
      file_id ${text},
      holder ${text},
      held_until ${integer} not null,
      fence ${integer} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null
    )`,
    'create index file_uploads_by_account on file_uploads (account_id, created_at, id)',
    'create index file_uploads_by_expiry on file_uploads (expires_at)',
    `create table file_upload_chunks (
      id ${text} primary key,
      upload_id ${text} not null references file_uploads (id) on delete cascade,
      start_at ${integer} not null,
      size_bytes ${integer} not null,
      tag_key ${bytes} not null,
      leaf_tags ${bytes} not null,
      backend ${text} not null,
      locator ${text} not null
    )`,
    'create unique index file_upload_chunks_in_order on file_upload_chunks (upload_id, start_at)',
    'create unique index file_upload_chunks_by_locator on file_upload_chunks (backend, locator)',
    `create table file_imports (
      id ${text} primary key,
      account_id ${text} not null references accounts (id) on delete cascade,
      url ${text} not null,
      state ${text} not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
      file_name ${text},
      folder_id ${text},
      team_id ${text},
      upload_id ${text},
      validator ${text},
      received_bytes ${integer} not null,
      total_bytes ${integer},
      file_id ${text},
      error_code ${text},
      error ${text},
      created_at ${integer} not null,
      updated_at ${integer} not null
    )`,
    'create index file_imports_by_account on file_imports (account_id, created_at, id)',
    'create index file_imports_by_end on file_imports (updated_at)',
  ],
}
