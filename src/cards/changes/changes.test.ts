import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { bulkCards } from '../bulk/contract.ts'
import { createCard, deleteCard, favoriteCard, updateCard } from '../cards/contract.ts'
import { failureOf } from '../testing.ts'
import { purgeCard, restoreCard } from '../trash/contract.ts'
import { listChanges } from './contract.ts'

/** Everything since a moment, page by page. */
const follow = async (ada: TestAccount, since: number, limit = 100) => {
  const items: { id: string; content: string; updatedAt: number }[] = []
  const deletedIds: string[] = []
  let cursor: string | null = null
  let nextSince = since
  do {
    const page: Awaited<ReturnType<typeof pageOf>> = await pageOf(ada, since, limit, cursor)
    items.push(...page.items)
    deletedIds.push(...page.deletedIds)
    cursor = page.pageInfo.nextCursor
    nextSince = page.pageInfo.nextSince
    assert.equal(page.pageInfo.hasMore, cursor !== null)
  } while (cursor !== null)
  return { items, deletedIds, nextSince }
}

const pageOf = (ada: TestAccount, since: number, limit: number, cursor: string | null) =>
  ada.call(listChanges, { query: { since, limit, ...(cursor === null ? {} : { cursor }) } })

const save = async (ada: TestAccount, content: string) => (await ada.call(createCard, { body: { content } })).card

for (const dialect of dialects) {
  describe(`changes (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('tell how much room cards take, where that is asked for', async () => {
      const ada = await app.account()
      const card = await save(ada, 'one line')

      const { items } = await ada.call(listChanges, { query: { since: 0, include: 'preview' } })

      const preview = { w: null, h: null, lines: 1, color: null, colors: [], state: null }
      assert.deepEqual(items, [{ ...card, preview }])
    })

    it('tell each card once, by its last change', async () => {
      const ada = await app.account()
      const [a, b, c] = [await save(ada, 'a'), await save(ada, 'b'), await save(ada, 'c')]
      await ada.call(updateCard, { params: { id: a.id }, body: { content: 'a2' } })
      await ada.call(favoriteCard, { params: { id: b.id }, body: { isFavorited: true } })

      const { items, deletedIds } = await follow(ada, 0, 1)

      assert.deepEqual(
        items.map(({ content }) => content),
        ['c', 'a2', 'b'],
      )
      assert.deepEqual(deletedIds, [])
      assert.equal(items[0]?.id, c.id)
    })

    it('include the moment of `since`, and go on from `nextSince`', async () => {
      const ada = await app.account()
      await save(ada, 'a')
      const b = await save(ada, 'b')

      const from = await follow(ada, b.updatedAt)
      const after = await follow(ada, b.updatedAt + 1)
      await save(ada, 'c')
      const later = await follow(ada, from.nextSince)

      assert.deepEqual([from.items.length, after.items.length], [1, 0])
      assert.deepEqual([from.nextSince, after.nextSince], [b.updatedAt, b.updatedAt + 1])
      assert.deepEqual(
        later.items.map(({ content }) => content),
        ['b', 'c'],
      )
    })

    it('tell of cards in the trash, of purged ones and of those that came back', async () => {
      const ada = await app.account()
      const [a, b, c] = [await save(ada, 'a'), await save(ada, 'b'), await save(ada, 'c')]
      const { nextSince } = await follow(ada, 0)
      for (const { id } of [a, b, c]) await ada.call(deleteCard, { params: { id } })
      const deleted = await follow(ada, nextSince + 1)
      await ada.call(purgeCard, { params: { id: a.id } })
      await ada.call(restoreCard, { params: { id: b.id } })

      const purged = await follow(ada, deleted.nextSince + 1)
      const all = await follow(ada, 0, 1)

      assert.deepEqual(deleted.deletedIds, [a.id, b.id, c.id])
      assert.deepEqual([purged.deletedIds, purged.items.map(({ id }) => id)], [[a.id], [b.id]])
      assert.deepEqual(new Set(all.deletedIds), new Set([a.id, c.id]))
    })

    it('miss none and repeat none while others write', async () => {
      const ada = await app.account()
      const writers = Array.from({ length: 6 }, async (_, writer) => {
        for (let index = 0; index < 12; index += 1) {
          const { id } = await save(ada, `${writer}-${index}`)
          if (index % 3 === 0) await ada.call(updateCard, { params: { id }, body: { notes: 'n' } })
          if (index % 4 === 0) await ada.call(deleteCard, { params: { id } })
        }
      })
      const known = new Map<string, number>()
      const gone = new Set<string>()
      let writing = true
      const written = Promise.all(writers).finally(() => {
        writing = false
      })
      let since = 0
      let last = false

      // Goes on strictly behind what it has: whatever became visible late would be lost.
      while (!last) {
        last = !writing
        const { items, deletedIds, nextSince } = await follow(ada, since, 5)
        for (const { id, updatedAt } of items) {
          assert.notEqual(known.get(id), updatedAt, 'the same change twice')
          known.set(id, updatedAt)
        }
        for (const id of deletedIds) gone.add(id)
        if (items.length + deletedIds.length > 0) since = nextSince + 1
      }
      await written

      const rows = await app.app.core.database.db
        .selectFrom('cards')
        .select(['id', 'updated_at', 'deleted_at'])
        .where('account_id', '=', ada.id)
        .execute()
      assert.equal(rows.length, 72)
      for (const { id, updated_at, deleted_at } of rows) {
        if (deleted_at === null) assert.equal(known.get(id), updated_at)
        else assert.ok(gone.has(id))
      }
    })

    it('page through cards that changed at one moment', async () => {
      const ada = await app.account()
      const items = Array.from({ length: 25 }, (_, index) => ({ content: `note ${index}` }))
      await ada.call(bulkCards, { body: { operation: 'create', items } })

      const all = await follow(ada, 0, 10)

      assert.equal(new Set(all.items.map(({ id }) => id)).size, 25)
      assert.equal(all.items.length, 25)
    })

    it('refuse what is no moment and no cursor of this list', async () => {
      const ada = await app.account()
      await save(ada, 'a')
      await save(ada, 'b')
      const { pageInfo } = await pageOf(ada, 0, 1, null)

      for (const query of [
        '',
        '?since=yesterday',
        '?since=-1',
        '?since=0&cursor=x',
        `?since=1&cursor=${pageInfo.nextCursor}`,
      ])
        assert.deepEqual(await failureOf(await ada.fetch(`/v1/cards/changes${query}`)), [400, 'INVALID_INPUT'], query)
    })
  })
}
