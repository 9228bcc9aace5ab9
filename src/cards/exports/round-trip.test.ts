import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { unzipSync } from 'fflate'
import { type TestAccount, type TestApp, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { eventually } from '../../../test/services/eventually.ts'
import { listFiles } from '../../files/files/contract.ts'
import { bmp } from '../../files/thumbnails/testing.ts'
import { aiRepo } from '../ai/repo.ts'
import { CARD_TYPES, type Card, createCard, deleteCard, favoriteCard, getCard, listCards } from '../cards/contract.ts'
import { listChanges } from '../changes/contract.ts'
import { importFile, processing } from '../imports/testing.ts'
import { createSavedSearch, listSavedSearches } from '../saved-searches/contract.ts'
import { uploadFile } from '../testing.ts'
import { listTrash } from '../trash/contract.ts'
import { exportCards } from './contract.ts'

const CARDS = 100
const TRASHED = 5
const FILE_CARDS = CARDS / 2
const MIB = 1024 * 1024

/** A picture of two colours, another one for each number. */
const picture = (number: number): Buffer =>
  bmp(40, 30, (x) => (x < 20 ? [255 - number, 0, 0, 255] : [0, 0, 255 - number, 255]))

const FILES: Readonly<Record<string, (number: number) => readonly [name: string, type: string, bytes: Buffer]>> = {
  image: (number) => [`Bild ${number} – ü.bmp`, 'image/bmp', picture(number)],
  video: (number) => [`${number}.mp4`, 'video/mp4', Buffer.alloc(number === 10 ? 17 * MIB : 2000 + number, number)],
  audio: (number) => [`${number}.mp3`, 'audio/mpeg', Buffer.alloc(3000 + number, number)],
  document: (number) => [`../${number}.txt`.replace('../', ''), 'text/plain', Buffer.from(`Document ${number}\n`)],
}

const TEXTS: Readonly<Record<string, (number: number) => object>> = {
  text: (number) => ({
    cardType: 'text',
    content: `  Note ${number}\r\n\twith "quotes" and \u{1f955} ${'x'.repeat(number)}\n`,
  }),
  link: (number) => ({ url: `http://127.0.0.1:1/page?number=${number % 40}` }),
  palette: (number) => ({ content: `Accent: #0a7d${(number + 16).toString(16)}\nPaper: #fefefe` }),
  quote: (number) => ({ content: `"Saying number ${number}."` }),
}

/** As if a model had read it. */
const say = async (app: TestApp, card: Card): Promise<void> => {
  const { database } = app.app.core
  const said = { tags: ['soup', 'Süden'], summary: `About ${card.id}.`, transcript: 'Words.' }
  await database.transaction(async (tx) => {
    const { number, account_id: accountId } = await tx
      .selectFrom('cards')
      .select(['number', 'account_id'])
      .where('id', '=', card.id)
      .executeTakeFirstOrThrow()
    const work = { accountId, fingerprint: 'test' }
    await aiRepo(tx).want(number, work, { grantedAt: 0, now: 0 })
    await aiRepo(tx).settle(number, work, said, 0)
  })
}

/** A hundred cards of all types, some with files, notes, tags and stars, and some in the trash. */
const fill = async (app: TestApp, ada: TestAccount): Promise<void> => {
  for (let number = 0; number < CARDS; number += 1) {
    const type = CARD_TYPES[number % CARD_TYPES.length] ?? 'text'
    const more = {
      ...(number % 3 === 0 ? { notes: `Note on ${number}: <b>&amp;</b>` } : {}),
      ...(number % 2 === 0 ? { tags: ['b', `tag ${number % 7}`, 'Ä'] } : {}),
      ...(number % 4 === 0 ? { source: 'test' } : {}),
    }
    const [name, mimeType, bytes] = FILES[type]?.(number) ?? []
    const body =
      name === undefined || bytes === undefined
        ? { ...TEXTS[type]?.(number), ...more }
        : { ...(await uploadFile(ada, name, Uint8Array.from(bytes), mimeType ?? '')), ...more }
    const { card } = await ada.call(createCard, { body })
    if (number % 9 === 0) await say(app, card)
    if (number % 5 === 0) await ada.call(favoriteCard, { params: { id: card.id }, body: { isFavorited: true } })
  }
  await eventually(async () => {
    const waiting = (await all(ada)).filter(({ metadataStatus }) => metadataStatus === 'pending')
    assert.equal(waiting.length, 0)
  })
  for (const { id } of (await all(ada)).slice(0, TRASHED)) await ada.call(deleteCard, { params: { id } })
}

const all = async (ada: TestAccount) => {
  return (await ada.call(listCards, { query: { limit: 100, include: 'processing,metadata' } })).items
}

const exported = async (ada: TestAccount): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await (await ada.raw(exportCards)).arrayBuffer())

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What is in an archive, by name; the manifest says when it was made. */
const contentsOf = (archive: Uint8Array): Record<string, string> =>
  Object.fromEntries(
    Object.entries(unzipSync(archive))
      .filter(([name]) => name !== 'manifest.json')
      .map(([name, bytes]) => [name, sha256(bytes)]),
  )

