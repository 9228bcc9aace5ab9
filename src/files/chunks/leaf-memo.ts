import { createCipheriv, randomBytes } from 'node:crypto'
import { SHA256_BYTES } from './chunk.ts'

const MAC_BYTES = 16
const ENTRY_BYTES = SHA256_BYTES + MAC_BYTES
const WAYS = 4

/** 256 GiB of leaves in 12 MiB of memory, which the system gives page by page as entries come. */
const DEFAULT_LEAVES = 256 * 1024

export type LeafMemo = ReturnType<typeof leafMemo>

/**
 * Remembers, for leaves whose SHA-256 was computed from their bytes, a 128-bit keyed checksum of the same bytes. Reading
 * such a leaf again, it is enough to compute that checksum: 15 times faster than SHA-256, on every byte of every read.
 *
 * What a `knows` that answers true guarantees: this process hashed bytes to exactly this SHA-256, and the bytes now in
 * hand are the same, but for a chance of 2^-111 per leaf. That holds against failing disks, against a stale or wrong file
 * under the right name, and against somebody who may write to the disk: the checksum is GMAC under a random key that,
 * like every tag, never leaves the memory of this process. (A fixed nonce would hurt only if tags could be seen.)
 *
 * Bounded: when it is full, older entries are forgotten, and the next read of such a leaf hashes it again.
 */
export const leafMemo = ({ leaves = DEFAULT_LEAVES } = {}) => {
  const sets = Math.max(1, Math.floor(leaves / WAYS))
  const table = Buffer.alloc(sets * WAYS * ENTRY_BYTES)
  const key = randomBytes(16)
  const nonce = Buffer.alloc(12)
  let nextWay = 0

  const mac = (pieces: readonly Buffer[]): Buffer => {
    const gmac = createCipheriv('aes-128-gcm', key, nonce)
    for (const piece of pieces) gmac.setAAD(piece)
    gmac.final()
    return gmac.getAuthTag()
  }

  /** The position of the entry, or -1. The hash is as good as random, so its first bytes choose the set. */
  const find = (sha256: Buffer): number => {
    const start = (sha256.readUInt32LE(0) % sets) * WAYS * ENTRY_BYTES
    for (let at = start; at < start + WAYS * ENTRY_BYTES; at += ENTRY_BYTES) {
      if (sha256.compare(table, at, at + SHA256_BYTES) === 0) return at
    }
    return -1
  }

  const newPlace = (sha256: Buffer): number => {
    nextWay = (nextWay + 1) % WAYS
    return ((sha256.readUInt32LE(0) % sets) * WAYS + nextWay) * ENTRY_BYTES
  }

  return {
    /** To be called only with pieces that together have just been hashed to `sha256`. */
    remember(sha256: Buffer, pieces: readonly Buffer[]): void {
      const found = find(sha256)
      const at = found === -1 ? newPlace(sha256) : found
      sha256.copy(table, at)
      mac(pieces).copy(table, at + SHA256_BYTES)
    },

    /** @returns Whether `bytes` are those that were remembered under `sha256`. False also if nothing was. */
    knows(sha256: Buffer, bytes: Buffer): boolean {
      const at = find(sha256)
      return at !== -1 && mac([bytes]).compare(table, at + SHA256_BYTES, at + ENTRY_BYTES) === 0
    },
  }
}
