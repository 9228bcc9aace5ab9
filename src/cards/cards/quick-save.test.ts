import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createCard, deleteCard, listCards, listFavorites, quickSave, searchCards } from './contract.ts'

/** What the Raycast extension insists on; a reply with one of them missing or of another type is thrown away whole. */
const STRING_OR_NULL = [
  'aiSummary',
  'fileUrl',
  'linkPreviewImageUrl',
  'metadataDescription',
  'metadataTitle',
  'notes',
  'screenshotUrl',
  'thumbnailUrl',
  'url',
]
const TYPES: Record<string, string> = {
  appUrl: 'string',
  content: 'string',
  createdAt: 'number',
  id: 'string',
  isFavorited: 'boolean',
  type: 'string',
  updatedAt: 'number',
}

const assertRaycastCard = (card: object): void => {
  const fields = new Map(Object.entries(card))
  for (const name of STRING_OR_NULL) assert.ok(fields.get(name) === null || typeof fields.get(name) === 'string', name)
  for (const [name, type] of Object.entries(TYPES)) assert.equal(typeof fields.get(name), type, name)
  for (const name of ['tags', 'aiTags']) assert.ok(Array.isArray(fields.get(name)), name)
}

for (const dialect of dialects) {
  describe(`quick save (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('saves a URL as a link, once', async () => {
      const ada = await app.account()

      const first = await ada.call(quickSave, { body: { content: ' https://example.org/a ' } })
      const again = await ada.call(quickSave, { body: { content: 'https://example.org/a' } })

      assert.deepEqual([first.status, first.card.type, first.card.url], ['created', 'link', 'https://example.org/a'])
      assert.deepEqual(again, { ...first, status: 'duplicate' })
    })

    it('tells long URLs with the same beginning apart', async () => {
      const ada = await app.account()
      const base = `https://example.org/${'ü'.repeat(3000)}`

      const answers = []
      for (const end of ['1', '2', '1']) answers.push(await ada.call(quickSave, { body: { content: base + end } }))

      assert.deepEqual(
        answers.map(({ status }) => status),
        ['created', 'created', 'duplicate'],
      )
    })

    it('knows a link that was saved in another way, and forgets a deleted one', async () => {
      const ada = await app.account()
      const { cardId } = await ada.call(createCard, { body: { url: 'https://example.org/a' } })

      const known = await ada.call(quickSave, { body: { content: 'https://example.org/a' } })
      await ada.call(deleteCard, { params: { id: cardId } })
      const forgotten = await ada.call(quickSave, { body: { content: 'https://example.org/a' } })

      assert.deepEqual([known.status, known.cardId, forgotten.status], ['duplicate', cardId, 'created'])
    })

    it('saves everything else as text, as often as it comes', async () => {
      const ada = await app.account()
      const save = async (content: string) => (await ada.call(quickSave, { body: { content } })).card

      const cards = [
        await save('"A quote"'),
        await save('see https://example.org'),
        await save('see https://example.org'),
      ]

      assert.deepEqual(
        cards.map(({ type, url }) => [type, url]),
        Array(3).fill(['text', null]),
      )
    })

    it('saves a URL once even when it comes many times at once', async () => {
      const ada = await app.account()

      const saves = Array.from({ length: 8 }, () => ada.call(quickSave, { body: { content: 'https://example.org/a' } }))

      const created = (await Promise.all(saves)).filter(({ status }) => status === 'created')
      assert.deepEqual([created.length, (await ada.call(listCards)).items.length], [1, 1])
    })

    it('does not know the links of another account', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      await ada.call(quickSave, { body: { content: 'https://example.org/a' } })

      const { status } = await eve.call(quickSave, { body: { content: 'https://example.org/a' } })

      assert.equal(status, 'created')
    })

    it('refuses what is blank or not as described', async () => {
      const ada = await app.account()

      for (const body of ['{}', '{"content":" "}', '{"content":1}', '{"content":"x","url":"https://example.org"}']) {
        const response = await ada.fetch('/api/raycast/quick-save', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        })
        assert.equal(response.status, 400, body)
      }
    })

    it('gives Raycast every field it insists on, in every reply', async () => {
      const ada = await app.account()
      const { card } = await ada.call(quickSave, { body: { content: 'https://example.org/a' } })
      await ada.call(createCard, { body: { content: 'x', notes: 'n', tags: ['t'] } })

      const found = [await ada.call(searchCards), await ada.call(listFavorites)].flatMap(({ items }) => items)

      assert.equal(found.length, 2)
      for (const one of [card, ...found]) assertRaycastCard(one)
    })
  })
}
