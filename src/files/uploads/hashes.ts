import type { Hash } from 'node:crypto'

/** Uploads whose hash is in memory; a hash is a few hundred bytes. */
const MOST_KEPT = 10_000

export type UploadHashes = ReturnType<typeof uploadHashes>

/**
 * SHA-256 of uploads as far as they have come. Node cannot write down the inner state of a hash, so this is only in the
 * memory of the process that took the bytes. Who finds none here (after a restart, in another process, of joined parts)
 * reads the bytes again when the upload is complete.
 */
export const uploadHashes = () => {
  const kept = new Map<string, { readonly hash: Hash; readonly atBytes: number }>()
  return {
    /** Takes the hash out; it is worth nothing once its upload moves on without it. */
    take(id: string, atBytes: number): Hash | undefined {
      const known = kept.get(id)
      kept.delete(id)
      return known?.atBytes === atBytes ? known.hash : undefined
    },
    /** @param atBytes How many bytes it has seen. */
    keep(id: string, atBytes: number, hash: Hash): void {
      const oldest = kept.size >= MOST_KEPT ? kept.keys().next().value : undefined
      if (oldest !== undefined) kept.delete(oldest)
      kept.set(id, { hash, atBytes })
    },
    forget: (id: string): void => void kept.delete(id),
  }
}
