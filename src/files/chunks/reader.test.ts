import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { truncate, unlink, writeFile } from 'node:fs/promises'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../platform/errors.ts'
import { type Backend, BackendErrors } from '../backends/backend.ts'
import type { StoredChunk } from './copies.ts'
import { leafMemo } from './leaf-memo.ts'
import { findChunk } from './leaves.ts'
import { type BadCopy, openInline, rangeReader } from './reader.ts'
import { chunkFixture, collect, cutStream, toStored } from './testing.ts'

const SMALL = { chunkBytes: 1000, leafBytes: 300, inlineBytes: 50 }

/** 2500 random bytes in chunks of 1000, 1000 and 500, leaves of 300; a reader that remembers nothing yet. */
const storedFile = async (t: TestContext, { sizeBytes = 2500 } = {}) => {
  const fixture = await chunkFixture(t, SMALL)
  const bytes = randomBytes(sizeBytes)
  const written = await fixture.writer.write(cutStream(bytes, [170]))
  const bad: BadCopy[] = []
  const reader = rangeReader({ memo: leafMemo({ leaves: 64 }), onBadCopy: (one) => bad.push(one), leafBytes: 300 })
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
const receivedUntilError = async (opening: Promise<Readable>): Promise<{ bytes: Buffer; error: unknown }> => {
  const pieces: Buffer[] = []
  try {
    for await (const piece of await opening) pieces.push(piece)
  } catch (error) {
    return { bytes: Buffer.concat(pieces), error }
  }
  return assert.fail('the stream did not fail')
}

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

  it('reads chunks of real size, freshly written or not', async (t) => {
    const { writer, disk, memo } = await chunkFixture(t)
    const bytes = randomBytes(18 * 1024 * 1024 + 5)
    const chunks = toStored(await writer.write(cutStream(bytes, [65_536])), disk)
    const onBadCopy = () => assert.fail()

    for (const known of [memo, leafMemo({ leaves: 8 })]) {
      const reader = rangeReader({ memo: known, onBadCopy })
      const stream = await reader.openRange({ chunks, from: 1, to: bytes.length - 2 })
      assert.ok((await collect(stream)).equals(bytes.subarray(1, -1)))
    }
  })

  it('closes its files at the end, and when it is destroyed early', async (t) => {
    const { chunks, disk } = await storedFile(t)
    const { backend, openCount } = counting(disk)
    const reader = rangeReader({ memo: leafMemo(), onBadCopy: () => assert.fail(), leafBytes: 300 })
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
    const reader = rangeReader({ memo: leafMemo(), onBadCopy: () => assert.fail(), leafBytes: 300 })
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

  it('finds a changed bit in a file that was just uploaded', async (t) => {
    const { flip, chunks, memo } = await storedFile(t)
    const reader = rangeReader({ memo, onBadCopy: () => {}, leafBytes: 300 })

    await flip(2499)

    await assert.rejects(reader.openRange({ chunks, from: 2400, to: 2450 }), { code: 'CHUNK_DAMAGED' })
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

  it('fails when the stored hashes are cut off', async (t) => {
    const { read, chunks } = await storedFile(t)
    const cut = chunks.map((chunk) => ({ ...chunk, leaves: chunk.leaves.subarray(0, 40) }))

    await assert.rejects(read(400, 500, cut), { code: 'CHUNK_DAMAGED' })
  })

  it('does not serve an inline file that has changed', () => {
    const bytes = Buffer.from('inline')
    const sha256 = hash('sha256', bytes, 'buffer')

    assert.throws(() => openInline(Buffer.from('inlinE'), sha256, 0, 5), { code: 'CHUNK_DAMAGED' })
  })

  it('serves ranges of an inline file', async () => {
    const bytes = Buffer.from('inline')
    const sha256 = hash('sha256', bytes, 'buffer')

    assert.equal(String(await collect(openInline(bytes, sha256, 2, 4))), 'lin')
    assert.equal(String(await collect(openInline(bytes, sha256, 0, -1))), '')
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

describe('range reader, sending into a response', () => {
  it('writes exactly the bytes of the range and ends the response', async (t) => {
    const { bytes, chunks, reader } = await storedFile(t)
    const outcomes: unknown[] = []
    const url = await serve(t, async (path, response) => {
      const [from = 0, to = 0] = path.slice(1).split('/').map(Number)
      const transfer = await reader.openTransfer({ chunks, from, to })
      outcomes.push(await transfer.sendTo(response))
    })
    const ranges = [
      [0, 2499],
      [0, 0],
      [2499, 2499],
      [299, 1300],
      [999, 2001],
      [5, 4],
    ] as const

    for (const [from, to] of ranges) {
      const received = await collect(await request(`${url}/${from}/${to}`))
      assert.ok(received.equals(bytes.subarray(from, to + 1)), `${from}-${to}`)
    }

    assert.deepEqual(
      outcomes,
      ranges.map(() => ({ isComplete: true })),
    )
  })

  it('keeps downloads apart that share memory, whatever their speed', async (t) => {
    const { writer, disk, memo } = await chunkFixture(t)
    const files = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        const bytes = randomBytes(7 * 1024 * 1024 + index)
        return { bytes, chunks: toStored(await writer.write(cutStream(bytes, [1_000_000])), disk) }
      }),
    )
    const reader = rangeReader({ memo, onBadCopy: () => assert.fail() })
    const url = await serve(t, async (path, response) => {
      const { chunks, bytes } = files[Number(path.slice(1))] ?? assert.fail()
      const transfer = await reader.openTransfer({ chunks, from: 0, to: bytes.length - 1 })
      await transfer.sendTo(response)
    })
    const download = async (index: number) => {
      const response = await request(`${url}/${index}`)
      const pieces: Buffer[] = []
      for await (const piece of response) {
        pieces.push(Buffer.from(piece))
        for (let turn = 0; turn < index; turn += 1) await new Promise(setImmediate)
      }
      assert.ok(Buffer.concat(pieces).equals(files[index]?.bytes ?? assert.fail()), `file ${index}`)
    }

    await Promise.all([0, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0].map(download))
  })

  for (const cause of ['the client goes away', 'it is aborted'] as const) {
    it(`says so and closes its files when ${cause}`, async (t) => {
      const { writer, disk, memo } = await chunkFixture(t)
      const { backend, openCount } = counting(disk)
      const bytes = randomBytes(20 * 1024 * 1024)
      const chunks = toStored(await writer.write(cutStream(bytes, [1_000_000])), backend)
      const reader = rangeReader({ memo, onBadCopy: () => assert.fail() })
      const outcome = Promise.withResolvers<unknown>()
      const abort = new AbortController()
      const url = await serve(t, async (_, response) => {
        const transfer = await reader.openTransfer({ chunks, from: 0, to: bytes.length - 1, signal: abort.signal })
        transfer.sendTo(response).then(outcome.resolve, outcome.reject)
      })
      const response = await request(url)
      response.on('error', () => {})

      await once(response, 'readable')
      if (cause === 'it is aborted') abort.abort()
      else response.destroy()

      assert.deepEqual(await outcome.promise, { isComplete: false })
      assert.equal(openCount(), 0)
    })
  }

  it('closes its files when it is not sent at all', async (t) => {
    const { chunks, disk, reader } = await storedFile(t)
    const { backend, openCount } = counting(disk)
    const counted = chunks.map((chunk) => ({
      ...chunk,
      copies: [{ backend, locator: chunk.copies[0]?.locator ?? '' }],
    }))

    const transfer = await reader.openTransfer({ chunks: counted, from: 0, to: 2499 })
    await transfer.close()

    assert.equal(openCount(), 0)
  })

  it('breaks the response at a damaged leaf and passes on nothing of it', async (t) => {
    const { bytes, chunks, flip, reader } = await storedFile(t)
    await flip(1450)
    const url = await serve(t, async (_, response) => {
      response.setHeader('content-length', 2500)
      const transfer = await reader.openTransfer({ chunks, from: 0, to: 2499 })
      await assert.rejects(transfer.sendTo(response), { code: 'CHUNK_DAMAGED', details: { chunk_index: 1 } })
    })

    const { bytes: received } = await receivedUntilError(request(url))

    assert.ok(received.length <= 1300)
    assert.ok(received.equals(bytes.subarray(0, received.length)))
  })
})

const request = (url: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    get(url, resolve).on('error', reject)
  })

const serve = async (t: TestContext, answer: (path: string, response: ServerResponse) => Promise<void>) => {
  const server = createServer((req, res) => {
    answer(req.url ?? '', res).catch((error: unknown) => res.destroy(error instanceof Error ? error : undefined))
  })
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}

describe('leaf memo', () => {
  const leaf = randomBytes(5000)
  const sha256 = hash('sha256', leaf, 'buffer')

  it('knows the bytes that were remembered, in one piece or in several, and no others', () => {
    const memo = leafMemo({ leaves: 16 })

    const before = memo.knows(sha256, leaf)
    memo.remember(sha256, [leaf.subarray(0, 1), leaf.subarray(1, 3333), leaf.subarray(3333)])

    assert.equal(before, false)
    assert.equal(memo.knows(sha256, leaf), true)
    assert.equal(memo.knows(sha256, leaf.subarray(0, 4999)), false)
    assert.equal(memo.knows(sha256, Buffer.concat([leaf, Buffer.alloc(1)])), false)
    assert.equal(memo.knows(randomBytes(32), leaf), false)
  })

  it('sees every single bit', () => {
    const memo = leafMemo({ leaves: 16 })
    memo.remember(sha256, [leaf])

    fc.assert(
      fc.property(fc.nat(leaf.length - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(leaf)
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << bit), at)
        return !memo.knows(sha256, changed)
      }),
    )
  })

  it('forgets when it is full, and never mistakes one leaf for another', () => {
    const memo = leafMemo({ leaves: 8 })
    const leaves = Array.from({ length: 200 }, () => randomBytes(64))
    const hashes = leaves.map((bytes) => hash('sha256', bytes, 'buffer'))

    for (const [index, bytes] of leaves.entries()) memo.remember(hashes[index] ?? assert.fail(), [bytes])

    const known = leaves.filter((bytes, index) => memo.knows(hashes[index] ?? assert.fail(), bytes))
    assert.ok(known.length > 0 && known.length <= 8)
    assert.equal(
      leaves.some((_, index) => memo.knows(hashes[index] ?? assert.fail(), randomBytes(64))),
      false,
    )
  })
})

const nextPiece = async (stream: Readable): Promise<void> => {
  while (stream.read() === null) await new Promise(setImmediate)
}

const closed = (stream: Readable): Promise<void> =>
  stream.closed ? Promise.resolve() : new Promise((resolve) => stream.once('close', resolve))

/** `backend`, counting handles that are open and leaves that were read. */
const counting = (inner: Backend) => {
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
