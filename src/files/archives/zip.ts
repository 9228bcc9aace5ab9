import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'

/** One file or folder of an archive. */
export interface ZipEntry {
  /** With `/` between its parts, and one at the end of a folder. */
  readonly path: string
  readonly sizeBytes: number
  readonly modifiedAt: number
  /** The bytes, in buffers; must give exactly `sizeBytes`. */
  open(): Promise<Readable>
}

export interface ZipOptions {
  readonly signal?: AbortSignal
  /** From where on numbers need the wide fields of ZIP64; for tests. */
  readonly limit?: number
}

const U32 = 0xffff_ffff
const U16 = 0xffff
/** The length of a block that is not compressed is a number of 16 bits. */
const BLOCK_BYTES = 65_535
const BLOCK_HEAD_BYTES = 5
const DATA_FOLLOWS = 0x0008
const UTF8_NAMES = 0x0800
const DEFLATED = 8
const STORED = 0
/** Since 2.0 there are folders, since 4.5 the wide fields. */
const VERSION = 20
const WIDE_VERSION = 45

/** What is known of an entry before its bytes are. */
interface Plan {
  readonly entry: ZipEntry
  readonly name: Buffer
  readonly isFolder: boolean
  /** In the archive. */
  readonly packedBytes: number
  readonly isWide: boolean
  /** Where it begins. */
  readonly at: number
  /** Of its bytes, once they have been read. */
  crc: number
}

/**
 * An archive of entries, written as it is read: nothing is kept but names, and its length is known before. Bytes are
 * not compressed, most that people share is already, but framed as a deflated stream of such blocks: a stored entry whose
 * checksum follows it is what some readers refuse.
 *
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 * @see https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4
 */
export const zipArchive = (entries: readonly ZipEntry[], { signal, limit = U32 }: ZipOptions = {}) => {
  const plans: Plan[] = []
  let at = 0
  for (const entry of entries) {
    const name = Buffer.from(entry.path)
    const isFolder = entry.path.endsWith('/')
    const blocks = Math.max(1, Math.ceil(entry.sizeBytes / BLOCK_BYTES))
    const packedBytes = isFolder ? 0 : entry.sizeBytes + blocks * BLOCK_HEAD_BYTES
    const plan = { entry, name, isFolder, packedBytes, isWide: packedBytes >= limit, at, crc: 0 }
    plans.push(plan)
    at += localHead(plan).length + packedBytes + (isFolder ? 0 : descriptor(plan).length)
  }
  const start = at
  const tail = (): Buffer => directory(plans, start, limit)

  return {
    /** Of the whole archive. */
    sizeBytes: start + tail().length,

    /** @throws what `open` or its bytes throw; RangeError if they are not as many as was said */
    async *pieces(): AsyncGenerator<Buffer> {
      for (const plan of plans) {
        signal?.throwIfAborted()
        if (plan.isFolder) {
          yield localHead(plan)
          continue
        }
        // Before anything of it is sent: what cannot be opened is known with the first piece.
        const source = await plan.entry.open()
        try {
          yield localHead(plan)
          yield* packed(plan, source)
          yield descriptor(plan)
        } finally {
          source.destroy()
        }
      }
      yield tail()
    },
  }
}

async function* packed(plan: Plan, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let left = plan.entry.sizeBytes
  let inBlock = 0
  if (left === 0) yield blockHead(0, true)
  for await (let rest of source) {
    if (rest.length > left) throw new RangeError('a file became longer while it was read')
    plan.crc = crc32(rest, plan.crc)
    while (rest.length > 0) {
      if (inBlock === 0) {
        inBlock = Math.min(BLOCK_BYTES, left)
        yield blockHead(inBlock, inBlock === left)
      }
      const part = rest.subarray(0, inBlock)
      yield part
      rest = rest.subarray(part.length)
      inBlock -= part.length
      left -= part.length
    }
  }
  if (left > 0) throw new RangeError('a file ended early')
}

const blockHead = (lengthBytes: number, isLast: boolean): Buffer => {
  const head = Buffer.alloc(BLOCK_HEAD_BYTES)
  head.writeUInt8(isLast ? 1 : 0, 0)
  head.writeUInt16LE(lengthBytes, 1)
  head.writeUInt16LE(~lengthBytes & U16, 3)
  return head
}

/** Numbers of these widths, one behind the other. */
const fields = (...values: readonly (readonly [width: 2 | 4 | 8, value: number])[]): Buffer => {
  const bytes = Buffer.alloc(values.reduce((sum, [width]) => sum + width, 0))
  let at = 0
  for (const [width, value] of values) {
    if (width === 8) bytes.writeBigUInt64LE(BigInt(value), at)
    else bytes.writeUIntLE(value, at, width)
    at += width
  }
  return bytes
}

