import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createCard, favoriteCard, getCard, listCards, listFavorites, searchCards } from './contract.ts'

const LIST_FIELDS = [
  'aiTags',
  'appUrl',
  'content',
  'createdAt',
  'id',
  'isFavorited',
  'metadataDescription',
  'metadataTitle',
  'tags',
  'type',
  'updatedAt',
  'url',
]

const FILE_FIELDS = [
  'fileExtension',
  'fileKind',
  'fileLanguage',
  'fileName',
  'filePreview',
  'fileSize',
  'fileUrl',
  'linkPreviewImageUrl',
  'mimeType',
  'screenshotUrl',
  'thumbnailUrl',
]

const Json = z.record(z.string(), z.unknown())
const bodyOf = async (response: Response) => Json.parse(await response.json())
const answerOf = async (response: Response) => [response.status, (await bodyOf(response)).code]

const contents = (cards: readonly { content: string }[]): string[] => cards.map(({ content }) => content)

for (const dialect of dialects) {
  describe(`lists of cards (${dialect})`, async () => {
    const app = await testApp(dialect)

    describe('the list', () => {
      it('has these fields, and more when they are asked for', async () => {
        const ada = await app.account()
        await ada.call(createCard, { body: { content: 'x', notes: 'n' } })
        const fields = async (include?: string) => {
          const response = await ada.fetch(`/v1/cards${include === undefined ? '' : `?include=${include}`}`)
          const { items } = z.object({ items: z.array(Json) }).parse(await response.json())
          return Object.keys(items[0] ?? {}).toSorted()
        }

        assert.deepEqual(await fields(), LIST_FIELDS)
        assert.deepEqual(await fields('content'), [...LIST_FIELDS, 'aiSummary', 'notes'].toSorted())
        assert.deepEqual(await fields('metadata'), [...LIST_FIELDS, ...FILE_FIELDS].toSorted())
        assert.deepEqual(
          await fields('content,metadata,processing'),
          [
            ...LIST_FIELDS,
            ...FILE_FIELDS,
            ...['aiSummary', 'notes', 'aiTranscript', 'metadataStatus', 'processingStatus'],
          ].toSorted(),
        )
      })

      it('tells how much room cards take, where that is asked for', async () => {
        const ada = await app.account()
        const { card } = await ada.call(createCard, { body: { content: '#264653\n#2a9d8f' } })
        const query = { include: 'preview' }
        const blank = { w: null, h: null, state: null }

        const list = await ada.call(listCards, { query })
        const search = await ada.call(searchCards, { query })
        const one = await ada.call(getCard, { params: { id: card.id }, query: { include: 'preview,reading' } })

        const colors = ['#264653', '#2a9d8f'].map((hex) => ({ hex, name: null }))
        const preview = { ...blank, lines: 2, color: '#264653', colors }
        assert.deepEqual(list.items[0]?.preview, preview)
        assert.deepEqual(search.items, [{ ...card, preview }])
        const reading = { siteName: null, author: null, publisher: null, publishedAt: null, text: null }
        assert.deepEqual(one, { ...card, preview, reading })
      })

      it('gives every card once, page by page, in both directions', async () => {
        const ada = await app.account()
        for (let n = 1; n <= 7; n += 1) await ada.call(createCard, { body: { content: `card ${n}` } })
        const walk = async (sort: 'newest' | 'oldest', q?: string) => {
          const pages: string[] = []
          let cursor: string | null | undefined
          do {
            const query = { limit: 3, sort, ...(q === undefined ? {} : { q }), ...(cursor ? { cursor } : {}) }
            const { items, pageInfo } = await ada.call(listCards, { query })
            assert.equal(pageInfo.hasMore, pageInfo.nextCursor !== null)
            pages.push(
              contents(items)
                .map((content) => content.slice(5))
                .join(''),
            )
            cursor = pageInfo.nextCursor
          } while (cursor !== null)
          return pages.join(' ')
        }

        const walks = [
          await walk('newest'),
          await walk('oldest'),
          await walk('newest', 'card'),
          await walk('oldest', 'card'),
        ]

        assert.deepEqual(walks, ['765 432 1', '123 456 7', '765 432 1', '123 456 7'])
      })

      it('ends without a cursor when the last page is full', async () => {
        const ada = await app.account()
        for (let n = 0; n < 2; n += 1) await ada.call(createCard, { body: { content: 'x' } })

        const { items, pageInfo } = await ada.call(listCards, { query: { limit: 2 } })

        assert.equal(items.length, 2)
        assert.deepEqual(pageInfo, { hasMore: false, nextCursor: null })
      })

      it('refuses a cursor that is broken or of another list', async () => {
        const ada = await app.account()
        const eve = await app.account()
        for (let n = 0; n < 3; n += 1) await ada.call(createCard, { body: { content: 'soup' } })
        const { pageInfo } = await ada.call(listCards, { query: { limit: 1 } })
        const cursor = pageInfo.nextCursor ?? ''
        const queries = [
          { cursor: 'x' },
          { cursor: `${cursor}AA` },
          { cursor, sort: 'oldest' as const },
          { cursor, q: 'soup' },
          { cursor, favorited: 'false' as const },
        ]

        for (const query of queries) {
          await assert.rejects(
            ada.call(listCards, { query }),
            { status: 400, code: 'INVALID_INPUT' },
            JSON.stringify(query),
          )
        }
        await assert.rejects(eve.call(listCards, { query: { cursor } }), { status: 400, code: 'INVALID_INPUT' })
        assert.equal((await ada.call(listCards, { query: { cursor, limit: 50 } })).items.length, 2)
      })

      it('filters by type, tag, favourite, words and time', async () => {
        const ada = await app.account()
        const first = await ada.call(createCard, { body: { content: 'lentil soup', tags: ['Food', 'Suppé'] } })
        await ada.call(createCard, { body: { content: 'https://example.org/soup', tags: ['foo'] } })
        const last = await ada.call(createCard, { body: { content: 'bread', tags: ['food'] } })
        await ada.call(favoriteCard, { params: { id: last.cardId }, body: { isFavorited: true } })
        const list = async (query: object) =>
          contents((await ada.call(listCards, { query })).items).map((text) => text[0])
        const { createdAt } = first.card

        assert.deepEqual(await list({ type: 'link' }), ['h'])
        assert.deepEqual(await list({ tag: 'FOOD' }), ['b', 'l'])
        assert.deepEqual(await list({ tag: 'SUPPÉ' }), ['l'])
        assert.deepEqual(await list({ favorited: 'true' }), ['b'])
        assert.deepEqual(await list({ favorited: 'false' }), ['h', 'l'])
        assert.deepEqual(await list({ q: 'soup' }), ['h', 'l'])
        assert.deepEqual(await list({ q: 'soup', tag: 'food', type: 'text', favorited: 'false' }), ['l'])
        assert.deepEqual(await list({ q: '***' }), [])
        assert.deepEqual(await list({ q: '  ' }), ['b', 'h', 'l'])
        assert.ok((await list({ createdAfter: createdAt, createdBefore: createdAt })).includes('l'))
        assert.deepEqual(await list({ createdBefore: createdAt - 1 }), [])
        assert.deepEqual(await list({ createdAfter: last.card.createdAt + 1 }), [])
      })

      it('refuses filters that make no sense', async () => {
        const ada = await app.account()
        const queries = [
          'type=note',
          'type=text&type=link',
          'sort=best',
          'favorited=yes',
          'createdAfter=yesterday',
          'createdAfter=-1',
          'createdBefore=9999999999999999',
          'createdAfter=2&createdBefore=1',
          'include=everything',
          `q=${'a'.repeat(1001)}`,
          'q=%00',
        ]

        for (const query of queries) {
          const response = await ada.fetch(`/v1/cards?${query}`)
          assert.deepEqual(await answerOf(response), [400, 'INVALID_INPUT'], query)
        }
      })

      it('takes any limit for one from 1 to 100', async () => {
        const ada = await app.account()
        for (let n = 0; n < 3; n += 1) await ada.call(createCard, { body: { content: 'x' } })
        const length = async (limit: string) => (await ada.call(listCards, { query: { limit } })).items.length

        const lengths = [
          await length('0'),
          await length('-5'),
          await length('2'),
          await length('x'),
          await length('1e9'),
        ]

        assert.deepEqual(lengths, [1, 1, 2, 3, 3])
      })
    })

    describe('search', () => {
      it('answers whole cards, the best first, and counts them', async () => {
        const ada = await app.account()
        const best = await ada.call(createCard, { body: { content: 'lunch', tags: ['soup'] } })
        const other = await ada.call(createCard, {
          body: { content: 'A long note that mentions soup once, in passing' },
        })
        await ada.call(createCard, { body: { content: 'bread' } })
        await ada.call(createCard, { body: { content: 'butter' } })

        const found = await (await ada.fetch('/v1/cards/search?q=soup&limit=50&cursor=ignored&include=ignored')).json()

        const { text, ranges } = { text: 'A long note that mentions soup once, in passing', ranges: [[26, 30]] }
        assert.deepEqual(found, {
          items: [best.card, other.card],
          ...{ total: 2, totalIsExact: true, corrections: [] },
          highlights: { [best.card.id]: [], [other.card.id]: [{ field: 'content', text, ranges }] },
        })
        assert.deepEqual(await (await ada.fetch('/api/v1/cards/search?q=soup')).json(), found)
        assert.deepEqual(await (await ada.fetch('/api/raycast/search?q=soup')).json(), found)
      })

      it('without words gives the newest', async () => {
        const ada = await app.account()
        for (const content of ['a', 'b', 'c']) await ada.call(createCard, { body: { content } })

        const { items, total } = await ada.call(searchCards, { query: { limit: 2 } })

        assert.deepEqual([contents(items), total], [['c', 'b'], 3])
      })

      it('among favourites finds favourites only', async () => {
        const ada = await app.account()
        const soup = await ada.call(createCard, { body: { content: 'soup' } })
        await ada.call(createCard, { body: { content: 'more soup' } })
        const card = await ada.call(favoriteCard, { params: { id: soup.cardId }, body: { isFavorited: true } })

        const all = await ada.call(listFavorites)
        const found = await ada.call(listFavorites, { query: { q: 'soup', favorited: 'false' } })
        const none = await ada.call(listFavorites, { query: { q: 'bread' } })

        assert.deepEqual([all.items, found.items, none.items], [[card], [card], []])
        assert.deepEqual(await (await ada.fetch('/api/raycast/favorites')).json(), all)
      })
    })
  })
}
