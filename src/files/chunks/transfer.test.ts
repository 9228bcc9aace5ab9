import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { rangeReader } from './reader.ts'
import { chunkFixture, collect, counting, cutStream, receivedUntilError, storedFile, toStored } from './testing.ts'

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
    const { writer, disk } = await chunkFixture(t)
    const files = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        const bytes = randomBytes(7 * 1024 * 1024 + index)
        return { bytes, chunks: toStored(await writer.write(cutStream(bytes, [1_000_000])), disk) }
      }),
    )
    const reader = rangeReader({ onBadCopy: () => assert.fail() })
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
      const { writer, disk } = await chunkFixture(t)
      const { backend, openCount } = counting(disk)
      const bytes = randomBytes(20 * 1024 * 1024)
      const chunks = toStored(await writer.write(cutStream(bytes, [1_000_000])), backend)
      const reader = rangeReader({ onBadCopy: () => assert.fail() })
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
