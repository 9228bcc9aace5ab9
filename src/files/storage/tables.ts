/** What the tables of the storage hold. Moments are milliseconds. */
interface CopyTasksTable {
  chunk_id: string
  backend: string
  blob_id: string
  /** What the object will be called: known before it is made, so that a sweep knows whose it is. */
  object_id: string
  /** Null: the copy is plain. */
  salt: Buffer | null
  size_bytes: number
  /** The move it is a part of. */
  move_id: string | null
  attempts: number
  not_before: number
  last_error: string | null
  created_at: number
}

export type MoveState = 'running' | 'paused' | 'cancelled' | 'done'

interface StorageMovesTable {
  id: string
  from_backend: string
  to_backend: string
  /** A `MoveFilter` as JSON. */
  filter: string
  state: MoveState
  /** Blobs up to this id were looked at. */
  at_blob: string
  total_blobs: number
  total_bytes: number
  taken_blobs: number
  taken_bytes: number
  created_by: string
  created_at: number
  updated_at: number
}

export type HealthState = 'ok' | 'degraded' | 'down'

interface StorageBackendsTable {
  name: string
  /** A part of `BackendSettings` as JSON: what differs from the defaults. */
  settings: string
  /** 1: copies there outlive their file. */
  keeps_deleted: number
  health: HealthState
  last_error: string | null
  failed_at: number | null
  /** Nothing is copied there before. */
  paused_until: number
  /** When it was last searched for orphans. */
  swept_at: number
}

declare module '../../platform/db/tables.ts' {
  interface Tables {
    copy_tasks: CopyTasksTable
    storage_policies: { id: string; position: number; rule: string; created_at: number }
    storage_backends: StorageBackendsTable
    storage_keys: { id: string; sealed: Buffer; created_at: number }
    storage_moves: StorageMovesTable
  }
}

export type CopyTask = Readonly<CopyTasksTable>
export type StorageMove = Readonly<StorageMovesTable>
