import { unreadable } from '../errors.ts'
import { bookmarkEntries } from './bookmarks.ts'
import { delimiterOf } from './csv.ts'
import type { Entry, ImportFormat, ImportSource } from './entry.ts'
import { karakeepEntries } from './karakeep.ts'
import { pocketEntries, raindropEntries } from './tables.ts'
import { teakEntries } from './teak.ts'
import { encodingOf, HEAD_BYTES, headOf, MAX_TEXT_FILE_BYTES, textOf } from './text.ts'
import { urlEntries } from './urls.ts'
import { type Archive, openArchive } from './zip-reader.ts'

export { type Entry, FORMATS, type ImportFormat, type ImportSource } from './entry.ts'
export type { Archive } from './zip-reader.ts'

/** A file that is ready to be imported. */
export interface OpenImport {
  /** Each time from the first entry on. */
  entries(): AsyncIterable<Entry>
  /** Undefined for a file that is none. */
  readonly archive: Archive | undefined
}

/** @throws {AppError} UNREADABLE_IMPORT */
export const openImport = async (source: ImportSource, format: ImportFormat): Promise<OpenImport> => {
  if (format === 'teak') {
    const archive = await openArchive(source)
    return { archive, entries: () => teakEntries(archive) }
  }
  const entriesOf = {
    bookmarks: () => bookmarkEntries(textOf(source)),
    raindrop: () => raindropEntries(textOf(source)),
    pocket: () => pocketEntries(textOf(source)),
    karakeep: () => karakeepEntries(source),
    urls: () => urlEntries(textOf(source)),
  }
  return { archive: undefined, entries: entriesOf[format] }
}

/**
 * What a file is, by its beginning.
 *
 * @param wanted What the sender says it is.
 * @throws {AppError} UNREADABLE_IMPORT for a file that cannot be what is wanted
 */
export const formatOf = async (source: ImportSource, wanted: ImportFormat | undefined): Promise<ImportFormat> => {
  if (source.sizeBytes === 0) throw unreadable('The file is empty.')
  const head = await headOf(source)
  const isArchive = head.length >= 4 && head.readUInt32LE(0) === 0x04034b50
  if (!isArchive && source.sizeBytes > MAX_TEXT_FILE_BYTES)
    throw unreadable('A file that is no archive can have at most 128 MiB.')
  const found = isArchive ? 'teak' : textFormatOf(head)
  if (wanted === undefined || wanted === found || (wanted === 'urls' && !isArchive)) return wanted ?? found
  throw unreadable(`The file does not look like ${wanted}, but like ${found}. Leave format out, or name the right one.`)
}

const textFormatOf = (head: Buffer): ImportFormat => {
  const text = new TextDecoder(encodingOf(head.subarray(0, HEAD_BYTES))).decode(head).trimStart()
  if (text.includes('\0')) throw unreadable('The file is neither a ZIP archive nor text.')
  if (/^[{[]/.test(text)) return 'karakeep'
  if (text.startsWith('<')) return 'bookmarks'
  const header = text.split(/[\r\n]/, 1)[0] ?? ''
  const columns = header.split(delimiterOf(header)).map((name) => name.trim().replace(/^"|"$/g, '').toLowerCase())
  if (!columns.includes('url') || columns.length < 2) return 'urls'
  return columns.includes('time_added') || columns.includes('status') ? 'pocket' : 'raindrop'
}
