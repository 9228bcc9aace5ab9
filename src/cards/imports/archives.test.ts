import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { listCards } from '../cards/contract.ts'
import { failureOf } from '../testing.ts'
import { type ArchiveFiles, importFile, processing, zipOf } from './testing.ts'

/** As the other program writes it: ids of its own, and no more than it exports. */
const foreign = [
  {
    id: 'k57a1b2c3d4e5f6g7h8i9j0k1l2m3n4o',
    type: 'image',
    content: '',
    tags: ['trip'],
    isFavorited: true,
    file: {
      path: 'files/k57-photo.png',
      fileName: 'photo.png',
      mimeType: 'image/png',
      fileSize: 4,
      width: 1,
      height: 1,
    },
    createdAt: { iso: '2024-01-01T00:00:00.000Z', epochMs: 1_704_067_200_000 },
    updatedAt: { iso: '2024-01-02T00:00:00.000Z', epochMs: 1_704_153_600_000 },
  },
  {
    id: 'k57palette',
    type: 'palette',
    content: '#ff0000 and #00ff00',
    tags: [],
    isFavorited: false,
    colors: [{ hex: '#FF0000', name: 'Red' }, { hex: '#00ff00' }],
    createdAt: { iso: '2024-01-01T00:00:01.000Z', epochMs: 1_704_067_201_000 },
    updatedAt: { iso: '2024-01-01T00:00:01.000Z', epochMs: 1_704_067_201_000 },
  },
  {
    id: 'k57link',
    type: 'link',
    content: 'https://example.org/',
    url: 'https://example.org/',
    notes: 'A note',
    tags: [],
    isFavorited: false,
    createdAt: { iso: '2024-01-01T00:00:02.000Z', epochMs: 1_704_067_202_000 },
    updatedAt: { iso: '2024-01-01T00:00:02.000Z', epochMs: 1_704_067_202_000 },
  },
]
const FOREIGN: ArchiveFiles = [
  ['manifest.json', JSON.stringify({ exportVersion: 1, schemaVersion: 1 })],
  ['cards.json', JSON.stringify(foreign)],
  ['files/k57-photo.png', 'PNG!'],
]

const text = (content: string) => ({ type: 'text', content, tags: [], isFavorited: false })

/** The archive's directory, to be forged. */
const directoryOf = (archive: Buffer): number => archive.indexOf(Buffer.from('PK\u0001\u0002', 'latin1'))

const forged = (archive: Buffer, forge: (header: Buffer) => void): Buffer<ArrayBuffer> => {
  const copy = Buffer.from(archive)
  forge(copy.subarray(directoryOf(copy)))
  return copy
}

const statesOf = async (ada: TestAccount) => (await ada.call(listCards, { query: { include: 'metadata' } })).items

