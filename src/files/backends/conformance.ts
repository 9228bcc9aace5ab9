import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { newId } from '../../platform/ids.ts'
import type { Backend } from './backend.ts'

export interface ConformanceFixture {
  readonly backend: Backend
  /** A locator of the right form that names nothing. */
  readonly unknownLocator: string
  /** Locators that this backend cannot have given out. */
  readonly invalidLocators: readonly string[]
  close(): Promise<void>
}

/** The promises of `Backend` that hold for every implementation. Each test makes a fixture of its own, which is empty. */
export const backendConformance = (name: string, fixture: () => Promise<ConformanceFixture>): void => {
  const withBackend = (run: (made: ConformanceFixture) => Promise<void>) => async () => {
    const made = await fixture()
    try {
      await run(made)
    } finally {
      await made.close()
    }
  }

  describe(`backend ${name}`, () => {
    describe('put and get', () => testsOfPut(withBackend))
    describe('a put that fails', () => testsOfFailingPut(withBackend))
    describe('what is not there', () => testsOfAbsence(withBackend))
    describe('delete and list', () => testsOfDelete(withBackend))
  })
}

type WithBackend = (run: (made: ConformanceFixture) => Promise<void>) => () => Promise<void>

const MIB = 1024 * 1024
const DAY_MS = 24 * 60 * 60_000

const testsOfPut = (withBackend: WithBackend): void => {
  for (const sizeBytes of [1, 4096, MIB, 2 * MIB + 7]) {
    it(
      `gives back an object of ${sizeBytes} bytes`,
      withBackend(async ({ backend }) => {
        const bytes = randomBytes(sizeBytes)

        const locator = await backend.put(newId('chunk'), piecesOf(bytes, 65_536), sizeBytes)

        assert.deepEqual(await backend.stat(locator), { sizeBytes })
        assert.ok((await collect(backend, locator, 0, sizeBytes - 1)).equals(bytes))
      }),
    )
  }

  it(
    'gives back any range, both ends included',
    withBackend(async ({ backend }) => {
      const bytes = randomBytes(MIB + 100)
      const locator = await backend.put(newId('chunk'), piecesOf(bytes, 100_000), bytes.length)
      const ranges = [
        [0, 0],
        [bytes.length - 1, bytes.length - 1],
        [1, 65_536],
        [MIB - 1, MIB],
        [5, MIB + 50],
      ] as const

      for (const [from, to] of ranges) {
        assert.ok((await collect(backend, locator, from, to)).equals(bytes.subarray(from, to + 1)), `${from}-${to}`)
      }
    }),
  )

  it(
    'gives random access that agrees with get, where it has any',
    withBackend(async ({ backend }) => {
      const bytes = randomBytes(MIB)
      const locator = await backend.put(newId('chunk'), piecesOf(bytes, MIB), bytes.length)

      const handle = await backend.open?.(locator)

      if (handle === undefined) return
      assert.equal(handle.sizeBytes, bytes.length)
      assert.ok((await handle.read(1000, 5000)).equals(bytes.subarray(1000, 6000)))
      await assert.rejects(handle.read(MIB - 1, 2), { code: 'OBJECT_SIZE_MISMATCH' })
      await handle.close()
      await handle.close()
    }),
  )

  it(
    'keeps objects apart that are put at the same time',
    withBackend(async ({ backend }) => {
      const all = Array.from({ length: 8 }, (_, index) => Buffer.alloc(100_000 + index, index + 1))

      const locators = await Promise.all(all.map((one) => backend.put(newId('chunk'), piecesOf(one, 7000), one.length)))

      assert.equal(new Set(locators).size, all.length)
      for (const [index, one] of all.entries()) {
        assert.ok((await collect(backend, locators[index] ?? '', 0, one.length - 1)).equals(one))
      }
    }),
  )

  it(
    'lets a reader go in the middle of an object',
    withBackend(async ({ backend }) => {
      const bytes = randomBytes(4 * MIB)
      const locator = await backend.put(newId('chunk'), piecesOf(bytes, MIB), bytes.length)

      for await (const piece of await backend.get(locator, 0, bytes.length - 1)) {
        assert.ok(Buffer.isBuffer(piece))
        break
      }

      assert.ok((await collect(backend, locator, 0, 9)).equals(bytes.subarray(0, 10)))
    }),
  )

  it(
    'fails a get that asks for more than there is, instead of ending early',
    withBackend(async ({ backend }) => {
      const locator = await backend.put(newId('chunk'), piecesOf(Buffer.alloc(100), 100), 100)

      await assert.rejects(collect(backend, locator, 50, 100), { code: 'OBJECT_SIZE_MISMATCH' })
      await assert.rejects(collect(backend, locator, 100, 100), { code: 'OBJECT_SIZE_MISMATCH' })
    }),
  )

  it(
    'takes pieces of any size, empty ones too',
    withBackend(async ({ backend }) => {
      const pieces = [Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(0), Buffer.from('bcd'), Buffer.alloc(0)]

      const locator = await backend.put(newId('chunk'), iterate(pieces), 4)

      assert.equal((await collect(backend, locator, 0, 3)).toString(), 'abcd')
    }),
  )

  it(
    'gives the same locator for the same id, and keeps one object',
    withBackend(async ({ backend }) => {
      const id = newId('chunk')
      const bytes = randomBytes(5000)

      const first = await backend.put(id, piecesOf(bytes, 1000), bytes.length)
      const again = await backend.put(id, piecesOf(bytes, 3000), bytes.length)

      assert.equal(again, first)
      assert.ok((await collect(backend, again, 0, bytes.length - 1)).equals(bytes))
      if (backend.capabilities.listable) assert.deepEqual(await locatorsOf(backend), [first])
    }),
  )

  it(
    'serves several readers of one object at the same time',
    withBackend(async ({ backend }) => {
      const bytes = randomBytes(MIB)
      const locator = await backend.put(newId('chunk'), piecesOf(bytes, MIB), bytes.length)

      const read = await Promise.all([0, 1, 2, 3].map((from) => collect(backend, locator, from, bytes.length - 1)))

      for (const [from, part] of read.entries()) assert.ok(part.equals(bytes.subarray(from)))
    }),
  )

  it(
    'ends a get that is aborted, before it starts and in the middle',
    withBackend(async ({ backend }) => {
      const bytes = randomBytes(8 * MIB)
      const locator = await backend.put(newId('chunk'), piecesOf(bytes, MIB), bytes.length)
      const abort = new AbortController()
      const stream = await backend.get(locator, 0, bytes.length - 1, { signal: abort.signal })

      const reading = (async () => {
        for await (const piece of stream) if (piece.length > 0) abort.abort(new Error('went away'))
      })()

      await assert.rejects(reading)
      await assert.rejects(backend.get(locator, 0, 9, { signal: abort.signal }), { message: 'went away' })
    }),
  )
}

