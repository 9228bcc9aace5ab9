import assert from 'node:assert/strict'
import { createHash, hash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import * as fsPromises from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../platform/errors.ts'
import type { DiskFs } from '../backends/disk/directories.ts'
import { CHUNK_BYTES, INLINE_BYTES, LEAF_BYTES } from './chunk.ts'
import { leafTag } from './leaf-tags.ts'
import { chunkFixture, collect, cutStream } from './testing.ts'
import type { WrittenBytes, WrittenChunk } from './writer.ts'

const MIB = 1024 * 1024
const SMALL = { chunkBytes: 1000, leafBytes: 300, inlineBytes: 50 }

const sha256 = (bytes: Buffer): Buffer => hash('sha256', bytes, 'buffer')

/** Everything that the result says is true of `bytes`, and of the files on the disk. */
const assertDescribes = async (
  written: WrittenBytes,
  bytes: Buffer,
  pathOf: (locator: string) => string,
  { chunkBytes = CHUNK_BYTES, leafBytes = LEAF_BYTES } = {},
) => {
  assert.equal(written.sizeBytes, bytes.length)
  assert.deepEqual(written.sha256, sha256(bytes))
  assert.equal(written.chunks.length, Math.ceil(bytes.length / chunkBytes))
  for (const [index, chunk] of written.chunks.entries()) {
    const expected = bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes)
    const tags = Array.from({ length: Math.ceil(expected.length / leafBytes) }, (_, leaf) =>
      leafTag(chunk.tagKey, leaf, [expected.subarray(leaf * leafBytes, (leaf + 1) * leafBytes)]),
    )
    assert.deepEqual(
      { ...chunk, id: '', locator: '' },
      {
        id: '',
        locator: '',
        index,
        offset: index * chunkBytes,
        sizeBytes: expected.length,
        tagKey: chunk.tagKey,
        leafTags: Buffer.concat(tags),
      },
    )
    assert.ok((await fsPromises.readFile(pathOf(chunk.locator))).equals(expected), `bytes of chunk ${index}`)
  }
}