for (const dialect of dialects) {
  describe(`exports (${dialect})`, async () => {
    const [first, second] = [await testApp(dialect, { processing }), await testApp(dialect, { processing })]

    it('come back on an empty server with every byte, and give the same export there', {
      timeout: 300_000,
    }, async () => {
      const [ada, ben] = [await first.account(), await second.account()]
      await fill(first, ada)
      for (const name of ['Zürich', 'älter'])
        await ada.call(createSavedSearch, { body: { name, query: `${name} is:favorite` } })

      const archive = await exported(ada)
      const report = await importFile(ben, archive)
      const again = await exported(ben)

      assert.deepEqual([report.state, report.problems, report.error], ['done', [], null])
      assert.deepEqual([report.total, report.created, report.duplicates, report.invalid], [CARDS, CARDS, 0, 0])
      const [before, after] = [unzipSync(archive), unzipSync(again)]
      for (const name of ['cards.json', 'latchkey/trash.json'])
        assert.equal(Buffer.from(after[name] ?? []).toString(), Buffer.from(before[name] ?? []).toString())
      assert.deepEqual(contentsOf(again), contentsOf(archive))
      const manifest = JSON.parse(Buffer.from(before['manifest.json'] ?? []).toString())
      assert.deepEqual(manifest.counts, { cards: CARDS - TRASHED, filesIncluded: FILE_CARDS, filesOmitted: 0 })
      assert.equal((await ben.call(listSavedSearches)).items.length, 2)
      const [read] = (await all(ben)).filter(({ aiTags }) => aiTags.length > 0)
      assert.deepEqual([read?.aiTags, read?.aiTranscript], [['soup', 'Süden'], 'Words.'])
      const pictures = (await all(ben)).filter(({ thumbnailUrl }) => thumbnailUrl != null)
      assert.ok(pictures.length > 0)
      assert.equal((await fetch(pictures[0]?.thumbnailUrl ?? '')).status, 200)
    })

    it('make nothing twice where they are', async () => {
      const ada = await first.account()
      await ada.call(createCard, { body: { url: 'https://example.org/' } })
      await ada.call(createCard, {
        body: await uploadFile(ada, 'a.bin', new Uint8Array(9), 'application/octet-stream'),
      })
      await ada.call(createCard, { body: { content: 'gone' } })
      await ada.call(deleteCard, { params: { id: (await all(ada))[0]?.id ?? '' } })
      const archive = await exported(ada)

      const counted = await importFile(ada, archive, { dryRun: 'true' })
      const report = await importFile(ada, archive)

      const counts = ({ created, duplicates, invalid }: typeof report) => [created, duplicates, invalid]
      assert.deepEqual(
        [counts(counted), counts(report)],
        [
          [0, 3, 0],
          [0, 3, 0],
        ],
      )
      assert.deepEqual(contentsOf(await exported(ada)), contentsOf(archive))
    })

    it('become new cards in another account of the same server, once', async () => {
      const [ada, eve] = [await first.account(), await first.account()]
      const { card } = await ada.call(createCard, { body: { content: 'Ada’s note', tags: ['a'] } })
      const archive = await exported(ada)

      const report = await importFile(eve, archive)
      const again = await importFile(eve, archive)

      const [copy] = await all(eve)
      assert.deepEqual([report.created, again.created, again.duplicates], [1, 0, 1])
      assert.deepEqual([copy?.content, copy?.tags, copy?.createdAt], ['Ada’s note', ['a'], card.createdAt])
      assert.notEqual(copy?.id, card.id)
    })

    it('tell who follows the changes of every card that came', async () => {
      const [ada, ben] = [await first.account(), await second.account()]
      const { card } = await ada.call(createCard, { body: { content: 'Old' } })
      const archive = await exported(ada)
      const { pageInfo } = await ben.call(listChanges, { query: { since: String(Date.now()) } })

      await importFile(ben, archive)

      const { items } = await ben.call(listChanges, { query: { since: String(pageInfo.nextSince) } })
      assert.deepEqual(
        items.map(({ id, createdAt }) => [id, createdAt]),
        [[card.id, card.createdAt]],
      )
    })

    it('leave out a file that is gone, and keep what the card says of it', async () => {
      const [ada, ben] = [await first.account(), await second.account()]
      const file = await uploadFile(ada, 'lost.bin', new Uint8Array(9), 'application/octet-stream')
      const { card } = await ada.call(createCard, { body: file })
      const [stored] = (await ada.call(listFiles)).files
      await ada.fetch(`/api/v1/files/${stored?.id}/trash`, { method: 'POST' })
      await ada.fetch(`/api/v1/trash/${stored?.id}`, { method: 'DELETE' })
      const archive = await exported(ada)

      await importFile(ben, archive)

      const { fileName, fileSize, fileUrl } = await ben.call(getCard, { params: { id: card.id } })
      assert.deepEqual([fileName, fileSize, fileUrl], ['lost.bin', 9, null])
      assert.deepEqual(contentsOf(await exported(ben)), contentsOf(archive))
    })

    it('keep what is in the trash there, with all its days', async () => {
      const [ada, ben] = [await first.account(), await second.account()]
      const { card } = await ada.call(createCard, { body: { content: 'Thrown away' } })
      await ada.call(deleteCard, { params: { id: card.id } })

      await importFile(ben, await exported(ada))

      const [trashed] = (await ben.call(listTrash)).items
      assert.equal(trashed?.id, card.id)
      assert.ok((trashed?.purgedAfter ?? 0) > Date.now())
    })

    it('need the scope of reading, and imports that of writing', async () => {
      const [reader, nobody] = [
        await first.account({ scopes: ['cards:read'] }),
        await first.account({ scopes: ['files:read'] }),
      ]

      const answers = [
        await reader.fetch('/v1/export'),
        await nobody.fetch('/v1/export'),
        await reader.fetch('/v1/imports', { method: 'POST', body: 'https://example.org' }),
        await first.fetch('/v1/export'),
      ]

      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 403, 403, 401],
      )
    })
  })
}
