import { pipeline, Readable } from 'node:stream'
import { crc32, createDeflateRaw } from 'node:zlib'

/** What is known of an entry before its bytes are. */
export interface NewEntry {
  readonly name: string
  /** Milliseconds since 1970; kept to two seconds, in UTC. */
  readonly modifiedAt: number
  readonly isCompressed: boolean
  /** Whether it may reach 4 GiB: then its sizes need a form that some older programs cannot read. */
  readonly isLarge: boolean
}

/** Of an entry whose source broke. */
export interface LeftOut {
  readonly cause: unknown
}

const NAMES_ARE_UTF8 = 0x0800
const SIZES_FOLLOW = 0x0008
const DEFLATE = 8
const MAX_16 = 0xffff
const MAX_32 = 0xffffffff

export type ZipWriter = ReturnType<typeof zipWriter>

/**
 * Writes a ZIP archive as a stream: of each entry only its name and sizes are kept until the end.
 *
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export const zipWriter = () => {
  const directory: Buffer[] = []
  let offset = 0

  const sent = (buffer: Buffer): Buffer => {
    offset += buffer.length
    return buffer
  }

  return {
    /**
     * One entry.
     *
     * @param source If it breaks, the entry is left out of the archive's directory, so that nobody sees it.
     * @returns Why the entry is not in the archive, if it is not.
     */
    async *add(entry: NewEntry, source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, LeftOut | undefined> {
      const sum = { crc: 0, sizeBytes: 0 }
      const start = offset
      yield sent(localHeader(entry))
      const from = offset
      try {
        for await (const chunk of packed(entry, summed(source, sum))) yield sent(chunk)
      } catch (cause) {
        return { cause }
      }
      const done = { ...entry, ...sum, offset: start, packedBytes: offset - from }
      yield sent(descriptor(done))
      directory.push(directoryHeader(done))
      return undefined
    },

    /** The directory, which ends the archive. */
    async *end(): AsyncGenerator<Buffer> {
      const start = offset
      for (const header of directory) yield sent(header)
      yield endOfArchive({ count: directory.length, start, sizeBytes: offset - start })
    },
  }
}

interface Written extends NewEntry {
  readonly crc: number
  readonly sizeBytes: number
  readonly packedBytes: number
  readonly offset: number
}

async function* summed(source: AsyncIterable<Uint8Array>, sum: { crc: number; sizeBytes: number }) {
  for await (const chunk of source) {
    sum.crc = crc32(chunk, sum.crc)
    sum.sizeBytes += chunk.length
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  }
}

const packed = ({ isCompressed }: NewEntry, source: AsyncIterable<Buffer>): AsyncIterable<Buffer> => {
  if (!isCompressed) return source
  const deflate = createDeflateRaw()
  // Whatever breaks destroys the stream that is read, with the reason.
  pipeline(Readable.from(source, { objectMode: false }), deflate, () => {})
  return deflate
}

const dosMoment = (ms: number): { date: number; time: number } => {
  const at = new Date(Math.min(Math.max(ms, Date.UTC(1980, 0, 1)), Date.UTC(2107, 11, 31)))
  return {
    date: ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
  }
}

/** The numbers of a header, each with its width in bytes. */
const packNumbers = (...fields: readonly (readonly [width: 2 | 4 | 8, value: number])[]): Buffer => {
  const buffer = Buffer.alloc(fields.reduce((sum, [width]) => sum + width, 0))
  let at = 0
  for (const [width, value] of fields) {
    if (width === 8) buffer.writeBigUInt64LE(BigInt(value), at)
    else buffer.writeUIntLE(value, at, width)
    at += width
  }
  return buffer
}

const localHeader = ({ name, modifiedAt, isCompressed, isLarge }: NewEntry): Buffer => {
  const { date, time } = dosMoment(modifiedAt)
  const bytes = Buffer.from(name)
  const extra = isLarge ? packNumbers([2, 1], [2, 16], [8, 0], [8, 0]) : Buffer.alloc(0)
  const size = isLarge ? MAX_32 : 0
  return Buffer.concat([
    packNumbers(
      [4, 0x04034b50],
      [2, isLarge ? 45 : 20],
      [2, NAMES_ARE_UTF8 | SIZES_FOLLOW],
      [2, isCompressed ? DEFLATE : 0],
      [2, time],
      [2, date],
      [4, 0],
      [4, size],
      [4, size],
      [2, bytes.length],
      [2, extra.length],
    ),
    bytes,
    extra,
  ])
}

const descriptor = ({ crc, packedBytes, sizeBytes, isLarge }: Written): Buffer => {
  const width = isLarge ? 8 : 4
  return packNumbers([4, 0x08074b50], [4, crc], [width, packedBytes], [width, sizeBytes])
}

const directoryHeader = (entry: Written): Buffer => {
  const { name, modifiedAt, isCompressed, isLarge, crc, packedBytes, sizeBytes, offset } = entry
  const { date, time } = dosMoment(modifiedAt)
  const bytes = Buffer.from(name)
  const wide = [sizeBytes, packedBytes, offset].filter((value) => value >= MAX_32)
  const extra =
    wide.length === 0
      ? Buffer.alloc(0)
      : packNumbers([2, 1], [2, wide.length * 8], ...wide.map((value) => [8, value] as const))
  return Buffer.concat([
    packNumbers(
      [4, 0x02014b50],
      [2, 0x032d],
      [2, isLarge || wide.length > 0 ? 45 : 20],
      [2, NAMES_ARE_UTF8 | SIZES_FOLLOW],
      [2, isCompressed ? DEFLATE : 0],
      [2, time],
      [2, date],
      [4, crc],
      [4, Math.min(packedBytes, MAX_32)],
      [4, Math.min(sizeBytes, MAX_32)],
      [2, bytes.length],
      [2, extra.length],
      [2, 0],
      [2, 0],
      [2, 0],
      // A plain file that its owner may write: `-rw-r--r--`.
      [4, 0o100644 * 0x10000],
      [4, Math.min(offset, MAX_32)],
    ),
    bytes,
    extra,
  ])
}

const endOfArchive = ({ count, start, sizeBytes }: { count: number; start: number; sizeBytes: number }): Buffer => {
  const isWide = count >= MAX_16 || start >= MAX_32 || sizeBytes >= MAX_32
  const wide = isWide
    ? [
        packNumbers(
          [4, 0x06064b50],
          [8, 44],
          [2, 45],
          [2, 45],
          [4, 0],
          [4, 0],
          [8, count],
          [8, count],
          [8, sizeBytes],
          [8, start],
        ),
        packNumbers([4, 0x07064b50], [4, 0], [8, start + sizeBytes], [4, 1]),
      ]
    : []
  const [shown, from, size] = [Math.min(count, MAX_16), Math.min(start, MAX_32), Math.min(sizeBytes, MAX_32)]
  const end = packNumbers([4, 0x06054b50], [2, 0], [2, 0], [2, shown], [2, shown], [4, size], [4, from], [2, 0])
  return Buffer.concat([...wide, end])
}
