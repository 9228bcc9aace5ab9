import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createCard, getCard, listCards } from '../cards/contract.ts'
import { failureOf, json } from '../testing.ts'
import { bulkCards } from './contract.ts'

type Bulk = 'create' | 'update' | 'favorite' | 'delete'
const bulk = (ada: TestAccount, operation: Bulk, items: unknown[]) =>
  ada.call(bulkCards, { body: { operation, items } })

for (const dialect of dialects) {
  describe(`bulk (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('creates each card by itself and says what is wrong with the others', async () => {
      const ada = await app.account()
      await ada.call(createCard, { body: { url: 'https://example.org/known' } })
      const items = [
        { content: 'soup', tags: ['food'], unknown: 'is passed over' },
        { content: ' ' },
        { url: 'https://example.org/known' },
        'nothing',
        { content: 'é'.repeat(512 * 1024) },
        { content: ' ', cardType: 'text', notes: 'n' },
        { fileKey: 'k' },
      ]

      const { operation, results, summary } = await bulk(ada, 'create', items)

      const codes = results.map(({ index, status, code }) => [index, status, code])
      assert.equal(operation, 'create')
      assert.deepEqual(codes, [
        [0, 'success', undefined],
        [1, 'error', 'INVALID_INPUT'],
        [2, 'success', undefined],
        [3, 'error', 'INVALID_INPUT'],
        [4, 'error', 'CONTENT_TOO_LARGE'],
        [5, 'success', undefined],
        [6, 'error', 'INVALID_INPUT'],
      ])
      assert.deepEqual(summary, { total: 7, succeeded: 3, failed: 4 })
      assert.match(results[1]?.error ?? '', /content/)
      assert.match(results[2]?.duplicateOf ?? '', /^card_/)
      assert.equal((await ada.call(listCards)).items.length, 4)
    })

    it('changes, favours and deletes, and knows only the own cards', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      const mine = (await ada.call(createCard, { body: { content: 'a' } })).cardId
      const foreign = (await eve.call(createCard, { body: { content: 'b' } })).cardId
      const both = [{ cardId: mine }, { cardId: foreign }]

      const updated = await bulk(ada, 'update', [...both.map((item) => ({ ...item, tags: ['t'] })), { cardId: mine }])
      const favored = await bulk(
        ada,
        'favorite',
        both.map((item) => ({ ...item, isFavorited: true })),
      )
      const { tags, isFavorited } = await ada.call(getCard, { params: { id: mine } })
      const deleted = await bulk(ada, 'delete', [...both, { cardId: mine }])

      const codes = [updated, favored, deleted].map(({ results }) => results.map(({ status, code }) => code ?? status))
      assert.deepEqual(codes, [
        ['success', 'NOT_FOUND', 'INVALID_INPUT'],
        ['success', 'NOT_FOUND'],
        ['success', 'NOT_FOUND', 'NOT_FOUND'],
      ])
      assert.deepEqual([tags, isFavorited], [['t'], true])
      assert.equal((await eve.call(getCard, { params: { id: foreign } })).tags.length, 0)
    })

    it('takes 1 to 100 items', async () => {
      const ada = await app.account()
      const many = Array.from({ length: 100 }, (_, index) => ({ content: `note ${index}` }))
      const send = async (body: unknown) => failureOf(await ada.fetch('/v1/cards/bulk', json('POST', body)))

      const { summary } = await bulk(ada, 'create', many)

      assert.deepEqual(summary, { total: 100, succeeded: 100, failed: 0 })
      for (const body of [
        { operation: 'create', items: [] },
        { operation: 'create', items: [...many, { content: 'x' }] },
        { operation: 'explode', items: [{}] },
        { operation: 'create' },
        { operation: 'create', items: [{ content: 'x' }], extra: 1 },
      ])
        assert.deepEqual(await send(body), [400, 'INVALID_INPUT'])
    })

    it('is one request against the limit, and refused as a whole', async () => {
      const own = await testApp(dialect, { settings: { LIMIT_CARD_CREATION_PER_MINUTE: '2' } })
      const ada = await own.account()
      const items = Array.from({ length: 100 }, () => ({ content: 'x' }))

      const first = await bulk(ada, 'create', items)
      await ada.call(createCard, { body: { content: 'x' } })
      const refused = await ada.fetch('/v1/cards/bulk', json('POST', { operation: 'create', items }))
      const favored = await bulk(ada, 'favorite', [{ cardId: first.results[0]?.cardId, isFavorited: true }])

      assert.deepEqual([first.summary.succeeded, favored.summary.succeeded], [100, 1])
      assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d?$/)
      assert.deepEqual(await failureOf(refused), [429, 'RATE_LIMITED'])
    })
  })
}
