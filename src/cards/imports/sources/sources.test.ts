import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { zipWriter } from '../../exports/zip-writer.ts'
import { zipOf } from '../testing.ts'
import { csvRows } from './csv.ts'
import type { ImportSource } from './entry.ts'
import { openImport } from './index.ts'
import { jsonElements } from './json.ts'
import { linesOf } from './text.ts'
import { openArchive } from './zip-reader.ts'

const MIB = 1024 * 1024

async function* inPieces(text: string, length: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length)
}

const collected = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const sourceOf = (bytes: Buffer): ImportSource => ({
  sizeBytes: bytes.length,
  read: async (from, to) => Readable.from([bytes.subarray(from, to + 1)]),
})

describe('tables', () => {
  it('say the same however they are cut, with every sign in their cells', async () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ';', 'ü', ' ', '\u{1f955}'),
      maxLength: 8,
    })
    const rows = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 })
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 30, max: 200 }), async (cells, length) => {
        const text = `name,"other"\r\n${cells.map((row) => row.map(quoted).join(',')).join('\r\n')}\r\n`

        const read = await collected(csvRows(inPieces(text, length)))

        assert.deepEqual(
          read.map((row) => [row.cells.name, row.cells.other]),
          cells,
        )
      }),
      { numRuns: 200 },
    )
  })

  it('tell the line on which a row begins', async () => {
    const text = 'a,b\n1,"two\nlines"\r\n\r\n2,x\r3,y'

    const read = await collected(csvRows(inPieces(text, 100)))

    assert.deepEqual(
      read.map(({ line, cells }) => [line, cells.a, cells.b]),
      [
        [2, '1', 'two\nlines'],
        [5, '2', 'x'],
        [6, '3', 'y'],
      ],
    )
  })
})

describe('lists of JSON', () => {
  it('give each element, however they are cut and whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 5 }),
        fc.integer({ min: 1, max: 40 }),
        async (list, length) => {
          const plain = JSON.parse(JSON.stringify(list))
          const text = JSON.stringify({ other: { bookmarks: [1] }, bookmarks: plain, last: [2] }, null, length % 3)

          const members = await collected(jsonElements(inPieces(text, length), ['bookmarks']))
          const outermost = await collected(jsonElements(inPieces(JSON.stringify(plain), length), []))

          assert.deepEqual(
            members.map(({ value }) => value),
            plain,
          )
          assert.deepEqual(
            outermost.map(({ value }) => value),
            plain,
          )
        },
      ),
      { numRuns: 200 },
    )
  })

  it('are refused when they are no JSON', async () => {
    for (const text of ['', '[', '[1', '[1]]', '{"a":[1}', 'null', '[1] x', '[{"a":}]', '["a]'])
      await assert.rejects(collected(jsonElements(inPieces(text, 2), ['a'])), { code: 'UNREADABLE_IMPORT' }, text)
  })

  it('are read no further than they are asked for', async () => {
    let pieces = 0
    const endless = (async function* () {
      yield '['
      for (;;) {
        pieces += 1
        yield '{"a":1},'
      }
    })()

    for await (const { number } of jsonElements(endless, [])) if (number === 3) break

    assert.ok(pieces <= 4)
  })
})

describe('lines', () => {
  it('are numbered however they are cut, and one without an end comes in pieces', async () => {
    const text = `one\ntwo\n${'x'.repeat(150_000)}\nlast`

    const read = await collected(linesOf(inPieces(text, 10_000)))

    const whole = read.map(({ text, isEnd }) => (isEnd ? `${text}\n` : text)).join('')
    assert.equal(whole, `${text}\n`)
    assert.equal(read.at(-1)?.number, 4)
    assert.ok(read.every((line) => line.text.length <= 80_000))
  })
})

describe('bookmarks', () => {
  it('with a tag that never ends are refused before it fills the memory', async () => {
    const endless = {
      sizeBytes: 100 * MIB,
      read: async () =>
        Readable.from(
          (function* () {
            yield Buffer.from('<A HREF="')
            for (let sent = 0; sent < 100 * MIB; sent += MIB) yield Buffer.alloc(MIB, 'x')
          })(),
        ),
    }
    const { entries } = await openImport(endless, 'bookmarks')

    await assert.rejects(collected(entries()), { code: 'UNREADABLE_IMPORT', message: /line 1 never ends/ })
  })
})

