import { createCipheriv, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Chunk } from './chunk.ts'

const KEY_BYTES = 16
const NONCE_BYTES = 12

export const LEAF_TAG_BYTES = 16

/** @returns A key for the tags of one chunk. It is never used for another one. */
export const newTagKey = (): Buffer => randomBytes(KEY_BYTES)

/**
 * The tag of one leaf: GMAC, which is AES-128-GCM with nothing to encrypt and the bytes of the leaf as additional data.
 * It costs a tenth of SHA-256, so every byte of every read can be checked.
 *
 * What a tag that fits guarantees: the bytes are those that were stored at this place, but for a chance of 2^-111 per
 * try. So it finds every accident (a failing disk, a short, stale or exchanged file, leaves in another order), and every
 * change by somebody who can write to the storage and not read the database.
 *
 * The key is in the row, beside the tags. Who can write to the database could put a hash of his own there as well as a
 * tag. What a stored SHA-256 would find and a tag does not is a change by somebody who can read the database, or a
 * backup of it, and write to the storage: he can make other bytes that fit the tag. Such a change still differs from the
 * SHA-256 of the whole file, which is stored too and goes out with every answer.
 *
 * @param key Of the chunk. One key never tags two leaves with one index: a nonce that is used twice gives GMAC away.
 * @param pieces The bytes of the leaf, cut anywhere.
 * @see https://doi.org/10.6028/NIST.SP.800-38D
 */
export const leafTag = (key: Buffer, leafIndex: number, pieces: readonly Buffer[]): Buffer => {
  const tagger = leafTagger(key, leafIndex)
  tagger.add(pieces)
  return tagger.tag()
}

export type LeafTagger = ReturnType<typeof leafTagger>

/** The tag of a leaf whose bytes come one after the other. */
export const leafTagger = (key: Buffer, leafIndex: number) => {
  const nonce = Buffer.alloc(NONCE_BYTES)
  nonce.writeUInt32BE(leafIndex, NONCE_BYTES - 4)
  const gmac = createCipheriv('aes-128-gcm', key, nonce)
  return {
    add(pieces: readonly Buffer[]): void {
      for (const piece of pieces) gmac.setAAD(piece)
    },
    /** Once, at the end of the leaf. */
    tag(): Buffer {
      gmac.final()
      return gmac.getAuthTag()
    },
  }
}

/** Whether `bytes` are leaf `leafIndex` of the chunk as it was stored. A key or tag that is cut off fits nothing. */
export const isStoredLeaf = (
  { tagKey, leafTags }: Pick<Chunk, 'tagKey' | 'leafTags'>,
  leafIndex: number,
  bytes: Buffer,
): boolean => {
  const stored = leafTags.subarray(leafIndex * LEAF_TAG_BYTES, (leafIndex + 1) * LEAF_TAG_BYTES)
  if (tagKey.length !== KEY_BYTES || stored.length !== LEAF_TAG_BYTES) return false
  return timingSafeEqual(leafTag(tagKey, leafIndex, [bytes]), stored)
}