const testsOfFailingPut = (withBackend: WithBackend): void => {
  const leavesNothing = (put: (backend: Backend) => Promise<string>, expected: object) =>
    withBackend(async ({ backend }) => {
      const before = await locatorsOf(backend)

      await assert.rejects(put(backend), expected)

      assert.deepEqual(await locatorsOf(backend), before)
    })

  const source = () => piecesOf(randomBytes(100_000), 10_000)

  it(
    'leaves nothing if the source is shorter than announced',
    leavesNothing((backend) => backend.put(newId('chunk'), source(), 100_001), { code: 'OBJECT_SIZE_MISMATCH' }),
  )

  it(
    'leaves nothing if the source is longer than announced',
    leavesNothing((backend) => backend.put(newId('chunk'), source(), 99_999), { code: 'OBJECT_SIZE_MISMATCH' }),
  )

  it(
    'leaves nothing if the source fails, and throws what the source threw',
    leavesNothing((backend) => backend.put(newId('chunk'), failing(new Error('source broke')), 100_000), {
      message: 'source broke',
    }),
  )

  it(
    'leaves nothing if it is aborted while the source hangs, and throws the reason',
    leavesNothing(
      (backend) => {
        const abort = new AbortController()
        return backend.put(newId('chunk'), hanging(abort), 100_000, { signal: abort.signal })
      },
      { message: 'went away' },
    ),
  )

  it(
    'leaves nothing if it was aborted before it began',
    leavesNothing(
      (backend) => {
        const signal = AbortSignal.abort(new Error('went away'))
        return backend.put(newId('chunk'), source(), 100_000, { signal })
      },
      { message: 'went away' },
    ),
  )

  it(
    'leaves nothing if the object is larger than it takes, and asks for no byte of it',
    withBackend(async ({ backend }) => {
      const { maxObjectBytes } = backend.capabilities
      if (maxObjectBytes === Infinity) return
      const unread = failing(new Error('the source was read'))

      const put = backend.put(newId('chunk'), unread, maxObjectBytes + 1)

      await assert.rejects(put, { code: 'OBJECT_TOO_LARGE' })
      assert.deepEqual(await locatorsOf(backend), [])
    }),
  )

  it(
    'leaves the object alone that has the id already',
    withBackend(async ({ backend }) => {
      const id = newId('chunk')
      const bytes = randomBytes(100_000)
      const locator = await backend.put(id, piecesOf(bytes, 10_000), bytes.length)

      await assert.rejects(backend.put(id, failing(new Error('source broke')), bytes.length))
      await assert.rejects(backend.put(id, piecesOf(bytes, 10_000), bytes.length + 1))

      assert.ok((await collect(backend, locator, 0, bytes.length - 1)).equals(bytes))
    }),
  )

  it(
    'lets the source go when it has too many bytes',
    withBackend(async ({ backend }) => {
      const endless = endlessSource()

      await assert.rejects(backend.put(newId('chunk'), endless.pieces(), 100_000), { code: 'OBJECT_SIZE_MISMATCH' })

      assert.equal(endless.isReleased(), true)
    }),
  )

  it(
    'refuses an id that is no plain name',
    withBackend(async ({ backend }) => {
      for (const id of ['', '.', '..', 'a/b', 'a.b', 'a\0', 'ä', 'a b', 'x'.repeat(129)]) {
        await assert.rejects(backend.put(id, piecesOf(Buffer.from('x'), 1), 1), { code: 'LOCATOR_INVALID' }, id)
      }
    }),
  )
}

