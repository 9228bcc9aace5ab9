import type { StoredFile } from '../../files/index.ts'
import type { CardFiles } from '../uploads/releases.ts'
import type { ImportSource } from './sources/index.ts'

/** A file of the account as something to import, read where it lies and never as a whole. */
export const sourceOf = (content: CardFiles['content'], file: StoredFile, signal: AbortSignal): ImportSource => ({
  sizeBytes: file.size_bytes,
  read: (from, to) => content.read(file, { from, to, signal }),
})
