import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import type { Backend } from '../backends/backend.ts'
import type { DiskFs } from '../backends/disk/directories.ts'
import { openDiskBackend } from '../backends/disk/disk.ts'
import type { StoredChunk } from './copies.ts'
import { findChunk } from './leaves.ts'
import { type BadCopy, rangeReader } from './reader.ts'
import { type ChunkWriterOptions, chunkWriter, type WrittenBytes } from './writer.ts'

/** A disk backend in a folder of its own and a writer over it, with what the tests of chunks ask of them. */
export const chunkFixture = async (t: TestContext, options: Partial<ChunkWriterOptions> & { fs?: DiskFs } = {}) => {
  const root = await mkdtemp(join(tmpdir(), 'latchkey-chunks-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const { fs, ...writerOptions } = options
  const disk = await openDiskBackend(fs === undefined ? { root } : { root, fs })
  const orphans: string[] = []
  const onOrphans = (locators: readonly string[]) => orphans.push(...locators)
  const writer = chunkWriter({ store: disk, onOrphans, ...writerOptions })
  const pathOf = (locator: string) => join(root, 'objects', locator)
  return { root, disk, writer, orphans, pathOf, files: () => filesIn(root) }
}

export const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/** A stream of `bytes`, cut at the given lengths in turn. */
export const cutStream = (bytes: Buffer, lengths: readonly number[]): Readable => Readable.from(cuts(bytes, lengths))

function* cuts(bytes: Buffer, lengths: readonly number[]): Iterable<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? bytes.length
    yield bytes.subarray(at, at + length)
    at += length
  }
}

/** The rows that a caller would have stored for `written`. */
export const toStored = (written: WrittenBytes, ...backends: Backend[]): StoredChunk[] =>
  written.chunks.map((chunk) => ({
    ...chunk,
    copies: backends.map((backend) => ({ backend, locator: chunk.locator })),
  }))

export const collect = async (stream: Readable): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** 2500 random bytes in chunks of 1000, 1000 and 500, leaves of 300; a reader for it. */
export const storedFile = async (t: TestContext, { sizeBytes = 2500 } = {}) => {
  const fixture = await chunkFixture(t, { chunkBytes: 1000, leafBytes: 300, inlineBytes: 50 })
  const bytes = randomBytes(sizeBytes)
  const written = await fixture.writer.write(cutStream(bytes, [170]))
  const bad: BadCopy[] = []
  const reader = rangeReader({ onBadCopy: (one) => bad.push(one), leafBytes: 300 })
  const chunks = toStored(written, fixture.disk)
  const read = async (from: number, to: number, of: readonly StoredChunk[] = chunks) =>
    collect(await reader.openRange({ chunks: of, from, to }))
  const pathOfChunk = (index: number) => fixture.pathOf(chunks[index]?.copies[0]?.locator ?? '')
  const flip = async (at: number) => {
    const index = findChunk(chunks, at)
    const { offset, sizeBytes: length } = chunks[index] ?? assert.fail()
    const damaged = Buffer.from(bytes.subarray(offset, offset + length))
    damaged.writeUInt8(damaged.readUInt8(at - offset) ^ 1, at - offset)
    await writeFile(pathOfChunk(index), damaged)
  }
  return { ...fixture, bytes, chunks, bad, reader, read, pathOfChunk, flip }
}

/** What a consumer has in hand when the stream fails, and the failure. */
export const receivedUntilError = async (opening: Promise<Readable>): Promise<{ bytes: Buffer; error: unknown }> => {
  const pieces: Buffer[] = []
  try {
    for await (const piece of await opening) pieces.push(piece)
  } catch (error) {
    return { bytes: Buffer.concat(pieces), error }
  }
  return assert.fail('the stream did not fail')
}

/** `backend`, counting handles that are open and leaves that were read. */
export const counting = (inner: Backend) => {
  let openHandles = 0
  let reads = 0
  const open: NonNullable<Backend['open']> = async (locator) => {
    const handle = await (inner.open?.(locator) ?? assert.fail())
    openHandles += 1
    let isOpen = true
    return {
      sizeBytes: handle.sizeBytes,
      read: (position, length, into) => {
        reads += 1
        return handle.read(position, length, into)
      },
      close: async () => {
        if (isOpen) openHandles -= 1
        isOpen = false
        await handle.close()
      },
    }
  }
  return { backend: { ...inner, open }, openCount: () => openHandles, readCount: () => reads }
}