describe('chunk writer', () => {
  for (const size of [INLINE_BYTES + 1, MIB - 1, MIB, MIB + 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1]) {
    it(`stores ${size} bytes with their tags and hash`, async (t) => {
      const { writer, pathOf, files } = await chunkFixture(t)
      const bytes = randomBytes(size)

      const written = await writer.write(cutStream(bytes, [65_536]), { declaredBytes: size, maxBytes: size })

      await assertDescribes(written, bytes, pathOf)
      assert.equal(written.inline, undefined)
      assert.equal((await files()).length, written.chunks.length)
    })
  }

  for (const batchBytes of [100, 299, 300, 1000])
    it(`tags whole leaves, though ${batchBytes} bytes are written at once`, async (t) => {
      const sizes = { chunkBytes: 1000, leafBytes: 300, batchBytes }
      const { writer, pathOf } = await chunkFixture(t, { ...sizes, inlineBytes: 50 })
      for (const size of [99, 100, 300, 301, 999, 1000, 1100, 2500]) {
        const bytes = randomBytes(size)

        const written = await writer.write(cutStream(bytes, [1, 170, 700]))

        await assertDescribes(written, bytes, pathOf, sizes)
      }
    })

  for (const size of [1, INLINE_BYTES]) {
    it(`hands back ${size} bytes inline and touches no disk`, async (t) => {
      const { writer, files } = await chunkFixture(t)
      const bytes = randomBytes(size)

      const written = await writer.write(cutStream(bytes, [999]), { declaredBytes: size })

      assert.deepEqual(written, { sizeBytes: size, sha256: sha256(bytes), chunks: [], inline: bytes })
      assert.deepEqual(await files(), [])
    })
  }

  it('gives an empty file no chunk and the hash of nothing', async (t) => {
    const { writer, files } = await chunkFixture(t)

    const written = await writer.write(Readable.from([]), { declaredBytes: 0 })

    assert.deepEqual(written, { sizeBytes: 0, sha256: sha256(Buffer.alloc(0)), chunks: [] })
    assert.deepEqual(await files(), [])
  })

  it('stores 40 MiB that come in uneven pieces, each chunk with a key of its own', async (t) => {
    const { writer, pathOf } = await chunkFixture(t)
    const bytes = randomBytes(40 * MIB)

    const written = await writer.write(cutStream(bytes, [1, 65_536, 3_000_000, 17, 1_048_576, 65_535]))

    await assertDescribes(written, bytes, pathOf)
    assert.equal(new Set(written.chunks.map(({ tagKey }) => tagKey.toString('hex'))).size, 3)
  })

  it('stores what comes byte by byte', async (t) => {
    const { writer, pathOf } = await chunkFixture(t)
    const bytes = randomBytes(150_000)

    const written = await writer.write(cutStream(bytes, [1]))

    await assertDescribes(written, bytes, pathOf)
  })

  for (const [ownsBuffers, freed, name] of [
    [true, 3, 'empties the buffers that it owns, but for those that two leaves share'],
    [false, 0, 'leaves the buffers of others as they are'],
  ] as const) {
    it(name, async (t) => {
      const { writer, pathOf } = await chunkFixture(t, SMALL)
      const buffers = Array.from({ length: 12 }, () => Buffer.from(new ArrayBuffer(250)).fill(7))
      const bytes = Buffer.concat(buffers)

      const written = await writer.write(Readable.from(buffers), { ownsBuffers })

      await assertDescribes(written, bytes, pathOf, SMALL)
      assert.equal(buffers.filter(({ length }) => length === 0).length, freed)
    })
  }

  it('stores any bytes in any splits, with any sizes of chunk and leaf', async (t) => {
    const sizes = {
      size: fc.nat(6000),
      chunkBytes: fc.integer({ min: 2, max: 2500 }),
      leafBytes: fc.integer({ min: 2, max: 900 }),
    }
    const splits = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 8 })

    await fc.assert(
      fc.asyncProperty(fc.record(sizes), splits, async ({ size, chunkBytes, leafBytes }, lengths) => {
        // Few chunks only: each is fsynced for real.
        fc.pre(size / chunkBytes < 12)
        const { writer, pathOf } = await chunkFixture(t, { chunkBytes, leafBytes, inlineBytes: 0 })
        const bytes = randomBytes(size)

        const written = await writer.write(cutStream(bytes, lengths))

        await assertDescribes(written, bytes, pathOf, { chunkBytes, leafBytes })
      }),
      { numRuns: 25 },
    )
  })

  it('reports each chunk once, in order, when its file is there under its name', async (t) => {
    const { writer, disk } = await chunkFixture(t, SMALL)
    const seen: [number, number | undefined][] = []
    const onChunkDurable = async ({ index, locator }: WrittenChunk) => {
      seen.push([index, (await disk.stat(locator))?.sizeBytes])
    }

    await writer.write(cutStream(randomBytes(3500), [700]), { onChunkDurable })

    assert.deepEqual(seen, [
      [0, 1000],
      [1, 1000],
      [2, 1000],
      [3, 500],
    ])
  })

  it('goes on with a part of an upload where it is told to, and with the hash so far', async (t) => {
    const { writer } = await chunkFixture(t, SMALL)
    const bytes = randomBytes(2400)
    const whole = createHash('sha256').update(bytes.subarray(0, 1300))

    const startAt = { index: 2, offset: 1300 }
    const written = await writer.write(cutStream(bytes.subarray(1300), [64]), { startAt, hash: whole })

    assert.deepEqual(written.sha256, sha256(bytes))
    assert.deepEqual(
      written.chunks.map(({ index, offset, sizeBytes }) => [index, offset, sizeBytes]),
      [
        [2, 1300, 1000],
        [3, 2300, 100],
      ],
    )
  })

  it('holds a fast sender back while the disk is slow', async (t) => {
    const disk = Promise.withResolvers<void>()
    const { writer } = await chunkFixture(t, { fs: holding(disk.promise) })
    let sent = 0
    const source = Readable.from(counted(randomBytes(64 * MIB), (bytes) => (sent += bytes)))

    const writing = writer.write(source)
    while (!source.isPaused()) await new Promise(setImmediate)
    const sentBeforeTheDiskWentOn = sent
    disk.resolve()
    await writing

    assert.ok(sentBeforeTheDiskWentOn <= 6 * MIB, `${sentBeforeTheDiskWentOn} bytes were taken`)
    assert.equal(sent, 64 * MIB)
  })

  it('deletes the chunks of an upload that was refused afterwards', async (t) => {
    const { writer, files } = await chunkFixture(t, SMALL)
    const written = await writer.write(cutStream(randomBytes(2500), [500]))

    await writer.discard(written)
    await writer.discard(written)

    assert.deepEqual(await files(), [])
  })
})

