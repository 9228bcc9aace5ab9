import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import {
  CARD_TYPES,
  createCard,
  deleteCard,
  favoriteCard,
  getCard,
  listCards,
  MAX_CONTENT_BYTES,
  searchCards,
  updateCard,
} from './contract.ts'

const CARD_FIELDS = [
  'aiSummary',
  'aiTags',
  'appUrl',
  'content',
  'createdAt',
  'fileExtension',
  'fileKind',
  'fileLanguage',
  'fileName',
  'filePreview',
  'fileSize',
  'fileUrl',
  'id',
  'isFavorited',
  'linkPreviewImageUrl',
  'metadataDescription',
  'metadataTitle',
  'mimeType',
  'notes',
  'screenshotUrl',
  'tags',
  'thumbnailUrl',
  'type',
  'updatedAt',
  'url',
]

const post = (body: string): RequestInit => ({ method: 'POST', body, headers: { 'content-type': 'application/json' } })
const Json = z.record(z.string(), z.unknown())
const bodyOf = async (response: Response) => Json.parse(await response.json())
const answerOf = async (response: Response) => [response.status, (await bodyOf(response)).code]

const unknownId = { params: { id: 'card_00000000000000000000' } }

for (const dialect of dialects) {
  describe(`cards (${dialect})`, async () => {
    const app = await testApp(dialect)

    describe('a new card', () => {
      it('has every field, and null where nothing is known', async () => {
        const ada = await app.account()

        const response = await ada.fetch('/v1/cards', post('{"content":"Buy lentils","tags":["food"],"notes":"soon"}'))

        const created = await bodyOf(response)
        const card = Json.parse(created.card)
        const { id, appUrl, createdAt, updatedAt, ...rest } = card
        assert.equal(response.status, 200)
        assert.deepEqual(Object.keys(created).toSorted(), ['appUrl', 'card', 'cardId', 'status'])
        assert.deepEqual([created.status, created.cardId, created.appUrl], ['created', id, appUrl])
        assert.deepEqual(Object.keys(card).toSorted(), CARD_FIELDS)
        assert.match(String(id), /^card_\w{22}$/)
        assert.equal(new URL(String(appUrl)).search, `?card=${id}`)
        assert.ok(Number.isInteger(createdAt) && createdAt === updatedAt)
        assert.deepEqual(rest, {
          aiSummary: null,
          aiTags: [],
          content: 'Buy lentils',
          fileExtension: null,
          fileKind: null,
          fileLanguage: null,
          fileName: null,
          filePreview: null,
          fileSize: null,
          fileUrl: null,
          isFavorited: false,
          linkPreviewImageUrl: null,
          metadataDescription: null,
          metadataTitle: null,
          mimeType: null,
          notes: 'soon',
          screenshotUrl: null,
          tags: ['food'],
          thumbnailUrl: null,
          type: 'text',
          url: null,
        })
      })

      it('answers under both paths, without being stored by caches', async () => {
        const ada = await app.account()

        const response = await ada.fetch('/api/v1/cards', post('{"url":"https://example.org/soup","source":"cli"}'))

        const card = Json.parse((await bodyOf(response)).card)
        const read = await ada.fetch(`/api/v1/cards/${String(card.id)}`)
        assert.deepEqual([card.type, card.url, card.content], ['link', 'https://example.org/soup', ''])
        assert.deepEqual(await read.json(), card)
        assert.equal(response.headers.get('cache-control'), 'no-store')
        assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
      })

      it('takes its type from the request, or else from the whole content', async () => {
        const ada = await app.account()
        const typeOf = async (body: object) => {
          const { card } = await ada.call(createCard, { body })
          return [card.type, card.url]
        }

        const found = [
          await typeOf({ content: ' https://example.org/a \n' }),
          await typeOf({ content: 'see https://example.org/a' }),
          await typeOf({ content: '"Stay hungry." - Steve' }),
          await typeOf({ content: '#264653, #2a9d8f' }),
          await typeOf({ content: 'issue #123 fixed' }),
          await typeOf({ content: 'https://example.org/a', cardType: 'text' }),
          await typeOf({ content: 'about it', url: ' https://example.org/b ' }),
        ]

        assert.deepEqual(found, [
          ['link', 'https://example.org/a'],
          ['text', null],
          ['quote', null],
          ['palette', null],
          ['text', null],
          ['text', null],
          ['link', 'https://example.org/b'],
        ])
        for (const cardType of CARD_TYPES) assert.equal((await typeOf({ content: 'x', cardType }))[0], cardType)
      })

      it('keeps its content byte for byte', async () => {
        const ada = await app.account()
        const content = '\ufeff  "quoted"\r\n\ttabs \u2028 🎉 e\u0301 \u0001 \\u0000  \n'

        const { cardId } = await ada.call(createCard, { body: { content } })

        assert.equal((await ada.call(getCard, { params: { id: cardId } })).content, content)
      })

      it('may hold 512 KiB and not a byte more', async () => {
        const ada = await app.account()
        const largest = 'ü'.repeat(MAX_CONTENT_BYTES / 2)

        const { card } = await ada.call(createCard, { body: { content: largest } })
        const tooLarge = ada.call(createCard, { body: { content: `${largest}.` } })

        assert.equal(card.content.length, MAX_CONTENT_BYTES / 2)
        await assert.rejects(tooLarge, { status: 400, code: 'CONTENT_TOO_LARGE' })
      })

      it('trims tags, drops blank and repeated ones, and keeps their case and order', async () => {
        const ada = await app.account()

        const { card } = await ada.call(createCard, { body: { content: 'x', tags: [' b ', 'a', '', 'B', 'a', '  '] } })

        assert.deepEqual(card.tags, ['b', 'a', 'B'])
      })

      it('may be blank only as text', async () => {
        const ada = await app.account()

        const { card } = await ada.call(createCard, { body: { content: ' ', cardType: 'text' } })

        assert.equal(card.content, ' ')
        for (const body of [
          { content: ' ' },
          { content: '', cardType: 'quote' as const },
          { cardType: 'text' as const },
          {},
        ]) {
          await assert.rejects(ada.call(createCard, { body }), { status: 400, code: 'INVALID_INPUT' })
        }
      })

      it('is refused when the body is not as described', async () => {
        const ada = await app.account()
        const bad = [
          '[]',
          '"text"',
          '{"content":1}',
          '{"content":"x","colour":"red"}',
          '{"content":"x","cardType":"note"}',
          '{"content":"x","tags":"a"}',
          '{"content":"x","tags":[1]}',
          '{"content":"x","notes":{}}',
          '{"url":"/relative"}',
          '{"url":"javascript:alert(1)"}',
          '{"url":"https://exa mple.org"}',
          `{"url":"https://example.org/${'a'.repeat(9000)}"}`,
          `{"content":"x","tags":["${'a'.repeat(300)}"]}`,
          '{"content":"a\\u0000b"}',
          '{"content":"a\\ud800b"}',
          '{"content":"x","notes":"\\udc00"}',
          '{"fileKey":"k","fileName":"a.png"}',
          '{"fileKey":"k","fileName":"a/b.png","mimeType":"image/png"}',
          '{"fileKey":"k","fileName":"a.png","mimeType":"image/png","url":"https://example.org/"}',
          '{"fileKey":"k","fileName":"a.png","mimeType":"image/png","fileEtag":"bare"}',
          '{"content":"x","fileName":"a.png"}',
        ]

        for (const body of bad) {
          const response = await ada.fetch('/v1/cards', post(body))
          const failure = await bodyOf(response)
          assert.deepEqual([response.status, failure.code], [400, 'INVALID_INPUT'], body)
          assert.deepEqual(Object.keys(failure).slice(0, 3), ['code', 'error', 'requestId'])
        }
        assert.deepEqual((await ada.call(listCards)).items, [])
      })

      it('is refused when the body is not JSON, or reaches for a prototype', async () => {
        const ada = await app.account()

        for (const body of ['{', 'content=x', '{"content":"x","__proto__":{"type":"link"}}', '\xff']) {
          const response = await ada.fetch('/v1/cards', post(body))
          assert.deepEqual(await answerOf(response), [400, 'BAD_REQUEST'], body)
        }
      })
    })

    describe('a card', () => {
      it('changes in the given fields only', async () => {
        const ada = await app.account()
        const { card } = await ada.call(createCard, { body: { content: 'old', notes: 'kept', tags: ['kept'] } })

        const changed = await ada.call(updateCard, { params: { id: card.id }, body: { content: 'new' } })

        assert.deepEqual({ ...changed, updatedAt: card.updatedAt }, { ...card, content: 'new' })
        assert.ok(changed.updatedAt >= card.updatedAt)
        assert.deepEqual(await ada.call(getCard, { params: { id: card.id } }), changed)
      })

      it('loses its notes to null and its tags to an empty list', async () => {
        const ada = await app.account()
        const { cardId: id } = await ada.call(createCard, { body: { content: 'x', notes: 'n', tags: ['t'] } })

        const { notes, tags } = await ada.call(updateCard, { params: { id }, body: { notes: null, tags: [] } })

        assert.deepEqual({ notes, tags }, { notes: null, tags: [] })
      })

      it('may become blank only if it is text', async () => {
        const ada = await app.account()
        const text = await ada.call(createCard, { body: { content: 'x' } })
        const quote = await ada.call(createCard, { body: { content: '"x"' } })

        const { content } = await ada.call(updateCard, { params: { id: text.cardId }, body: { content: '' } })
        const blank = ada.call(updateCard, { params: { id: quote.cardId }, body: { content: ' ' } })

        assert.equal(content, '')
        await assert.rejects(blank, { status: 400, code: 'INVALID_INPUT' })
      })

      it('refuses changes that are empty, unknown or too large', async () => {
        const ada = await app.account()
        const { cardId } = await ada.call(createCard, { body: { content: 'x' } })
        const large = JSON.stringify({ content: 'a'.repeat(MAX_CONTENT_BYTES + 1) })
        const bad = ['{}', '{"cardType":"link"}', '{"isFavorited":true}', '{"url":null}', '{"content":null}', large]

        for (const body of bad) {
          const response = await ada.fetch(`/v1/cards/${cardId}`, { ...post(body), method: 'PATCH' })
          assert.equal(response.status, 400, body.slice(0, 40))
        }
      })

      it('becomes a favourite and stops being one', async () => {
        const ada = await app.account()
        const { cardId: id } = await ada.call(createCard, { body: { content: 'x' } })
        const favorite = async (isFavorited: boolean) =>
          (await ada.call(favoriteCard, { params: { id }, body: { isFavorited } })).isFavorited

        const answers = [await favorite(true), await favorite(true), await favorite(false)]

        assert.deepEqual(answers, [true, true, false])
        for (const body of ['{}', '{"isFavorited":"true"}', '{"isFavorited":true,"x":1}']) {
          const response = await ada.fetch(`/v1/cards/${id}/favorite`, { ...post(body), method: 'PATCH' })
          assert.equal(response.status, 400, body)
        }
      })

      it('is gone once it is deleted', async () => {
        const ada = await app.account()
        const { cardId: id } = await ada.call(createCard, { body: { content: 'soup' } })

        // Some clients send a Content-Type with every request, also without a body.
        const deleted = await ada.fetch(`/v1/cards/${id}`, {
          method: 'DELETE',
          headers: { 'content-type': 'application/json' },
        })

        assert.deepEqual([deleted.status, await deleted.text()], [204, ''])
        await assert.rejects(ada.call(deleteCard, { params: { id } }), { status: 404, code: 'NOT_FOUND' })
        await assert.rejects(ada.call(getCard, { params: { id } }), { status: 404, code: 'NOT_FOUND' })
        assert.deepEqual((await ada.call(listCards)).items, [])
        assert.deepEqual((await ada.call(searchCards, { query: { q: 'soup' } })).items, [])
      })

      it('of another account answers as one that never existed', async () => {
        const ada = await app.account()
        const eve = await app.account()
        const { card } = await ada.call(createCard, { body: { content: 'secret', tags: ['secret'] } })
        const mine = { params: { id: card.id } }
        const answers = async (id: { params: { id: string } }) => {
          const path = `/v1/cards/${id.params.id}`
          const patch = { method: 'PATCH', headers: { 'content-type': 'application/json' } }
          const responses = [
            await eve.fetch(path),
            await eve.fetch(path, { ...patch, body: '{"content":"x"}' }),
            await eve.fetch(`${path}/favorite`, { ...patch, body: '{"isFavorited":true}' }),
            await eve.fetch(path, { method: 'DELETE' }),
          ]
          return Promise.all(
            responses.map(async (response) => [response.status, { ...(await bodyOf(response)), requestId: '' }]),
          )
        }

        const [foreign, unknown] = [await answers(mine), await answers(unknownId)]

        assert.deepEqual(foreign, unknown)
        assert.deepEqual(foreign[0], [404, { code: 'NOT_FOUND', error: 'Card not found', requestId: '' }])
        assert.deepEqual((await eve.call(listCards)).items, [])
        assert.deepEqual((await eve.call(searchCards, { query: { q: 'secret' } })).items, [])
        assert.deepEqual((await eve.call(searchCards, { query: { tag: 'secret' } })).items, [])
        assert.deepEqual(await ada.call(getCard, mine), card)
      })

      it('is not found under an id that is none', async () => {
        const ada = await app.account()

        for (const id of ['x', '%F0%9F%8E%89', `card_${'0'.repeat(500)}`, "'; drop table cards; --"]) {
          const response = await ada.fetch(`/v1/cards/${id}`)
          assert.deepEqual(await answerOf(response), [404, 'NOT_FOUND'], id)
        }
      })
    })

    describe('without a key', () => {
      it('nothing is answered but the way to say who calls', async () => {
        for (const path of ['/v1/cards', '/api/v1/cards/search', '/v1/tags', '/api/raycast/favorites', '/v1/cards/x']) {
          const response = await fetch(`${app.url}${path}`)
          const { requestId, ...failure } = await bodyOf(response)
          assert.equal(response.status, 401, path)
          assert.deepEqual(failure, { code: 'UNAUTHORIZED', error: 'Missing or invalid Authorization header' })
          assert.equal(response.headers.get('x-request-id'), requestId)
        }
      })

      it('an address that does not exist is not found in the words of this API', async () => {
        const response = await fetch(`${app.url}/v1/cards/x/y/z`)

        assert.deepEqual(await answerOf(response), [404, 'NOT_FOUND'])
      })
    })
  })
}
