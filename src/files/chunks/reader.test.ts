import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { truncate, unlink, writeFile } from 'node:fs/promises'
import { PassThrough, Readable } from 'node:stream'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../platform/errors.ts'
import { type Backend, BackendErrors } from '../backends/backend.ts'
import type { StoredChunk } from './copies.ts'
import { checkedInline, rangeReader } from './reader.ts'
import { chunkFixture, collect, counting, cutStream, receivedUntilError, storedFile, toStored } from './testing.ts'

describe('range reader', () => {
  it('gives exactly the bytes of any range', async (t) => {
    const { bytes, read } = await storedFile(t)
    const position = fc.nat(bytes.length - 1)

    await fc.assert(
      fc.asyncProperty(position, position, async (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)]

        assert.ok((await read(from, to)).equals(bytes.subarray(from, to + 1)))
      }),
      { numRuns: 300 },
    )
  })

  it('gives every range that begins or ends at the edge of a leaf or a chunk', async (t) => {
    const { bytes, read } = await storedFile(t)
    const edges = [0, 299, 300, 301, 999, 1000, 1001, 1299, 1300, 1999, 2000, 2299, 2300, 2499]

    for (const from of edges) {
      for (const to of edges.filter((edge) => edge >= from)) {
        assert.ok((await read(from, to)).equals(bytes.subarray(from, to + 1)), `${from}-${to}`)
      }
    }
  })

  it('gives nothing of an empty file', async (t) => {
    const { read } = await storedFile(t)

    assert.equal((await read(0, -1, [])).length, 0)
  })

  it('reads chunks of real size', async (t) => {
    const { writer, disk } = await chunkFixture(t)
    const bytes = randomBytes(18 * 1024 * 1024 + 5)
    const chunks = toStored(await writer.write(cutStream(bytes, [65_536])), disk)
    const reader = rangeReader({ onBadCopy: () => assert.fail() })

    const stream = await reader.openRange({ chunks, from: 1, to: bytes.length - 2 })

    assert.ok((await collect(stream)).equals(bytes.subarray(1, -1)))
  })

  it('closes its files at the end, and when it is destroyed early', async (t) => {
    const { chunks, disk } = await storedFile(t)
    const { backend, openCount } = counting(disk)
    const reader = rangeReader({ onBadCopy: () => assert.fail(), leafBytes: 300 })
    const counted = chunks.map((chunk) => ({ ...chunk, copies: chunk.copies.map((copy) => ({ ...copy, backend })) }))
    const open = () => reader.openRange({ chunks: counted, from: 0, to: 2499 })

    await collect(await open())
    const afterEnd = openCount()
    for (const leaves of [0, 1, 3, 5]) {
      const stream = await open()
      for (let taken = 0; taken < leaves; taken += 1) await nextPiece(stream)
      stream.destroy()
      await closed(stream)
    }
    const abort = new AbortController()
    const aborted = await reader.openRange({ chunks: counted, from: 0, to: 2499, signal: abort.signal })
    aborted.on('error', () => {})
    abort.abort()
    await closed(aborted)

    assert.equal(afterEnd, 0)
    assert.equal(openCount(), 0)
  })

  it('reads no more than a few leaves ahead of a consumer that does not take them', async (t) => {
    const { chunks, disk } = await storedFile(t, { sizeBytes: 9000 })
    const { backend, readCount } = counting(disk)
    const reader = rangeReader({ onBadCopy: () => assert.fail(), leafBytes: 300 })
    const counted = chunks.map((chunk) => ({ ...chunk, copies: chunk.copies.map((copy) => ({ ...copy, backend })) }))

    const stream = await reader.openRange({ chunks: counted, from: 0, to: 8999 })
    await nextPiece(stream)
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate)

    assert.ok(readCount() <= 5, `${readCount()} leaves were read`)
    stream.destroy()
    await closed(stream)
  })
})

