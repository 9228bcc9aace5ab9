import type { Migration } from '../platform/db/index.ts'

/** Copies of bytes on several backends: where they are to be, what is still to be copied, keys, settings and moves. */
export const storage: Migration = {
  id: '0011-storage',
  up: ({ text, bytes, integer }) => [
    // Names of backends, separated by commas, the first being the home. Null: where the bytes were put, and nowhere else.
    `alter table blobs add column targets ${text}`,
    `alter table blobs add column sealed_key ${bytes}`,
    `alter table blobs add column key_id ${text}`,
    `alter table blobs add column move_id ${text}`,
    // Since when no file has it any more, for bytes whose copies elsewhere are to outlive their file.
    `alter table blobs add column kept_at ${integer}`,
    'create index blobs_by_key on blobs (key_id, id) where key_id is not null',
    'create index blobs_moving on blobs (move_id, id) where move_id is not null',
    `create index blobs_in_trouble on blobs (state) where state in ('replicating', 'degraded', 'lost')`,
    `alter table chunk_copies add column stored_bytes ${integer} not null default 0`,
    // Of the object as it is stored, where it was made by copying.
    `alter table chunk_copies add column sha256 ${bytes}`,
    // Null: the object is the plain bytes.
    `alter table chunk_copies add column salt ${bytes}`,
    `update chunk_copies set stored_bytes =
      (select chunks.size_bytes from chunks where chunks.id = chunk_copies.chunk_id)`,
    'create index chunk_copies_by_check on chunk_copies (backend, verified_at)',
    `alter table discarded_objects add column attempts ${integer} not null default 0`,
    // What is to be copied. Name and salt of the object are drawn once, so that a repeated copy is the same object.
    `create table copy_tasks (
      chunk_id ${text} not null references chunks (id) on delete cascade,
      backend ${text} not null,
      blob_id ${text} not null,
      object_id ${text} not null unique,
      salt ${bytes},
      size_bytes ${integer} not null,
      move_id ${text},
      attempts ${integer} not null,
      not_before ${integer} not null,
      last_error ${text},
      created_at ${integer} not null,
      primary key (chunk_id, backend)
    )`,
    'create index copy_tasks_due on copy_tasks (backend, not_before, created_at)',
    'create index copy_tasks_by_blob on copy_tasks (blob_id)',
    `create table storage_policies (
      id ${text} primary key,
      position ${integer} not null,
      rule ${text} not null,
      created_at ${integer} not null
    )`,
    `create table storage_backends (
      name ${text} primary key,
      settings ${text} not null,
      keeps_deleted ${integer} not null,
      health ${text} not null,
      last_error ${text},
      failed_at ${integer},
      paused_until ${integer} not null,
      swept_at ${integer} not null
    )`,
    `create table storage_keys (
      id ${text} primary key,
      sealed ${bytes} not null,
      created_at ${integer} not null
    )`,
    `create table storage_moves (
      id ${text} primary key,
      from_backend ${text} not null,
      to_backend ${text} not null,
      filter ${text} not null,
      state ${text} not null check (state in ('running', 'paused', 'cancelled', 'done')),
      at_blob ${text} not null,
      total_blobs ${integer} not null,
      total_bytes ${integer} not null,
      taken_blobs ${integer} not null,
      taken_bytes ${integer} not null,
      created_by ${text} not null,
      created_at ${integer} not null,
      updated_at ${integer} not null
    )`,
  ],
}
