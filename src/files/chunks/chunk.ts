import { defineErrors } from '../../platform/errors.ts'

/** Plaintext bytes of a chunk, unless a setting says otherwise. Offsets are stored, so chunks of a file may differ. */
export const CHUNK_BYTES = 16 * 1024 * 1024

/** The unit that is tagged, read and checked. A leaf never spans two chunks; the last one of a chunk may be shorter. */
export const LEAF_BYTES = 1024 * 1024

/** A file up to this size has no chunk: its bytes are handed back to be kept in the database. */
export const INLINE_BYTES = 64 * 1024

export const ChunkErrors = defineErrors({
  UPLOAD_TRUNCATED: [400, 'The upload ended before all of its bytes had arrived. Send it again.'],
  UPLOAD_TOO_LONG: [400, 'The upload has more bytes than it announced. Nothing was stored.'],
  UPLOAD_ABORTED: [400, 'The upload was cancelled. Nothing was stored.'],
  FILE_TOO_LARGE: [413, 'The file is larger than you may store here.'],
  CHUNK_DAMAGED: [
    500,
    'A part of this file is damaged, so it is not served. Restore it from another copy or a backup.',
  ],
  CHUNK_MISSING: [500, 'A part of this file is gone. Restore it from another copy or a backup.'],
})

/** A run of bytes of a file, as it is described in the database. */
export interface Chunk {
  /** 0 for the first chunk of the file. */
  readonly index: number
  /** Where in the file it starts, in bytes. */
  readonly offset: number
  readonly sizeBytes: number
  /** Random, 16 bytes, of this chunk alone. */
  readonly tagKey: Buffer
  /** The `leafTag` of every leaf under `tagKey`, one behind the other, 16 bytes each. */
  readonly leafTags: Buffer
}
