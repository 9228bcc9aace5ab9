import { pipeline } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { crc32, createInflateRaw } from 'node:zlib'
import { AppError } from '../../../platform/errors.ts'
import { ImportErrors, unreadable } from '../errors.ts'
import type { ImportSource } from './entry.ts'

const MAX_ENTRIES = 300_000
const MAX_DIRECTORY_BYTES = 64 * 1024 * 1024
const MAX_NAME_BYTES = 1024
/** What an archive may unpack to: above the first figure at most so many times its own size. */
const FREE_BYTES = 256 * 1024 * 1024
const MOST_TIMES = 200

const END_BYTES = 22
const MAX_COMMENT_BYTES = 0xffff
const WIDE_LOCATOR_BYTES = 20
const LOCAL_BYTES = 30
const HEADER_BYTES = 46
const MAX_32 = 0xffffffff

/** One file in an archive. */
export interface ZipEntry {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly packedBytes: number
  readonly sizeBytes: number
  readonly offset: number
}

export interface Archive {
  readonly entries: ReadonlyMap<string, ZipEntry>
  /**
   * Unpacks an entry. What comes out is what the archive's directory says, to the byte, or it throws.
   *
   * @throws {AppError} UNREADABLE_IMPORT
   */
  open(entry: ZipEntry): AsyncGenerator<Buffer>
}

/**
 * Reads the directory of an archive that may be hostile: whatever could name a place outside of it, be unpacked to more
 * than it says, or be there twice, is refused before anything is unpacked.
 *
 * @throws {AppError} UNREADABLE_IMPORT
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export const openArchive = async (source: ImportSource): Promise<Archive> => {
  const read = async (from: number, sizeBytes: number): Promise<Buffer> => {
    if (from < 0 || sizeBytes < 0 || from + sizeBytes > source.sizeBytes) throw damaged()
    return sizeBytes === 0 ? Buffer.alloc(0) : buffer(await source.read(from, from + sizeBytes - 1))
  }
  const directory = await findDirectory(source.sizeBytes, read)
  if (directory.count > MAX_ENTRIES) throw unreadable(`An archive can have at most ${MAX_ENTRIES} entries.`)
  if (directory.sizeBytes > MAX_DIRECTORY_BYTES) throw unreadable('The directory of the archive is too large.')
  const entries = readDirectory(await read(directory.offset, directory.sizeBytes), directory.count)
  assertModest(entries, source.sizeBytes, directory.offset)
  const byName = new Map(entries.map((entry) => [entry.name, entry]))
  if (byName.size !== entries.length) throw unreadable('The archive has two entries of one name.')

  return {
    entries: byName,
    async *open(entry) {
      const header = await read(entry.offset, LOCAL_BYTES)
      if (header.readUInt32LE(0) !== 0x04034b50) throw damaged()
      const from = entry.offset + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28)
      if (from + entry.packedBytes > directory.offset) throw damaged()
      const packed = entry.packedBytes === 0 ? [] : await source.read(from, from + entry.packedBytes - 1)
      yield* checked(entry, entry.method === 0 ? packed : inflated(packed))
    },
  }
}

const damaged = (): AppError => unreadable('The archive is damaged, or was cut off.')

type Read = (from: number, sizeBytes: number) => Promise<Buffer>

interface Directory {
  readonly offset: number
  readonly sizeBytes: number
  readonly count: number
}

const findDirectory = async (archiveBytes: number, read: Read): Promise<Directory> => {
  const tailBytes = Math.min(archiveBytes, END_BYTES + MAX_COMMENT_BYTES)
  const tail = await read(archiveBytes - tailBytes, tailBytes)
  const at = endOf(tail)
  const count = tail.readUInt16LE(at + 10)
  const [sizeBytes, offset] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)]
  if (tail.readUInt16LE(at + 4) !== 0) throw unreadable('The archive is one part of several.')
  if (count !== 0xffff && sizeBytes !== MAX_32 && offset !== MAX_32) return { offset, sizeBytes, count }
  const locator = await read(archiveBytes - tailBytes + at - WIDE_LOCATOR_BYTES, WIDE_LOCATOR_BYTES)
  if (locator.readUInt32LE(0) !== 0x07064b50) return { offset, sizeBytes, count }
  const wide = await read(toNumber(locator.readBigUInt64LE(8)), 56)
  if (wide.readUInt32LE(0) !== 0x06064b50) throw damaged()
  return {
    count: toNumber(wide.readBigUInt64LE(32)),
    sizeBytes: toNumber(wide.readBigUInt64LE(40)),
    offset: toNumber(wide.readBigUInt64LE(48)),
  }
}

/** Only one whose comment reaches the end of the file: what looks like it may stand in a comment. */
const endOf = (tail: Buffer): number => {
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1)
    if (tail.readUInt32LE(at) === 0x06054b50 && at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length) return at
  throw damaged()
}

