import { hash } from 'node:crypto'
import { defineErrors } from '../../platform/errors.ts'

/** Plaintext bytes of a chunk, unless a setting says otherwise. Offsets are stored, so chunks of a file may differ. */
export const CHUNK_BYTES = 16 * 1024 * 1024

/** The unit that is hashed, read and checked. A leaf never spans two chunks; the last one of a chunk may be shorter. */
export const LEAF_BYTES = 1024 * 1024

/** A file up to this size has no chunk: its bytes are handed back to be kept in the database. */
export const INLINE_BYTES = 64 * 1024

export const SHA256_BYTES = 32

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
  /** `chunkHash(leaves)`: the root over the leaves, not a hash over the bytes. */
  readonly sha256: Buffer
  /** SHA-256 of every leaf, one behind the other, 32 bytes each. */
  readonly leaves: Buffer
}

/**
 * The hash of a chunk: SHA-256 over the SHA-256 of its leaves. Two passes over the bytes (leaves, whole file) are what an
 * upload can pay; a third one per chunk would say nothing that the leaves do not say.
 */
export const chunkHash = (leaves: Buffer): Buffer => hash('sha256', leaves, 'buffer')

/** The hash of a file as a tree: SHA-256 over the hashes of its chunks, in order. It depends on where chunks were cut. */
export const rootHash = (chunks: readonly Pick<Chunk, 'sha256'>[]): Buffer =>
  hash('sha256', Buffer.concat(chunks.map((chunk) => chunk.sha256)), 'buffer')

/** @returns The stored hash of leaf `leafIndex` of a chunk; shorter than 32 bytes if the chunk has no such leaf. */
export const leafHash = (leaves: Buffer, leafIndex: number): Buffer =>
  leaves.subarray(leafIndex * SHA256_BYTES, (leafIndex + 1) * SHA256_BYTES)
