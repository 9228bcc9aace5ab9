import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** A write of this size costs little more than one of 64 KiB. */
const BATCH_BYTES = 1024 * 1024
const READ_BYTES = 1024 * 1024
/** Without a folder the bytes stay in memory, and then only so many of them. */
const MEMORY_FILE_BYTES = 1024 * 1024
const MEMORY_BYTES = 8 * 1024 * 1024
/** With a folder, a file up to this size is not worth a file on disk. */
const SMALL_BYTES = 64 * 1024

export interface VaultOptions {
  /**
   * Where the bytes of larger files lie; `temporary` makes a folder and removes it at the end. Without one only small
   * files keep their bytes, and the oldest lose theirs.
   */
  folder?: string | undefined
  /** Every file lies on disk, as with a local Bot API server, whose clients read it from there. */
  onDiskOnly?: boolean
}

/** The bytes of one file. `lost` are those that were read past and not kept. */
export type Bytes = { readonly sizeBytes: number } & (
  | { readonly at: 'memory'; readonly buffer: Buffer }
  | { readonly at: 'disk'; readonly path: string }
  | { readonly at: 'lost' }
)

/** Takes the bytes of one file, piece by piece; calls must not overlap. */
export interface Receiver {
  write(piece: Buffer): Promise<void>
  end(): Promise<Bytes>
  abort(): Promise<void>
}

export type Vault = ReturnType<typeof vault>

/** Keeps the bytes of files. */
export const vault = ({ folder: given, onDiskOnly = false }: VaultOptions = {}) => {
  const isTemporary = given === 'temporary' || (given === undefined && onDiskOnly)
  const folder = isTemporary ? mkdtempSync(join(tmpdir(), 'latchkey-telegram-')) : given && resolve(given)
  if (folder !== undefined) mkdirSync(folder, { recursive: true })
  const kept = new Map<number, Bytes>()
  let heldBytes = 0
  let count = 0

  const smallBytes = onDiskOnly ? -1 : folder === undefined ? MEMORY_FILE_BYTES : SMALL_BYTES
  const receiver = () => receive(smallBytes, () => nextPath())
  const nextPath = (): string | undefined => {
    count += 1
    return folder === undefined ? undefined : join(folder, `${process.pid}-${count}`)
  }

  const forget = async (key: number): Promise<void> => {
    const bytes = kept.get(key)
    kept.delete(key)
    if (bytes?.at === 'memory' && folder === undefined) heldBytes -= bytes.sizeBytes
    if (bytes) await discard(bytes)
  }

  return {
    receiver,
    /** The file has these bytes from now on. */
    keep(key: number, bytes: Bytes): void {
      if (bytes.at === 'lost') return
      kept.set(key, bytes)
      if (bytes.at !== 'memory' || folder !== undefined) return
      heldBytes += bytes.sizeBytes
      for (const [oldest, { sizeBytes }] of kept) {
        if (heldBytes <= MEMORY_BYTES) return
        kept.delete(oldest)
        heldBytes -= sizeBytes
      }
    },
    /** The bytes, or undefined when they are not here any more. */
    find: (key: number): Bytes | undefined => kept.get(key),
    forget,
    /** What is here, the oldest first. */
    all: (): ReadonlyMap<number, Bytes> => kept,
    /** Inverts every bit of one stored byte. */
    async flip(key: number, offset: number): Promise<void> {
      const bytes = kept.get(key)
      if (bytes?.at === 'memory') bytes.buffer.writeUInt8(bytes.buffer.readUInt8(offset) ^ 0xff, offset)
      if (bytes?.at === 'disk') await flipOnDisk(bytes.path, offset)
    },
    close(): void {
      if (isTemporary && folder !== undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const discard = async (bytes: Bytes): Promise<void> => {
  if (bytes.at === 'disk') await rm(bytes.path, { force: true })
}

/** @param to Inclusive. @returns Pieces that nobody else holds. */
export async function* readBytes(bytes: Bytes, from: number, to: number): AsyncGenerator<Buffer> {
  if (bytes.at === 'memory' && from <= to) yield Buffer.from(bytes.buffer.subarray(from, to + 1))
  if (bytes.at !== 'disk') return
  const handle = await open(bytes.path)
  try {
    for (let at = from; at <= to; ) {
      const length = Math.min(READ_BYTES, to + 1 - at)
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

const flipOnDisk = async (path: string, offset: number): Promise<void> => {
  const handle = await open(path, 'r+')
  try {
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, offset)
    await handle.write(Buffer.from([buffer.readUInt8(0) ^ 0xff]), 0, 1, offset)
  } finally {
    await handle.close()
  }
}

/** Holds up to `smallBytes` in memory, and moves to disk past that, or drops everything where there is no disk. */
const receive = (smallBytes: number, nextPath: () => string | undefined): Receiver => {
  let pieces: Buffer[] = []
  let pendingBytes = 0
  let sizeBytes = 0
  let isLost = false
  let disk: { handle: FileHandle; path: string } | undefined

  const flush = async (): Promise<void> => {
    const batch = pieces
    pieces = []
    pendingBytes = 0
    const path = disk?.path ?? nextPath()
    if (path === undefined) isLost = true
    else {
      disk ??= { handle: await open(path, 'wx'), path }
      if (batch.length > 0) await disk.handle.writev(batch)
    }
  }

  return {
    async write(piece) {
      sizeBytes += piece.byteLength
      if (isLost) return
      pieces.push(piece)
      pendingBytes += piece.byteLength
      if (sizeBytes > smallBytes && pendingBytes >= BATCH_BYTES) await flush()
    },
    async end() {
      if (sizeBytes > smallBytes && !isLost && (pendingBytes > 0 || !disk)) await flush()
      await disk?.handle.close()
      if (disk) return { sizeBytes, at: 'disk', path: disk.path }
      return isLost ? { sizeBytes, at: 'lost' } : { sizeBytes, at: 'memory', buffer: Buffer.concat(pieces) }
    },
    async abort() {
      pieces = []
      await disk?.handle.close()
      if (disk) await rm(disk.path, { force: true })
    },
  }
}
