import { createHash, hash, timingSafeEqual } from 'node:crypto'

const BLOCK_BYTES = 64

/** HMAC-SHA-256 under this installation's pepper: what is stored of a key, and how it is found again. */
export interface Pepper {
  /** @returns 32 bytes as a `latin1` string, the cheapest form for a cache key. */
  digest(token: string): string
  /** The same as bytes, for the database. */
  hash(token: string): Buffer
}

/**
 * Made of two one-shot hashes instead of `createHmac`: the same value for a quarter of the time, on every request
 * whose key was not seen on its connection before.
 *
 * @param secret Of any length; kept outside the database.
 */
export const createPepper = (secret: string): Pepper => {
  const key = Buffer.alloc(BLOCK_BYTES)
  createHash('sha256').update(secret).digest().copy(key)
  const inner = key.map((byte) => byte ^ 0x36)
  const outer = Buffer.concat([key.map((byte) => byte ^ 0x5c), Buffer.alloc(32)])
  const digest = (token: string): string => {
    const first = hash('sha256', Buffer.concat([inner, Buffer.from(token, 'utf8')]), 'buffer')
    first.copy(outer, BLOCK_BYTES)
    return hash('sha256', outer, 'binary')
  }
  return { digest, hash: (token) => Buffer.from(digest(token), 'latin1') }
}

/** Compares two digests without telling by its time where they differ. */
export const sameDigest = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)
