import type { Representation } from '../chunks/range.ts'
import type { StoredFile } from './repo.ts'

/** A file's content as HTTP sees it. Its tag is the hash of all bytes, so equal bytes have equal tags everywhere. */
export const toRepresentation = ({ size_bytes, sha256, stored_at }: StoredFile): Representation => ({
  sizeBytes: size_bytes,
  etag: `"${sha256.toString('hex')}"`,
  lastModified: new Date(stored_at),
})