describe('range reader, of damaged bytes', () => {
  it('never serves a byte of a leaf in which one bit has changed', async (t) => {
    const { bytes, flip, reader, chunks, bad } = await storedFile(t)
    await flip(1450)

    const { bytes: received, error } = await receivedUntilError(reader.openRange({ chunks, from: 0, to: 2499 }))

    assert.ok(received.equals(bytes.subarray(0, received.length)))
    assert.ok(received.length <= 1300)
    assert.ok(error instanceof AppError)
    assert.deepEqual([error.code, error.details], ['CHUNK_DAMAGED', { chunk_index: 1 }])
    assert.deepEqual(
      bad.map(({ chunk, error: { code } }) => [chunk.index, code]),
      [[1, 'CHUNK_DAMAGED']],
    )
  })

  it('finds a changed bit also in a leaf that it has served before', async (t) => {
    const { flip, read, bytes } = await storedFile(t)
    assert.ok((await read(0, 2499)).equals(bytes))

    await flip(10)

    await assert.rejects(read(0, 0), { code: 'CHUNK_DAMAGED' })
    assert.ok((await read(300, 2499)).equals(bytes.subarray(300)))
  })

  it('finds a changed bit in a part of the leaf that nobody asked for', async (t) => {
    const { flip, read } = await storedFile(t)

    await flip(2499)

    await assert.rejects(read(2400, 2450), { code: 'CHUNK_DAMAGED' })
  })

  it('serves no chunk in the place of another, and no leaf in the place of another', async (t) => {
    const { bytes, chunks, read, pathOfChunk } = await storedFile(t)
    const [first, second] = chunks
    assert.ok(first && second)
    const exchanged = [
      { ...first, copies: second.copies },
      { ...second, copies: first.copies },
    ]
    const leaves = [bytes.subarray(2300, 2500), bytes.subarray(2000, 2300)]

    await assert.rejects(read(0, 0, exchanged), { code: 'CHUNK_DAMAGED' })
    await assert.rejects(read(1000, 1000, exchanged), { code: 'CHUNK_DAMAGED' })
    await writeFile(pathOfChunk(2), Buffer.concat(leaves))
    await assert.rejects(read(2000, 2000), { code: 'CHUNK_DAMAGED' })
  })

  it('fails wherever the bit is, and before the headers if it is in the first leaf', async (t) => {
    const { flip, read, pathOfChunk, bytes, chunks } = await storedFile(t)

    await fc.assert(
      fc.asyncProperty(fc.nat(2499), async (at) => {
        await flip(at)
        await assert.rejects(read(at, at), { code: 'CHUNK_DAMAGED' })
        for (const { index, offset, sizeBytes } of chunks) {
          await writeFile(pathOfChunk(index), bytes.subarray(offset, offset + sizeBytes))
        }
      }),
      { numRuns: 40 },
    )
  })

  it('says which chunk is missing, before the headers if it is the first one of the range', async (t) => {
    const { read, pathOfChunk, reader, chunks } = await storedFile(t)
    await unlink(pathOfChunk(1))

    await assert.rejects(read(1500, 1600), { code: 'CHUNK_MISSING', status: 500, details: { chunk_index: 1 } })
    const { bytes, error } = await receivedUntilError(reader.openRange({ chunks, from: 0, to: 2499 }))

    assert.ok(bytes.length <= 1000)
    assert.ok(error instanceof AppError && error.code === 'CHUNK_MISSING')
  })

  it('fails when a chunk is shorter or longer than stored, wherever the range is', async (t) => {
    const { read, pathOfChunk } = await storedFile(t)

    await truncate(pathOfChunk(0), 999)
    await truncate(pathOfChunk(1), 1001)

    await assert.rejects(read(0, 0), { code: 'CHUNK_DAMAGED' })
    await assert.rejects(read(1000, 1000), { code: 'CHUNK_DAMAGED' })
  })

  it('fails on a list of chunks that has a hole or ends early, before the headers', async (t) => {
    const { read, chunks } = await storedFile(t)
    const [first, second, third] = chunks
    assert.ok(first && second && third)

    await assert.rejects(read(0, 2499, [first, third]), { code: 'CHUNK_MISSING' })
    await assert.rejects(read(0, 2499, [first, second]), { code: 'CHUNK_MISSING' })
    await assert.rejects(read(0, 2499, [second, third]), { code: 'CHUNK_MISSING' })
  })

  it('fails when the stored tags are cut off or changed, or the key is', async (t) => {
    const { read, chunks, bytes } = await storedFile(t)
    const cut = chunks.map((chunk) => ({ ...chunk, leafTags: chunk.leafTags.subarray(0, 16 + 12) }))
    const changed = chunks.map((chunk) => ({ ...chunk, leafTags: Buffer.from(chunk.leafTags.map((byte) => byte ^ 1)) }))
    const keyless = chunks.map((chunk) => ({ ...chunk, tagKey: Buffer.alloc(0) }))

    assert.ok((await read(0, 299, cut)).equals(bytes.subarray(0, 300)))
    await assert.rejects(read(400, 500, cut), { code: 'CHUNK_DAMAGED' })
    await assert.rejects(read(1000, 1000, changed), { code: 'CHUNK_DAMAGED' })
    await assert.rejects(read(0, 0, keyless), { code: 'CHUNK_DAMAGED' })
  })

  it('does not serve an inline file that has changed', () => {
    const bytes = Buffer.from('inline')
    const sha256 = hash('sha256', bytes, 'buffer')

    assert.throws(() => checkedInline(Buffer.from('inlinE'), sha256, 0, 5), { code: 'CHUNK_DAMAGED' })
  })

  it('serves ranges of an inline file', () => {
    const bytes = Buffer.from('inline')
    const sha256 = hash('sha256', bytes, 'buffer')

    assert.equal(String(checkedInline(bytes, sha256, 2, 4)), 'lin')
    assert.equal(String(checkedInline(bytes, sha256, 0, -1)), '')
  })
})

