import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import type { Backend } from '../backends/backend.ts'
import type { DiskFs } from '../backends/disk/directories.ts'
import { openDiskBackend } from '../backends/disk/disk.ts'
import type { StoredChunk } from './copies.ts'
import { leafMemo } from './leaf-memo.ts'
import { type ChunkWriterOptions, chunkWriter, type WrittenBytes } from './writer.ts'

/** A disk backend in a folder of its own and a writer over it, with what the tests of chunks ask of them. */
export const chunkFixture = async (t: TestContext, options: Partial<ChunkWriterOptions> & { fs?: DiskFs } = {}) => {
  const root = await mkdtemp(join(tmpdir(), 'latchkey-chunks-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const { fs, ...writerOptions } = options
  const disk = await openDiskBackend(fs === undefined ? { root } : { root, fs })
  const memo = leafMemo({ leaves: 4096 })
  const orphans: string[] = []
  const onOrphans = (locators: readonly string[]) => orphans.push(...locators)
  const writer = chunkWriter({ store: disk, memo, onOrphans, ...writerOptions })
  const pathOf = (locator: string) => join(root, 'objects', locator)
  return { root, disk, memo, writer, orphans, pathOf, files: () => filesIn(root) }
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
