import { Readable } from 'node:stream'
import type { Backend } from '../backends/backend.ts'
import { LEAF_BYTES } from '../chunks/chunk.ts'
import type { StoredChunk } from '../chunks/copies.ts'
import { LEAF_TAG_BYTES, leafTag } from '../chunks/leaf-tags.ts'
import { DATABASE_BACKEND } from '../files/blobs.ts'

interface InlineRow {
  readonly position: number
  readonly start_at: number
  readonly size_bytes: number
  readonly tag_key: Buffer
  readonly leaf_tags: Buffer
}

/** The tags of bytes that are smaller than a leaf. */
export const inlineTags = (tagKey: Buffer, bytes: Buffer, leafBytes = LEAF_BYTES): Buffer => {
  const count = Math.ceil(bytes.length / leafBytes)
  const tags = Array.from({ length: count }, (_, leaf) =>
    leafTag(tagKey, leaf, [bytes.subarray(leaf * leafBytes, (leaf + 1) * leafBytes)]),
  )
  return Buffer.concat(tags, count * LEAF_TAG_BYTES)
}

/** The chunk of a small file, to be copied from the database, where its bytes are. */
export const inlineChunk = (row: InlineRow, bytes: Buffer): StoredChunk => {
  const handle = {
    sizeBytes: bytes.length,
    read: async (position: number, lengthBytes: number) => bytes.subarray(position, position + lengthBytes),
    close: async () => {},
  }
  const refuse = () => Promise.reject(new Error('The database is read, and nothing else.'))
  const backend: Backend = {
    name: DATABASE_BACKEND,
    capabilities: { maxObjectBytes: Infinity, ranged: true, listable: false, batchDelete: false, durable: true },
    put: refuse,
    get: async (_locator, from, to) => Readable.from([bytes.subarray(from, to + 1)]),
    delete: refuse,
    stat: async () => ({ sizeBytes: bytes.length }),
  }
  return {
    index: row.position,
    offset: row.start_at,
    sizeBytes: row.size_bytes,
    tagKey: row.tag_key,
    leafTags: row.leaf_tags,
    copies: [{ backend, locator: '', open: async () => handle }],
  }
}