const toNumber = (value: bigint): number => {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged()
  return Number(value)
}

const readDirectory = (directory: Buffer, count: number): ZipEntry[] => {
  const entries: ZipEntry[] = []
  let at = 0
  for (let index = 0; index < count; index += 1) {
    if (at + HEADER_BYTES > directory.length || directory.readUInt32LE(at) !== 0x02014b50) throw damaged()
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((place) => directory.readUInt16LE(at + place))
    const end = at + HEADER_BYTES + (nameBytes ?? 0) + (extraBytes ?? 0) + (commentBytes ?? 0)
    if (end > directory.length) throw damaged()
    const entry = readEntry(directory.subarray(at, end))
    // A folder is nothing but its name.
    if (!entry.name.endsWith('/')) entries.push(entry)
    at = end
  }
  return entries
}

const readEntry = (header: Buffer): ZipEntry => {
  const nameEnd = HEADER_BYTES + header.readUInt16LE(28)
  const name = parseName(header.subarray(HEADER_BYTES, nameEnd))
  if ((header.readUInt16LE(8) & 0x2041) !== 0) throw unreadable('The archive is encrypted. Unlock it first.')
  const method = header.readUInt16LE(10)
  if (method !== 0 && method !== 8) throw unreadable(`${name} is packed in a way that nobody here can unpack.`)
  const extra = header.subarray(nameEnd, nameEnd + header.readUInt16LE(30))
  const narrow = [24, 20, 42].map((place) => header.readUInt32LE(place))
  const [sizeBytes = 0, packedBytes = 0, offset = 0] = widened(narrow, extra)
  if (method === 0 && sizeBytes !== packedBytes) throw damaged()
  return { name, method, crc: header.readUInt32LE(16), sizeBytes, packedBytes, offset }
}

/** Those that did not fit stand one after the other in a field of their own. */
const widened = (narrow: readonly number[], extra: Buffer): number[] => {
  const field = wideField(extra)
  let at = 0
  return narrow.map((value) => {
    if (value !== MAX_32 || field === undefined) return value
    if (at + 8 > field.length) throw damaged()
    at += 8
    return toNumber(field.readBigUInt64LE(at - 8))
  })
}

const wideField = (extra: Buffer): Buffer | undefined => {
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (extra.readUInt16LE(at) === 1) return extra.subarray(at + 4, end)
    at = end
  }
  return undefined
}

const parseName = (bytes: Buffer): string => {
  const name = bytes.toString('utf8')
  const parts = name.replace(/\/$/, '').split('/')
  const isPlain = !/[\\\p{Cc}]/u.test(name) && !/^[a-z]:/i.test(name)
  const leads = parts.some((part) => part === '' || part === '.' || part === '..')
  if (!isPlain || leads || bytes.length > MAX_NAME_BYTES)
    throw unreadable('The archive names a place outside of itself, or a name that no file can have.')
  return name
}

/** Neither entries that share bytes nor a ratio that only a bomb has. */
const assertModest = (entries: readonly ZipEntry[], archiveBytes: number, end: number): void => {
  const whole = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (whole > Math.max(FREE_BYTES, archiveBytes * MOST_TIMES))
    throw unreadable('The archive would unpack to far more than it is.')
  let free = 0
  for (const { offset, packedBytes } of [...entries].sort((one, other) => one.offset - other.offset)) {
    if (offset < free) throw unreadable('Entries of the archive lie over each other.')
    free = offset + LOCAL_BYTES + packedBytes
  }
  if (free > end) throw damaged()
}

const inflated = (packed: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncIterable<Buffer> => {
  const inflate = createInflateRaw()
  pipeline(packed, inflate, () => {})
  return inflate
}

async function* checked(
  { name, crc, sizeBytes }: ZipEntry,
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
): AsyncGenerator<Buffer> {
  let [sum, count] = [0, 0]
  try {
    for await (const chunk of chunks) {
      sum = crc32(chunk, sum)
      count += chunk.length
      if (count > sizeBytes) throw broken(name)
      yield chunk
    }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    throw code.startsWith('Z_') ? broken(name, cause) : cause
  }
  if (count !== sizeBytes || sum !== crc) throw broken(name)
}

const broken = (name: string, cause?: unknown): AppError =>
  new AppError(ImportErrors.UNREADABLE_IMPORT, { message: `${name} is damaged in the archive.`, cause })
