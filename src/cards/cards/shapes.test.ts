import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { cardsContracts } from '../index.ts'
import { json, PublishedCard, uploadFile } from '../testing.ts'

const Items = z.looseObject({ items: z.array(z.unknown()).min(1) })
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text))

/** Cards of every type, with a file and without; one of them is returned to be changed. */
const shelf = async (ada: TestAccount): Promise<string> => {
  const save = (body: object) => ada.fetch('/v1/cards', json('POST', body))
  for (const body of [
    { url: 'https://example.org/', notes: 'soup' },
    { content: '#264653, #2a9d8f soup', cardType: 'palette' },
    { content: '"Stay hungry, eat soup." - Steve' },
    await uploadFile(ada, 'soup.py', bytesOf('print("soup")'), 'text/x-python'),
    await uploadFile(ada, 'soup.png', bytesOf('no image'), 'image/png'),
    await uploadFile(ada, 'soup.mp4', bytesOf('no film'), 'video/mp4'),
    await uploadFile(ada, 'soup.ogg', bytesOf('no sound'), 'audio/ogg'),
    await uploadFile(ada, 'soup.md', bytesOf('# Soup'), 'text/markdown'),
  ])
    assert.equal((await save(body)).status, 200)
  const { card } = z.looseObject({ card: PublishedCard }).parse(await (await save({ content: 'soup' })).json())
  await ada.fetch(`/v1/cards/${card.id}/favorite`, json('PATCH', { isFavorited: true }))
  return card.id
}

type Answer = (ada: TestAccount, id: string) => Promise<Response>
const list =
  (path: string): Answer =>
  (ada) =>
    ada.fetch(path)
const one = (name: string) => async (body: unknown) => [z.record(z.string(), z.unknown()).parse(body)[name]]
const whole = async (body: unknown) => [body]
const items = async (body: unknown) => Items.parse(body).items

/** How each endpoint that answers with whole cards is asked, at its own address and at its others. */
const ANSWERS: Record<string, [paths: Answer[], cards: (body: unknown) => Promise<unknown[]>]> = {
  'POST /v1/cards': [
    ['/v1/cards', '/api/v1/cards'].map((path) => (ada) => ada.fetch(path, json('POST', { content: 'soup' }))),
    one('card'),
  ],
  'GET /v1/cards': [['/v1', '/api/v1'].map((base) => list(`${base}/cards?include=content,metadata`)), items],
  'GET /v1/cards/search': [
    ['/v1/cards', '/api/v1/cards', '/api/raycast'].flatMap((base) => [
      list(`${base}/search?q=soup`),
      list(`${base}/search`),
    ]),
    items,
  ],
  'GET /v1/cards/favorites': [
    ['/v1/cards', '/api/v1/cards', '/api/raycast'].map((base) => list(`${base}/favorites?limit=50`)),
    items,
  ],
  'GET /v1/cards/changes': [['/v1', '/api/v1'].map((base) => list(`${base}/cards/changes?since=0`)), items],
  'GET /v1/cards/:id': [['/v1', '/api/v1'].map((base) => (ada, id) => ada.fetch(`${base}/cards/${id}`)), whole],
  'PATCH /v1/cards/:id': [
    ['/v1', '/api/v1'].map((base) => (ada, id) => ada.fetch(`${base}/cards/${id}`, json('PATCH', { notes: base }))),
    whole,
  ],
  'PATCH /v1/cards/:id/favorite': [
    ['/v1', '/api/v1'].map(
      (base) => (ada, id) => ada.fetch(`${base}/cards/${id}/favorite`, json('PATCH', { isFavorited: true })),
    ),
    whole,
  ],
  'GET /v1/trash': [
    ['/v1/trash', '/api/v1/cards/trash'].map((path) => async (ada, id) => {
      await ada.fetch(`/v1/cards/${id}`, { method: 'DELETE' })
      return ada.fetch(path)
    }),
    // A card in the trash also tells since when, and until when.
    async (body) =>
      z
        .array(z.looseObject({ deletedAt: z.int(), purgedAfter: z.int() }))
        .parse(Items.parse(body).items)
        .map(({ deletedAt: _at, purgedAfter: _until, ...card }) => card),
  ],
  'POST /v1/cards/:id/restore': [
    ['/v1', '/api/v1'].map((base) => async (ada, id) => {
      await ada.fetch(`/v1/cards/${id}`, { method: 'DELETE' })
      return ada.fetch(`${base}/cards/${id}/restore`, { method: 'POST' })
    }),
    whole,
  ],
  'POST /api/raycast/quick-save': [
    [(ada) => ada.fetch('/api/raycast/quick-save', json('POST', { content: 'https://example.org/' }))],
    one('card'),
  ],
}

describe('a card', () => {
  it('is looked at wherever one is answered', () => {
    const withCards = cardsContracts.filter(({ returns: [, schema] }) => {
      if (!(schema instanceof z.ZodType)) return false
      return JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any' })).includes('"screenshotUrl"')
    })

    assert.deepEqual(
      withCards.map(({ method, path }) => `${method} ${path}`).toSorted(),
      Object.keys(ANSWERS).toSorted(),
    )
  })

  for (const dialect of dialects) {
    it(`has the same 25 fields of the same types in every answer (${dialect})`, async () => {
      const app = await testApp(dialect)
      const ada = await app.account()
      const id = await shelf(ada)
      const types = new Set<string>()

      for (const [endpoint, [answers, cardsOf]] of Object.entries(ANSWERS)) {
        for (const answer of answers) {
          const response = await answer(ada, id)
          assert.equal(response.status, 200, endpoint)
          for (const card of await cardsOf(await response.json())) {
            const checked = PublishedCard.safeParse(card)
            assert.ok(checked.success, `${endpoint}: ${checked.error?.message}`)
            types.add(checked.data.type)
          }
        }
        await ada.fetch(`/v1/cards/${id}/restore`, { method: 'POST' })
      }

      assert.deepEqual([...types].toSorted(), [
        'audio',
        'document',
        'image',
        'link',
        'palette',
        'quote',
        'text',
        'video',
      ])
      assert.equal(Object.keys(PublishedCard.shape).length, 25)
    })
  }
})