describe('range reader, with several copies', () => {
  for (const kind of ['random access', 'a stream'] as const) {
    it(`serves every byte from the next copy (${kind}) when the first is damaged`, async (t) => {
      const { bytes, chunks, flip, reader, bad, disk } = await storedFile(t)
      const good = inMemory(bytes, chunks, kind)
      for (const at of [0, 950, 1001, 1650, 2499]) await flip(at)
      const both = chunks.map((chunk) => ({
        ...chunk,
        copies: [...chunk.copies, { backend: good, locator: `${chunk.index}` }],
      }))

      const received = await collect(await reader.openRange({ chunks: both, from: 0, to: 2499 }))

      assert.ok(received.equals(bytes))
      assert.deepEqual(
        bad.map(({ copy, chunk }) => [copy.backend === disk, chunk.index]),
        [
          [true, 0],
          [true, 1],
          [true, 2],
        ],
      )
    })
  }

  it('reads ranges from a backend that only streams', async (t) => {
    const { bytes, chunks, reader } = await storedFile(t)
    const remote = inMemory(bytes, chunks, 'a stream')
    const only = chunks.map((chunk) => ({ ...chunk, copies: [{ backend: remote, locator: `${chunk.index}` }] }))

    for (const [from, to] of [
      [0, 2499],
      [5, 5],
      [299, 1300],
      [1999, 2000],
      [2300, 2499],
    ] as const) {
      assert.ok(
        (await collect(await reader.openRange({ chunks: only, from, to }))).equals(bytes.subarray(from, to + 1)),
      )
    }
  })

  it('fails, and does not end early, when a stream of a backend ends early', async (t) => {
    const { bytes, chunks, reader } = await storedFile(t)
    const short = inMemory(bytes.subarray(0, 700), chunks, 'a stream')
    const only = chunks.map((chunk) => ({ ...chunk, copies: [{ backend: short, locator: `${chunk.index}` }] }))

    const { bytes: received, error } = await receivedUntilError(reader.openRange({ chunks: only, from: 0, to: 2499 }))

    assert.ok(received.length <= 600)
    assert.ok(error instanceof AppError && error.code === 'CHUNK_DAMAGED')
  })

  it('answers 503 with a time to come back, if a copy that does not answer may be good', async (t) => {
    const { chunks, flip, reader } = await storedFile(t)
    await flip(0)
    const down = (error: Error): Backend => ({
      ...inMemory(Buffer.alloc(0), [], 'a stream'),
      get: () => Promise.reject(error),
    })
    const failures = [
      new AppError(BackendErrors.BACKEND_UNAVAILABLE, { retryAfterSeconds: 7 }),
      new Error('ECONNRESET'),
    ]

    for (const [index, retryAfterSeconds] of [7, 10].entries()) {
      const backend = down(failures[index] ?? assert.fail())
      const both = chunks.map((chunk) => ({ ...chunk, copies: [...chunk.copies, { backend, locator: 'x' }] }))
      await assert.rejects(reader.openRange({ chunks: both, from: 0, to: 9 }), {
        code: 'BACKEND_UNAVAILABLE',
        status: 503,
        retryAfterSeconds,
      })
    }
  })

  it('calls a chunk without any copy missing', async (t) => {
    const { chunks, read } = await storedFile(t)

    await assert.rejects(
      read(
        0,
        0,
        chunks.map((chunk) => ({ ...chunk, copies: [] })),
      ),
      { code: 'CHUNK_MISSING' },
    )
  })
})

const nextPiece = async (stream: Readable): Promise<void> => {
  while (stream.read() === null) await new Promise(setImmediate)
}

const closed = (stream: Readable): Promise<void> =>
  stream.closed ? Promise.resolve() : new Promise((resolve) => stream.once('close', resolve))

/** A backend that holds the chunks of one file; the locator is the index of the chunk. */
const inMemory = (bytes: Buffer, chunks: readonly StoredChunk[], kind: 'random access' | 'a stream'): Backend => {
  const bytesOf = (locator: string) => {
    const { offset, sizeBytes } = chunks[Number(locator)] ?? assert.fail()
    return bytes.subarray(offset, offset + sizeBytes)
  }
  const open: NonNullable<Backend['open']> = async (locator) => ({
    sizeBytes: bytesOf(locator).length,
    read: async (position, length) => Buffer.from(bytesOf(locator).subarray(position, position + length)),
    close: async () => {},
  })
  return {
    name: 'memory',
    capabilities: { maxObjectBytes: 1e9, ranged: true, listable: false, batchDelete: true, durable: false },
    put: () => assert.fail(),
    delete: () => assert.fail(),
    stat: () => assert.fail(),
    get: async (locator, from, to) =>
      Readable.from(splitUnevenly(bytesOf(locator).subarray(from, to + 1))).pipe(new PassThrough()),
    ...(kind === 'random access' ? { open } : {}),
  }
}

function* splitUnevenly(bytes: Buffer): Iterable<Buffer> {
  for (let at = 0, length = 1; at < bytes.length; at += length, length = (length * 7) % 211) {
    yield bytes.subarray(at, at + length)
  }
}