const wideExtra = (...values: readonly number[]): Buffer =>
  fields([2, 1], [2, values.length * 8], ...values.map((value): [8, number] => [8, value]))

/** Two seconds are the smallest step, 1980 the first year. In UTC: whoever opens it is anywhere. */
const dosTime = (ms: number): readonly [time: number, date: number] => {
  const moment = new Date(Math.min(Math.max(ms, Date.UTC(1980, 0, 1)), Date.UTC(2107, 11, 31)))
  const time = (moment.getUTCHours() << 11) | (moment.getUTCMinutes() << 5) | (moment.getUTCSeconds() >> 1)
  const date = ((moment.getUTCFullYear() - 1980) << 9) | ((moment.getUTCMonth() + 1) << 5) | moment.getUTCDate()
  return [time, date]
}

const common = ({ entry, isFolder, isWide }: Plan): [2, number][] => {
  const [time, date] = dosTime(entry.modifiedAt)
  const flags = UTF8_NAMES | (isFolder ? 0 : DATA_FOLLOWS)
  return [
    [2, isWide ? WIDE_VERSION : VERSION],
    [2, flags],
    [2, isFolder ? STORED : DEFLATED],
    [2, time],
    [2, date],
  ]
}

const localHead = (plan: Plan): Buffer => {
  const { name, isWide } = plan
  const extra = isWide ? wideExtra(0, 0) : Buffer.alloc(0)
  const size = isWide ? U32 : 0
  const head = fields(
    [4, 0x0403_4b50],
    ...common(plan),
    [4, 0],
    [4, size],
    [4, size],
    [2, name.length],
    [2, extra.length],
  )
  return Buffer.concat([head, name, extra])
}

const descriptor = ({ crc, packedBytes, entry, isWide }: Plan): Buffer => {
  const width = isWide ? 8 : 4
  return fields([4, 0x0807_4b50], [4, crc], [width, packedBytes], [width, entry.sizeBytes])
}

const FOLDER_MODE = 0o040_755
const FILE_MODE = 0o100_644
const MADE_ON_UNIX = 3 << 8

const directory = (plans: readonly Plan[], start: number, limit: number): Buffer => {
  const heads = plans.flatMap((plan) => {
    const { entry, name, isFolder, packedBytes, isWide, at, crc } = plan
    const isFar = at >= limit
    const wide = [...(isWide ? [entry.sizeBytes, packedBytes] : []), ...(isFar ? [at] : [])]
    const extra = wide.length === 0 ? Buffer.alloc(0) : wideExtra(...wide)
    const mode = isFolder ? FOLDER_MODE : FILE_MODE
    const head = fields(
      [4, 0x0201_4b50],
      [2, MADE_ON_UNIX | WIDE_VERSION],
      ...common(plan),
      [4, crc],
      [4, isWide ? U32 : packedBytes],
      [4, isWide ? U32 : entry.sizeBytes],
      [2, name.length],
      [2, extra.length],
      [2, 0],
      [2, 0],
      [2, 0],
      // The upper half is the mode, the lower one says of a folder that it is one to who knows no modes.
      [2, isFolder ? 0x10 : 0],
      [2, mode],
      [4, isFar ? U32 : at],
    )
    return [head, name, extra]
  })
  const body = Buffer.concat(heads)
  return Buffer.concat([body, directoryEnd(plans.length, start, body.length, limit)])
}

const directoryEnd = (count: number, start: number, lengthBytes: number, limit: number): Buffer => {
  const isWide = count >= Math.min(U16, limit) || start + lengthBytes >= limit
  const wide = isWide
    ? fields(
        [4, 0x0606_4b50],
        [8, 44],
        [2, MADE_ON_UNIX | WIDE_VERSION],
        [2, WIDE_VERSION],
        [4, 0],
        [4, 0],
        [8, count],
        [8, count],
        [8, lengthBytes],
        [8, start],
        [4, 0x0706_4b50],
        [4, 0],
        [8, start + lengthBytes],
        [4, 1],
      )
    : Buffer.alloc(0)
  const [few, near] = isWide ? [U16, U32] : [count, start]
  const end = fields(
    [4, 0x0605_4b50],
    [2, 0],
    [2, 0],
    [2, few],
    [2, few],
    [4, isWide ? U32 : lengthBytes],
    [4, near],
    [2, 0],
  )
  return Buffer.concat([wide, end])
}
