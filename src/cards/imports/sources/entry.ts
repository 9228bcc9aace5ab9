import type { Readable } from 'node:stream'
import { AppError } from '../../../platform/errors.ts'
import { assertCleanText } from '../../../platform/http/text.ts'
import { ArchivedCard } from '../../exports/record.ts'

export const FORMATS = ['teak', 'bookmarks', 'raindrop', 'pocket', 'karakeep', 'urls'] as const
export type ImportFormat = (typeof FORMATS)[number]

/** A file to import, as it is kept. */
export interface ImportSource {
  readonly sizeBytes: number
  /** @param from First byte. @param to Last byte, inclusive. */
  read(from: number, to: number): Promise<Readable>
}

/** One entry of a file: a card, or what is wrong with it. */
export interface Entry {
  /** Where it begins, in a file of lines. */
  readonly line: number | null
  readonly card?: ArchivedCard
  readonly problem?: string
}

/** What another program knows of something that it has saved. */
export interface Saved {
  readonly line: number | null
  readonly url?: string | undefined
  readonly text?: string | undefined
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly notes?: readonly (string | undefined)[]
  readonly tags?: readonly string[]
  readonly createdAt?: number | undefined
  readonly isFavorited?: boolean
  readonly isTrashed?: boolean
}

const MAX_TAG_LENGTH = 200
const MAX_TITLE_LENGTH = 10_000

/** Reads one record. @param line As in an entry. */
export const toEntry = (record: unknown, line: number | null): Entry => {
  try {
    assertCleanText(record)
  } catch (error) {
    if (error instanceof AppError) return { line, problem: error.message }
    throw error
  }
  const read = ArchivedCard.safeParse(record)
  if (read.success) return { line, card: read.data }
  const [issue] = read.error.issues
  const where = issue?.path.join('.') ?? ''
  return { line, problem: where === '' ? 'The entry is no card.' : `${where}: ${issue?.message}` }
}

/** A card of what another program has saved: a link, or a text where there is none. */
export const savedEntry = ({ line, url, text, title, description, notes = [], tags = [], ...saved }: Saved): Entry => {
  const address = url?.trim() ?? ''
  if (address === '' && text === undefined) return { line, problem: 'There is no address.' }
  if (text === undefined && !/^https?:/i.test(address))
    return { line, problem: 'Only addresses of the web, http or https, become cards.' }
  const known = title === undefined || title.trim() === '' || title === address ? undefined : title.trim()
  const words = notes
    .map((note) => note?.trim() ?? '')
    .filter((note) => note !== '')
    .join('\n\n')
  const record = {
    type: text === undefined ? 'link' : 'text',
    // Of a link the page may tell another title later, so the one that a person has given is also its text.
    content: text ?? known?.slice(0, MAX_TITLE_LENGTH) ?? '',
    ...(text === undefined ? { url: address } : {}),
    ...(words === '' ? {} : { notes: words }),
    tags: [...new Set(tags.map((tag) => tag.trim().slice(0, MAX_TAG_LENGTH).trim()))].filter((tag) => tag !== ''),
    isFavorited: saved.isFavorited === true,
    ...(isPlausible(saved.createdAt) ? { createdAt: saved.createdAt } : {}),
    latchkey: {
      source: 'import',
      ...(known === undefined ? {} : { title: known.slice(0, MAX_TITLE_LENGTH) }),
      ...(description === undefined || description.trim() === '' ? {} : { description: description.trim() }),
      ...(saved.isTrashed === true ? { deletedAt: saved.createdAt ?? 0 } : {}),
    },
  }
  const broken = Object.values({ ...record, ...record.latchkey }).some(
    (value) => typeof value === 'string' && value.includes('\ufffd'),
  )
  if (broken) return { line, problem: 'Its text is not in the encoding of the file.' }
  return toEntry(record, line)
}

// Programs write 0, and other units than they say, where they do not know.
const isPlausible = (ms: number | undefined): ms is number =>
  ms !== undefined && Number.isFinite(ms) && ms > 0 && ms < Date.UTC(2200, 0, 1)

/** Seconds, milliseconds or microseconds since 1970, as programs write them. @returns Milliseconds. */
export const momentOf = (text: string | number | undefined): number | undefined => {
  const value = Number(text)
  if (text === undefined || text === '' || !Number.isFinite(value) || value <= 0) return undefined
  if (value < 1e11) return Math.floor(value * 1000)
  return Math.floor(value < 1e14 ? value : value / 1000)
}

/** What ends an import: nothing behind it can be read. */