describe('chunk writer, when an upload goes wrong', () => {
  // Around the ends of leaves (300, 600, 900) and chunks (1000, 2000), and in the middle of both.
  for (const arrived of [1, 50, 51, 299, 300, 301, 999, 1000, 1001, 1450, 2000, 2100]) {
    it(`leaves nothing when it is aborted after ${arrived} bytes`, async (t) => {
      const { writer, files } = await chunkFixture(t, SMALL)
      const source = new PassThrough()
      const abort = new AbortController()
      source.write(randomBytes(arrived))
      const writing = writer.write(source, { signal: abort.signal, declaredBytes: 5000 })
      while (source.readableLength > 0) await new Promise(setImmediate)

      abort.abort()

      await assert.rejects(writing, { code: 'UPLOAD_ABORTED' })
      assert.deepEqual(await files(), [])
      assert.equal(source.destroyed, false)
    })

    it(`leaves nothing when the source breaks after ${arrived} bytes`, async (t) => {
      const { writer, files } = await chunkFixture(t, SMALL)

      const writing = writer.write(Readable.from(breaking(randomBytes(arrived))), { declaredBytes: 5000 })

      await assert.rejects(writing, { code: 'UPLOAD_TRUNCATED', status: 400 })
      assert.deepEqual(await files(), [])
    })
  }

  it('refuses fewer bytes than announced', async (t) => {
    const { writer, files } = await chunkFixture(t, SMALL)

    await assert.rejects(writer.write(cutStream(randomBytes(2999), [100]), { declaredBytes: 3000 }), {
      code: 'UPLOAD_TRUNCATED',
    })

    assert.deepEqual(await files(), [])
  })

  it('refuses more bytes than announced, or than allowed', async (t) => {
    const { writer, files } = await chunkFixture(t, SMALL)
    const source = () => cutStream(randomBytes(3001), [100])

    await assert.rejects(writer.write(source(), { declaredBytes: 3000 }), { code: 'UPLOAD_TOO_LONG', status: 400 })
    await assert.rejects(writer.write(source(), { maxBytes: 3000 }), { code: 'FILE_TOO_LARGE', status: 413 })

    assert.deepEqual(await files(), [])
  })

  it('refuses an announced length that is not allowed without reading', async (t) => {
    const { writer } = await chunkFixture(t, SMALL)
    const source = cutStream(randomBytes(3001), [100])

    await assert.rejects(writer.write(source, { declaredBytes: 3001, maxBytes: 3000 }), { code: 'FILE_TOO_LARGE' })

    assert.equal(source.readableDidRead, false)
  })

  it('throws the reason of an abort that is an answer already', async (t) => {
    const { writer } = await chunkFixture(t, SMALL)
    const reason = new AppError({ code: 'KEY_REVOKED', status: 401, message: 'The key was revoked.' })

    await assert.rejects(writer.write(new PassThrough(), { signal: AbortSignal.abort(reason) }), {
      code: 'KEY_REVOKED',
    })
  })

  it('refuses a source that was destroyed before', async (t) => {
    const { writer } = await chunkFixture(t, SMALL)
    const source = new PassThrough()
    source.destroy()

    await assert.rejects(writer.write(source), { code: 'UPLOAD_TRUNCATED' })
  })

  for (const method of ['writev', 'datasync'] as const) {
    for (const chunk of [0, 1, 2]) {
      it(`answers DISK_FULL when ${method} of chunk ${chunk} finds no space, and leaves nothing`, async (t) => {
        const { writer, files } = await chunkFixture(t, { ...SMALL, fs: fullDisk(method, chunk) })

        const writing = writer.write(cutStream(randomBytes(2500), [100]))

        await assert.rejects(writing, { code: 'DISK_FULL', status: 507 })
        assert.deepEqual(await files(), [])
      })
    }
  }

  it('tells a slow sender at once that the disk is full', async (t) => {
    const { writer, files } = await chunkFixture(t, { ...SMALL, fs: fullDisk('datasync', 0) })
    const source = new PassThrough()
    source.write(randomBytes(1000))

    const writing = writer.write(source)

    await assert.rejects(writing, { code: 'DISK_FULL' })
    assert.deepEqual(await files(), [])
  })

  it('leaves nothing when the row of a chunk cannot be committed', async (t) => {
    const { writer, files } = await chunkFixture(t, SMALL)
    const onChunkDurable = async ({ index }: WrittenChunk) => {
      if (index === 1) throw new Error('database is gone')
    }

    await assert.rejects(writer.write(cutStream(randomBytes(3500), [100]), { onChunkDurable }), {
      message: 'database is gone',
    })

    assert.deepEqual(await files(), [])
  })

  it('names the chunks that it could not delete again', async (t) => {
    const { disk } = await chunkFixture(t)
    const store = { stage: disk.stage, delete: () => Promise.reject(new Error('read-only')) }
    const named: string[] = []
    const { writer } = await chunkFixture(t, { ...SMALL, store, onOrphans: (locators) => named.push(...locators) })

    await assert.rejects(writer.write(Readable.from(breaking(randomBytes(2500)))), { code: 'UPLOAD_TRUNCATED' })

    assert.equal(named.length, 2)
    for (const locator of named) assert.deepEqual(await disk.stat(locator), { sizeBytes: 1000 })
  })

  it('leaves nothing when an HTTP client hangs up in the middle', async (t) => {
    const { writer, files } = await chunkFixture(t)
    const outcome = Promise.withResolvers<unknown>()
    const server = createServer((req) => {
      writer.write(req, { declaredBytes: 40 * MIB }).then(() => outcome.resolve('stored'), outcome.resolve)
    })
    t.after(() => server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const client = request({
      port: address.port,
      host: '127.0.0.1',
      method: 'PUT',
      headers: { 'content-length': 40 * MIB },
    })
    client.on('error', () => {})

    client.write(randomBytes(20 * MIB), () => client.destroy())

    assert.equal(codeOf(await outcome.promise), 'UPLOAD_TRUNCATED')
    assert.deepEqual(await files(), [])
  })
})

describe('chunk writer that keeps what arrived', () => {
  for (const arrived of [0, 1, 300, 999, 1000, 1001, 2450]) {
    it(`makes ${arrived} bytes durable when the source breaks behind them`, async (t) => {
      const { writer, files, disk } = await chunkFixture(t, SMALL)
      const bytes = randomBytes(arrived)

      const options = { onInterrupt: 'keep', declaredBytes: 5000, startAt: { index: 0, offset: 0 } } as const
      const written = await writer.write(Readable.from(breaking(bytes)), options)

      assert.equal(codeOf(written.interrupted), 'UPLOAD_TRUNCATED')
      assert.deepEqual([written.sizeBytes, written.sha256], [arrived, sha256(bytes)])
      const stored = await Promise.all(
        written.chunks.map(async (chunk) => collect(await disk.get(chunk.locator, 0, chunk.sizeBytes - 1))),
      )
      assert.ok(Buffer.concat(stored).equals(bytes))
      assert.equal((await files()).length, written.chunks.length)
    })
  }

  it('deletes no accepted chunk when the disk fills up', async (t) => {
    const { writer, files, pathOf } = await chunkFixture(t, { ...SMALL, fs: fullDisk('writev', 2) })
    const accepted: string[] = []
    const onChunkDurable = async ({ locator }: WrittenChunk) => void accepted.push(pathOf(locator))

    const writing = writer.write(cutStream(randomBytes(3500), [100]), { onInterrupt: 'keep', onChunkDurable })

    await assert.rejects(writing, { code: 'DISK_FULL' })
    assert.equal(accepted.length, 2)
    assert.deepEqual((await files()).sort(), accepted.sort())
  })
})

const codeOf = (error: unknown): string => (error instanceof AppError ? error.code : String(error))

function* counted(bytes: Buffer, count: (bytes: number) => void): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) {
    count(Math.min(65_536, bytes.length - at))
    yield bytes.subarray(at, at + 65_536)
  }
}

async function* breaking(bytes: Buffer): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100)
  throw new Error('connection reset')
}

const isStaging = (path: unknown) => /staging\/./.test(String(path))

/** `method` of the staging file of the n-th chunk says that the disk is full. */
const fullDisk = (method: 'writev' | 'datasync', nth: number): DiskFs => {
  let opened = -1
  return {
    ...fsPromises,
    open: async (path, flags, mode) => {
      const handle = await fsPromises.open(path, flags, mode)
      if (!isStaging(path)) return handle
      opened += 1
      if (opened !== nth) return handle
      return Object.assign(handle, { [method]: () => Promise.reject(Object.assign(new Error(), { code: 'ENOSPC' })) })
    },
  }
}

/** No write begins before `until`. */
const holding = (until: Promise<void>): DiskFs => ({
  ...fsPromises,
  open: async (path, flags, mode) => {
    const handle = await fsPromises.open(path, flags, mode)
    const original = handle.writev
    const writev = (pieces: readonly Buffer[], position: number) =>
      until.then(() => original.call(handle, pieces, position))
    return Object.assign(handle, { writev })
  },
})
