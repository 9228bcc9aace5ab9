import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { json } from '../testing.ts'
import { createCard, favoriteCard, getCard, listCards, listFavorites, searchCards } from './contract.ts'

const LIMIT = 1_000_000
const REQUEST_ID = 'header-test.1'

const save = async (ada: TestAccount, content = 'soup') => (await ada.call(createCard, { body: { content } })).card

for (const dialect of dialects) {
  describe(`the headers of answers about cards (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('tell the limit, the request and that nothing is to be stored, whatever the outcome', async () => {
      const ada = await app.account()
      const { id } = await save(ada)
      const requests: [status: number, method: string, path: string, body?: unknown][] = [
        [200, 'GET', '/v1/cards'],
        [200, 'GET', '/api/v1/cards/search?q=soup'],
        [200, 'GET', '/api/raycast/favorites'],
        [200, 'GET', `/v1/cards/changes?since=0`],
        [200, 'GET', `/v1/cards/${id}`],
        [200, 'GET', '/api/v1/tags'],
        [200, 'GET', '/v1/trash'],
        [200, 'POST', '/v1/cards', { content: 'x' }],
        [200, 'POST', '/v1/cards/bulk', { operation: 'create', items: [{ content: 'x' }] }],
        [200, 'POST', '/v1/uploads', { fileName: 'a.png', fileSize: 1, mimeType: 'image/png' }],
        [200, 'PATCH', `/v1/cards/${id}`, { notes: 'x' }],
        [200, 'PATCH', `/v1/cards/${id}/favorite`, { isFavorited: true }],
        [400, 'POST', '/v1/cards', {}],
        [400, 'GET', '/v1/cards?type=none'],
        [404, 'GET', '/v1/cards/card_none'],
        [204, 'DELETE', `/v1/cards/${id}`],
        [404, 'DELETE', `/v1/cards/${id}`],
      ]
      let last = LIMIT

      for (const [status, method, path, body] of requests) {
        const init = body === undefined ? { method } : json(method, body)
        const response = await ada.fetch(path, {
          ...init,
          headers: { ...Object.fromEntries(new Headers(init.headers)), 'x-request-id': REQUEST_ID },
        })
        const { headers } = response
        const remaining = Number(headers.get('ratelimit-remaining'))
        const reset = Number(headers.get('ratelimit-reset'))

        assert.equal(response.status, status, `${method} ${path}`)
        assert.equal(headers.get('x-request-id'), REQUEST_ID)
        // An answer without a body has nothing that could be stored.
        if (status !== 204) assert.equal(headers.get('cache-control'), 'no-store')
        assert.equal(headers.get('ratelimit-limit'), String(LIMIT))
        assert.ok(remaining < last, `${method} ${path}: ${remaining} of ${last}`)
        assert.ok(reset > Date.now() - 1000 && reset < Date.now() + 121_000)
        last = remaining
      }
    })

    it('repeat an id of a request that is a plain word, and no other', async () => {
      const ada = await app.account()
      const idOf = async (id: string) =>
        (await ada.fetch('/v1/tags', { headers: { 'x-request-id': id } })).headers.get('x-request-id')

      assert.equal(await idOf('3f2b8c1e-5d6a-4b7c-8d9e-0f1a2b3c4d5e'), '3f2b8c1e-5d6a-4b7c-8d9e-0f1a2b3c4d5e')
      for (const id of ['short', 'with a space', `${'a'.repeat(65)}`, '<script>', 'a"quoted"b'])
        assert.match((await idOf(id)) ?? '', /^req_\w+$/)
    })

    it('name the state of a card with an ETag that every change changes', async () => {
      const ada = await app.account()
      const created = await ada.fetch('/v1/cards', json('POST', { content: 'soup' }))
      const { cardId: id } = Object(await created.json())
      const etags = [created.headers.get('etag')]
      const read = async () => (await ada.fetch(`/v1/cards/${id}`)).headers.get('etag')
      const same = await read()
      const change = async (path: string, body: object) =>
        etags.push((await ada.fetch(path, json('PATCH', body))).headers.get('etag'))

      await change(`/v1/cards/${id}`, { notes: 'hot' })
      await change(`/v1/cards/${id}`, { tags: ['a'] })
      await change(`/v1/cards/${id}/favorite`, { isFavorited: true })

      assert.equal(same, etags[0])
      assert.equal(await read(), etags.at(-1))
      assert.equal(new Set(etags).size, 4)
      for (const etag of etags) assert.match(etag ?? '', /^"[!-~]+"$/)
    })
  })

  describe(`favorited=false (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('is cards that are no favourites, in lists and in searches', async () => {
      const ada = await app.account()
      const [plain, loved] = [await save(ada, 'soup'), await save(ada, 'more soup')]
      await ada.call(favoriteCard, { params: { id: loved.id }, body: { isFavorited: true } })
      const idsOf = ({ items }: { items: readonly { id: string }[] }) => items.map(({ id }) => id)

      for (const q of [{}, { q: 'soup' }, { q: 'soup', tag: '' }]) {
        const no = { query: { favorited: 'false' as const, ...q } }
        const yes = { query: { favorited: 'true' as const, ...q } }
        assert.deepEqual(
          [idsOf(await ada.call(listCards, no)), idsOf(await ada.call(listCards, yes))],
          [[plain.id], [loved.id]],
        )
        assert.deepEqual(
          [idsOf(await ada.call(searchCards, no)), idsOf(await ada.call(searchCards, yes))],
          [[plain.id], [loved.id]],
        )
        // Favourites are favourites, whatever is said beside it.
        assert.deepEqual(idsOf(await ada.call(listFavorites, no)), [loved.id])
      }
      assert.equal((await ada.call(getCard, { params: { id: loved.id } })).isFavorited, true)
    })
  })
}