describe('archives', () => {
  it('give every byte that was put into them', async () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(contents, fc.boolean(), async (files, isLarge) => {
        const named = files.map((bytes, index) => [`${index}${index % 2 ? '.json' : ''}`, Buffer.from(bytes)] as const)

        const archive = await openArchive(sourceOf(await zipOf(named, isLarge)))

        for (const [name, bytes] of named) {
          const entry = archive.entries.get(name)
          assert.ok(entry !== undefined)
          assert.deepEqual(Buffer.concat(await collected(archive.open(entry))), bytes)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('give no byte more than their directory says', async () => {
    const bytes = await zipOf([['a.json', 'x'.repeat(5 * MIB)]])
    const header = bytes.indexOf(Buffer.from('PK\u0001\u0002', 'latin1'))
    bytes.writeUInt32LE(10, header + 24)
    const archive = await openArchive(sourceOf(bytes))
    const entry = archive.entries.get('a.json')
    assert.ok(entry !== undefined)

    let count = 0
    const reading = (async () => {
      for await (const chunk of archive.open(entry)) count += chunk.length
    })()

    await assert.rejects(reading, { code: 'UNREADABLE_IMPORT', message: 'a.json is damaged in the archive.' })
    assert.equal(count, 0)
  })

  it('do not show an entry whose source broke', async () => {
    const zip = zipWriter()
    const pieces: Buffer[] = []
    const breaking = (async function* () {
      yield Buffer.from('half')
      throw new Error('The disk is gone.')
    })()
    const adding = zip.add({ name: 'a', modifiedAt: 0, isCompressed: false, isLarge: false }, breaking)
    let step = await adding.next()
    for (; !step.done; step = await adding.next()) pieces.push(step.value)
    for await (const piece of zip.end()) pieces.push(piece)

    const archive = await openArchive(sourceOf(Buffer.concat(pieces)))

    assert.deepEqual([...archive.entries.keys()], [])
    assert.match(String(step.value?.cause), /The disk is gone/)
  })

  it('of 200 MiB, and of more than 4 GiB, are written and read a chunk at a time', async () => {
    for (const sizeBytes of [200 * MIB, 4100 * MIB]) {
      const written = await virtualArchive(sizeBytes)
      const archive = await openArchive(written.source)
      const entry = archive.entries.get('files/large')
      assert.equal(entry?.sizeBytes, sizeBytes)
      written.handedOut = 0

      const chunks = archive.open(entry ?? assert.fail())
      const first = await chunks.next()
      const afterFirst = written.handedOut
      await chunks.return(undefined)

      assert.ok(written.largestPiece <= MIB)
      assert.ok(!first.done && first.value.length <= MIB)
      assert.ok(afterFirst < 20 * MIB, `${afterFirst} bytes were read for the first chunk`)
    }
  })
})

/**
 * An archive with one file of zeros, of which only the headers are kept. Its pieces go by without being looked at, as
 * they do on their way to a client.
 */
const virtualArchive = async (sizeBytes: number) => {
  const zeros = Buffer.alloc(MIB)
  const file = (async function* () {
    for (let sent = 0; sent < sizeBytes; sent += MIB) yield zeros
  })()
  const zip = zipWriter()
  const isLarge = sizeBytes >= 4096 * MIB
  const headers: { readonly at: number; readonly bytes: Buffer }[] = []
  const archive = { largestPiece: 0, handedOut: 0, source: undefined as unknown as ImportSource }
  let size = 0
  const keep = (piece: Buffer): void => {
    archive.largestPiece = Math.max(archive.largestPiece, piece.length)
    if (piece.length < MIB) headers.push({ at: size, bytes: Buffer.from(piece) })
    size += piece.length
  }
  const entry = { name: 'files/large', modifiedAt: 0, isCompressed: false, isLarge }
  for await (const piece of zip.add(entry, file)) keep(piece)
  for await (const piece of zip.end()) keep(piece)
  const bytesAt = (from: number, to: number): Buffer => {
    const bytes = Buffer.alloc(to - from + 1)
    for (const header of headers)
      if (header.at <= to && header.at + header.bytes.length > from)
        header.bytes.copy(bytes, Math.max(0, header.at - from), Math.max(0, from - header.at))
    return bytes
  }
  archive.source = {
    sizeBytes: size,
    read: async (from, to) =>
      Readable.from(
        (function* () {
          for (let at = from; at <= to; at += MIB) {
            const piece = bytesAt(at, Math.min(to, at + MIB - 1))
            archive.handedOut += piece.length
            yield piece
          }
        })(),
      ),
  }
  return archive
}
