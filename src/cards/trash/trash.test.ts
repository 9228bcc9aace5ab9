import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createCard, deleteCard, getCard, listCards, searchCards } from '../cards/contract.ts'
import { failureOf, movableClock } from '../testing.ts'
import { emptyTrash, listTrash, purgeCard, restoreCard } from './contract.ts'

const DAY_MS = 86_400_000

const trashed = async (ada: TestAccount, content: string): Promise<string> => {
  const { cardId: id } = await ada.call(createCard, { body: { content, tags: ['old'] } })
  await ada.call(deleteCard, { params: { id } })
  return id
}

for (const dialect of dialects) {
  describe(`the trash of cards (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('lists what was deleted, the last first, page by page', async () => {
      const ada = await app.account()
      const ids = [await trashed(ada, 'a'), await trashed(ada, 'b'), await trashed(ada, 'c')]

      const first = await ada.call(listTrash, { query: { limit: 2 } })
      const second = await ada.call(listTrash, { query: { limit: 2, cursor: first.pageInfo.nextCursor ?? '' } })

      const items = [...first.items, ...second.items]
      assert.deepEqual(
        items.map(({ id }) => id),
        ids.toReversed(),
      )
      assert.deepEqual([first.pageInfo.hasMore, second.pageInfo.nextCursor], [true, null])
      for (const { deletedAt, purgedAfter } of items) assert.equal(purgedAfter - deletedAt, 30 * DAY_MS)
    })

    it('gives a card back with all it had, and to the search', async () => {
      const ada = await app.account()
      const id = await trashed(ada, 'lentil soup')
      const before = await ada.call(searchCards, { query: { q: 'lentil' } })

      const card = await ada.call(restoreCard, { params: { id } })

      assert.deepEqual([before.total, card.tags, card.content], [0, ['old'], 'lentil soup'])
      assert.deepEqual(await ada.call(getCard, { params: { id } }), card)
      assert.equal((await ada.call(searchCards, { query: { q: 'lentil' } })).total, 1)
    })

    it('knows only what is in it, and only the own', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      const { cardId: live } = await ada.call(createCard, { body: { content: 'x' } })
      const id = await trashed(ada, 'a')

      for (const [who, card] of [[ada, live] as const, [eve, id] as const, [ada, 'card_nothing'] as const]) {
        const restored = await who.fetch(`/v1/cards/${card}/restore`, { method: 'POST' })
        const purged = await who.fetch(`/v1/trash/${card}`, { method: 'DELETE' })
        assert.deepEqual(await failureOf(restored), [404, 'NOT_FOUND'])
        assert.deepEqual(await failureOf(purged), [404, 'NOT_FOUND'])
      }
      assert.equal((await ada.call(listTrash)).items.length, 1)
    })

    it('is purged one by one and as a whole', async () => {
      const ada = await app.account()
      const { cardId: kept } = await ada.call(createCard, { body: { content: 'kept' } })
      const [id] = [await trashed(ada, 'a'), await trashed(ada, 'b'), await trashed(ada, 'c')]

      const one = await ada.fetch(`/v1/trash/${id}`, { method: 'DELETE' })
      const all = await ada.call(emptyTrash)

      assert.deepEqual([one.status, all.purged], [204, 2])
      assert.deepEqual((await ada.call(listTrash)).items, [])
      assert.deepEqual(
        (await ada.call(listCards)).items.map((card) => card.id),
        [kept],
      )
      await assert.rejects(ada.call(purgeCard, { params: { id } }), { status: 404, code: 'NOT_FOUND' })
    })

    it('is purged by itself after thirty days', async () => {
      const clock = movableClock()
      const own = await testApp(dialect, { clock })
      const ada = await own.account()
      await trashed(ada, 'old')
      clock.advance(DAY_MS)
      await trashed(ada, 'young')

      clock.advance(29 * DAY_MS + 60_000)
      await own.app.cards.sweep()

      const { items } = await ada.call(listTrash)
      assert.deepEqual(
        items.map(({ content }) => content),
        ['young'],
      )
    })

    it('refuses a cursor that is none', async () => {
      const ada = await app.account()

      assert.deepEqual(await failureOf(await ada.fetch('/v1/trash?cursor=x')), [400, 'INVALID_INPUT'])
    })
  })
}