const testsOfAbsence = (withBackend: WithBackend): void => {
  it(
    'has no stat of an unknown object',
    withBackend(async ({ backend, unknownLocator }) => {
      assert.equal(await backend.stat(unknownLocator), undefined)
    }),
  )

  it(
    'refuses to get or open an unknown object before it gives a stream',
    withBackend(async ({ backend, unknownLocator }) => {
      await assert.rejects(backend.get(unknownLocator, 0, 0), { code: 'OBJECT_MISSING' })
      await assert.rejects(backend.open?.(unknownLocator) ?? backend.get(unknownLocator, 0, 0), {
        code: 'OBJECT_MISSING',
      })
    }),
  )

  it(
    'refuses locators that it never gave out',
    withBackend(async ({ backend, invalidLocators }) => {
      for (const locator of invalidLocators) {
        const refused = { code: 'LOCATOR_INVALID' }
        await assert.rejects(backend.get(locator, 0, 0), refused, locator)
        await assert.rejects(backend.stat(locator), refused, locator)
        await assert.rejects(backend.delete([locator]), refused, locator)
      }
    }),
  )
}

const testsOfDelete = (withBackend: WithBackend): void => {
  it(
    'deletes exactly what is named, and twice is no error',
    withBackend(async ({ backend, unknownLocator }) => {
      const [first, second, third] = await Promise.all([1, 2, 3].map((fill) => put(backend, Buffer.alloc(10, fill))))
      assert.ok(first !== undefined && second !== undefined && third !== undefined)

      await backend.delete([first, third, unknownLocator])
      await backend.delete([first])
      await backend.delete([])

      assert.equal(await backend.stat(first), undefined)
      assert.equal(await backend.stat(third), undefined)
      assert.deepEqual(await collect(backend, second, 0, 9), Buffer.alloc(10, 2))
    }),
  )

  it(
    'deletes nothing if one of the locators is none',
    withBackend(async ({ backend, invalidLocators }) => {
      const locator = await put(backend, Buffer.alloc(10, 1))

      await assert.rejects(backend.delete([locator, invalidLocators[0] ?? '']), { code: 'LOCATOR_INVALID' })

      assert.deepEqual(await backend.stat(locator), { sizeBytes: 10 })
    }),
  )

  it(
    'lists no object that is deleted, and tells of each when it was made',
    withBackend(async ({ backend }) => {
      const [gone, kept] = [await put(backend, Buffer.alloc(1)), await put(backend, Buffer.alloc(2))]
      await backend.delete([gone])

      if (backend.list === undefined) return
      const listed = await Array.fromAsync(backend.list())
      assert.deepEqual(
        listed.map(({ locator }) => locator),
        [kept],
      )
      // The clock of a storage elsewhere may be wrong, but not the unit.
      assert.ok(Math.abs((listed[0]?.modifiedAt ?? 0) - Date.now()) < DAY_MS)
    }),
  )

  it(
    'lists every object with its size, if it says that it can list',
    withBackend(async ({ backend }) => {
      const locators = await Promise.all([1, 2, 3].map((size) => put(backend, Buffer.alloc(size, 1))))

      assert.equal(backend.capabilities.listable, backend.list !== undefined)
      if (backend.list === undefined) return
      const listed = new Map<string, number>()
      for await (const { locator, sizeBytes } of backend.list()) listed.set(locator, sizeBytes)
      for (const [index, locator] of locators.entries()) assert.equal(listed.get(locator), index + 1)
    }),
  )
}

const put = (backend: Backend, bytes: Buffer) =>
  backend.put(newId('chunk'), piecesOf(bytes, bytes.length), bytes.length)

const collect = async (backend: Backend, locator: string, from: number, to: number): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for await (const piece of await backend.get(locator, from, to)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const locatorsOf = async (backend: Backend): Promise<string[]> => {
  const locators: string[] = []
  for await (const { locator } of backend.list?.() ?? []) locators.push(locator)
  return locators.sort()
}

async function* piecesOf(bytes: Buffer, pieceBytes: number): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

async function* iterate(pieces: readonly Buffer[]): AsyncIterable<Buffer> {
  yield* pieces
}

const endlessSource = () => {
  let released = false
  async function* pieces(): AsyncIterable<Buffer> {
    try {
      for (;;) yield Buffer.alloc(30_000)
    } finally {
      released = true
    }
  }
  return { pieces, isReleased: () => released }
}

async function* failing(error: Error): AsyncIterable<Buffer> {
  yield Buffer.alloc(50_000)
  throw error
}

async function* hanging(abort: AbortController): AsyncIterable<Buffer> {
  yield Buffer.alloc(50_000)
  setImmediate(() => abort.abort(new Error('went away')))
  await new Promise<never>(() => {})
}