for (const dialect of dialects) {
  describe(`archives (${dialect})`, async () => {
    const app = await testApp(dialect, { processing })

    it('of another program are taken, with files, colours and moments, once', async () => {
      const ada = await app.account()
      const archive = await zipOf(FOREIGN)

      const dry = await importFile(ada, archive, { dryRun: 'true' })
      const report = await importFile(ada, archive)
      const again = await importFile(ada, archive)

      assert.deepEqual([dry.created, report.created, again.created, again.duplicates], [3, 3, 0, 3])
      const [link, palette, image] = await statesOf(ada)
      assert.deepEqual([image?.isFavorited, image?.tags, image?.fileName], [true, ['trip'], 'photo.png'])
      assert.deepEqual([image?.createdAt, link?.url], [1_704_067_200_000, 'https://example.org/'])
      assert.match(palette?.id ?? '', /^card_\w{22}$/)
      assert.equal(await (await fetch(image?.fileUrl ?? '')).text(), 'PNG!')
      const found = await ada.call(listCards, { query: { q: 'color:#ff0000' } })
      assert.deepEqual(
        found.items.map(({ id }) => id),
        [palette?.id],
      )
    })

    it('say of each card that cannot be had why', async () => {
      const ada = await app.account()
      const damaged = { ...foreign[0], id: 'k57other', file: { ...foreign[0]?.file, path: 'files/damaged.png' } }
      const entries = [
        text('fine'),
        { type: 'poem', content: 'x' },
        'nothing',
        { ...text('x'), url: 'javascript:alert(1)' },
        text('x'.repeat(512 * 1024 + 1)),
        text('nul \0'),
        { ...foreign[0], file: { path: 'files/missing.png', fileName: 'missing.png', mimeType: 'image/png' } },
        { ...foreign[0], file: { path: 'files/k57-photo.png', fileName: '../x', mimeType: 'image/png' } },
        damaged,
      ]
      const archive = await zipOf([
        ['cards.json', JSON.stringify(entries)],
        ['files/damaged.png', 'PNG!'],
      ])
      archive.writeUInt8(0, archive.indexOf('PNG!'))

      const dry = await importFile(ada, archive, { dryRun: 'true' })
      const report = await importFile(ada, archive)

      assert.deepEqual([report.created, report.invalid], [1, 8])
      assert.deepEqual([dry.created, dry.problems], [1, report.problems])
      assert.deepEqual(
        report.problems.map(({ entry, message }) => `${entry} ${message}`),
        [
          '2 type: Invalid option: expected one of "text"|"link"|"image"|"video"|"audio"|"document"|"palette"|"quote"',
          '3 The entry is no card.',
          '4 url: url must be an absolute http or https URL.',
          '5 content: The content is larger than 512 KiB.',
          '6 Text must be valid Unicode without NUL characters.',
          '7 The archive does not have files/missing.png.',
          '8 file.fileName: fileName must be a name without a path.',
          '9 files/damaged.png is damaged in the archive.',
        ],
      )
    })

    it('that could do harm are refused before anything is unpacked', async () => {
      const ada = await app.account()
      const refusal = async (archive: Buffer<ArrayBuffer>): Promise<string> => {
        const response = await ada.fetch('/v1/imports', { method: 'POST', body: archive })
        const { error } = (await response.clone().json()) as { error: string }
        assert.deepEqual(await failureOf(response), [400, 'UNREADABLE_IMPORT'])
        return error
      }
      const plain = await zipOf([
        ['cards.json', '[]'],
        ['files/a', 'A'.repeat(100)],
      ])
      const named = async (name: string) =>
        zipOf([
          ['cards.json', '[]'],
          [name, 'x'],
        ])

      for (const name of ['../cards.json', '/etc/passwd', 'files/../../x', 'files\\x', 'C:/x', 'files//x', 'a\u0000b'])
        assert.match(await refusal(await named(name)), /outside of itself/)
      assert.match(await refusal(await named('cards.json')), /two entries of one name/)
      assert.match(await refusal(forged(plain, (header) => header.writeUInt16LE(0x0809, 8))), /encrypted/)
      assert.match(await refusal(forged(plain, (header) => header.writeUInt16LE(12, 10))), /packed in a way/)
      assert.match(
        await refusal(forged(plain, (header) => header.writeUInt32LE(0xf0000000, 24))),
        /far more than it is/,
      )
      assert.match(
        await refusal(forged(plain, (header) => header.writeUInt32LE(0xf0000000, 42))),
        /damaged|over each other/,
      )
      assert.match(await refusal(plain.subarray(0, plain.length - 30)), /damaged, or was cut off/)
      assert.match(await refusal(Buffer.concat([plain, Buffer.from('x')])), /damaged, or was cut off/)
    })

    it('bring no picture that could act in our origin', async () => {
      const ada = await app.account()
      const drawing = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
      const card = {
        ...foreign[2],
        latchkey: {
          processing: { state: 'completed', stages: {}, found: { image: 'image' } },
          previews: [{ kind: 'image', mediaType: 'image/svg+xml', path: 'latchkey/previews/a' }],
        },
      }

      const files: ArchiveFiles = [
        ['cards.json', JSON.stringify([card])],
        ['latchkey/previews/a', drawing],
      ]
      const report = await importFile(ada, await zipOf(files))

      assert.equal(report.created, 1)
      assert.equal((await statesOf(ada))[0]?.linkPreviewImageUrl, null)
    })

    it('without cards are no export', async () => {
      const ada = await app.account()

      const report = await importFile(ada, await zipOf([['readme.txt', 'x']]))

      assert.deepEqual(
        [report.state, report.error],
        ['failed', { code: 'UNREADABLE_IMPORT', message: 'The archive has no cards.json: it is no export of cards.' }],
      )
    })

    it('with the wide form of large archives are read as well', async () => {
      const ada = await app.account()

      const report = await importFile(ada, await zipOf(FOREIGN, true))

      assert.deepEqual([report.state, report.created], ['done', 3])
      const [, , image] = await statesOf(ada)
      assert.equal(await (await fetch(image?.fileUrl ?? '')).text(), 'PNG!')
    })
  })
}
