import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { bulkCards } from '../bulk/contract.ts'
import { createCard, getCard, listCards, searchCards } from '../cards/contract.ts'
import { failureOf, json } from '../testing.ts'
import { deleteTag, listTags, mergeTags, renameTag } from './contract.ts'

const save = async (ada: TestAccount, tags: string[]) =>
  (await ada.call(createCard, { body: { content: 'x', tags } })).card
const tagsOf = async (ada: TestAccount, id: string) => (await ada.call(getCard, { params: { id } })).tags

for (const dialect of dialects) {
  describe(`managing tags (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('renames one spelling on all cards, in its place', async () => {
      const ada = await app.account()
      const [a, b, c] = [
        await save(ada, ['x', 'soup', 'y']),
        await save(ada, ['Soup']),
        await save(ada, ['stew', 'soup']),
      ]

      const answer = await ada.call(renameTag, { params: { name: 'soup' }, body: { name: 'stew' } })

      const after = await ada.call(getCard, { params: { id: a.id } })
      assert.deepEqual(answer, { name: 'stew', changed: 2 })
      assert.deepEqual(after.tags, ['x', 'stew', 'y'])
      assert.deepEqual([await tagsOf(ada, b.id), await tagsOf(ada, c.id)], [['Soup'], ['stew']])
      assert.ok(after.updatedAt > a.updatedAt)
      assert.equal((await ada.call(searchCards, { query: { q: 'stew' } })).total, 2)
    })

    it('takes names that need escaping', async () => {
      const ada = await app.account()
      const { id } = await save(ada, ['a/b c?'])

      await ada.call(renameTag, { params: { name: 'a/b c?' }, body: { name: 'ä&ö' } })

      assert.deepEqual(await tagsOf(ada, id), ['ä&ö'])
    })

    it('merges several into one', async () => {
      const ada = await app.account()
      const { id } = await save(ada, ['a', 'b', 'keep', 'c'])
      await save(ada, ['c'])

      const { changed } = await ada.call(mergeTags, { body: { from: ['a', 'b', 'c', 'unknown'], into: 'c' } })

      assert.equal(changed, 1)
      assert.deepEqual(await tagsOf(ada, id), ['c', 'keep'])
      assert.deepEqual((await ada.call(listTags)).items, [
        { name: 'c', count: 2 },
        { name: 'keep', count: 1 },
      ])
    })

    it('takes a tag off more cards than change at once', async () => {
      const ada = await app.account()
      for (let round = 0; round < 3; round += 1)
        await ada.call(bulkCards, {
          body: { operation: 'create', items: Array.from({ length: 90 }, () => ({ content: 'x', tags: ['old'] })) },
        })

      const { changed } = await ada.call(deleteTag, { params: { name: 'old' } })

      assert.equal(changed, 270)
      assert.deepEqual((await ada.call(listTags)).items, [])
      assert.equal((await ada.call(listCards, { query: { tag: 'old' } })).items.length, 0)
    })

    it('knows only tags in use, and only the own', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      const { id } = await save(ada, ['mine'])
      const calls: [string, RequestInit][] = [
        ['/v1/tags/mine', json('PATCH', { name: 'x' })],
        ['/v1/tags/mine', json('PATCH', { name: 'mine' })],
        ['/v1/tags/mine', { method: 'DELETE' }],
        ['/v1/tags/merge', json('POST', { from: ['mine'], into: 'x' })],
      ]

      for (const [path, init] of calls)
        assert.deepEqual(await failureOf(await eve.fetch(path, init)), [404, 'NOT_FOUND'])
      for (const body of [{ name: ' ' }, {}, { name: 'x'.repeat(201) }])
        assert.deepEqual(await failureOf(await ada.fetch('/v1/tags/mine', json('PATCH', body))), [400, 'INVALID_INPUT'])
      assert.deepEqual(await tagsOf(ada, id), ['mine'])
    })
  })
}
