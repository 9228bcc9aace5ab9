import type { Migration } from '../platform/db/index.ts'

/** Small pictures of images, by the hash of what they show. */
export const thumbnails: Migration = {
  id: '0014-thumbnails',
  up: ({ text, bytes, integer }) => [
    `create table thumbnails (
      sha256 ${bytes} not null,
      edge ${integer} not null,
      blob_id ${text} not null,
      content ${bytes},
      size_bytes ${integer} not null,
      used_at ${integer} not null,
      retry_at ${integer},
      primary key (sha256, edge)
    )`,
    'create index thumbnails_by_use on thumbnails (used_at, size_bytes)',
  ],
}
