import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { unzipSync } from 'fflate'
import { cutStream } from '../chunks/testing.ts'
import { type ZipEntry, zipArchive } from './zip.ts'

const entryOf = (path: string, bytes: Buffer, cuts = 1000): ZipEntry => ({
  path,
  sizeBytes: bytes.length,
  modifiedAt: Date.UTC(2024, 4, 6, 7, 8, 10),
  open: async () => cutStream(bytes, [cuts]),
})

const written = async (entries: readonly ZipEntry[], limit?: number): Promise<Buffer> => {
  const archive = zipArchive(entries, limit === undefined ? {} : { limit })
  const bytes = Buffer.concat(await Array.fromAsync(archive.pieces()))
  assert.equal(bytes.length, archive.sizeBytes)
  return bytes
}

const CONTENTS = {
  'a.txt': Buffer.from('a'),
  empty: Buffer.alloc(0),
  'Ordner/größe 日本.bin': randomBytes(200_000),
  'exactly.bin': randomBytes(65_535 * 2),
}
const ENTRIES = [
  ...Object.entries(CONTENTS).map(([path, bytes]) => entryOf(path, bytes)),
  entryOf('leer/', Buffer.alloc(0)),
]

const PYTHON = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    for info in archive.infolist():
        print(info.filename, info.file_size, *info.date_time, sep='|')
`

const hasPython = (): boolean => {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('an archive that is written as it is read', () => {
  for (const [name, limit] of [
    ['with narrow numbers', undefined],
    ['with the wide numbers of large archives', 1000],
  ] as const) {
    it(`has what was put in, and the length that was announced, ${name}`, async () => {
      const bytes = await written(ENTRIES, limit)

      const found = unzipSync(bytes)

      assert.deepEqual(Object.keys(found).sort(), [...Object.keys(CONTENTS), 'leer/'].sort())
      for (const [path, content] of Object.entries(CONTENTS))
        assert.ok(Buffer.from(found[path] ?? []).equals(content), path)
    })

    it(`is read by another program, checksums and times included, ${name}`, async (t) => {
      if (!hasPython()) return t.diagnostic('there is no Python here')
      const folder = mkdtempSync(join(tmpdir(), 'latchkey-zip-'))
      t.after(() => rmSync(folder, { recursive: true }))
      const path = join(folder, 'archive.zip')
      writeFileSync(path, await written(ENTRIES, limit))

      const lines = execFileSync('python3', ['-c', PYTHON, path], { encoding: 'utf8' }).trim().split('\n')

      const sizes = [...Object.entries(CONTENTS), ['leer/', Buffer.alloc(0)] as const]
      assert.deepEqual(
        lines,
        sizes.map(([file, { length }]) => `${file}|${length}|2024|5|6|7|8|10`),
      )
    })
  }

  it('breaks off when a file has other bytes than it said', async () => {
    for (const sizeBytes of [99, 101]) {
      const archive = zipArchive([{ ...entryOf('a', randomBytes(100)), sizeBytes }])

      await assert.rejects(Array.fromAsync(archive.pieces()), RangeError)
    }
  })
})
