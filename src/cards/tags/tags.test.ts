import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createCard, deleteCard, updateCard } from '../cards/contract.ts'
import { listTags } from './contract.ts'

for (const dialect of dialects) {
  describe(`tags (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('are counted, the most used first and then by name', async () => {
      const ada = await app.account()
      for (const tags of [
        ['soup', 'Zen'],
        ['soup', 'zen'],
        ['soup', 'bread'],
      ]) {
        await ada.call(createCard, { body: { content: 'x', tags } })
      }

      const response = await ada.fetch('/api/v1/tags')

      assert.deepEqual(await response.json(), {
        items: [
          { name: 'soup', count: 3 },
          { name: 'Zen', count: 1 },
          { name: 'bread', count: 1 },
          { name: 'zen', count: 1 },
        ],
      })
    })

    it('follow the cards that carry them', async () => {
      const ada = await app.account()
      const kept = await ada.call(createCard, { body: { content: 'x', tags: ['a', 'b'] } })
      const dropped = await ada.call(createCard, { body: { content: 'y', tags: ['a', 'c'] } })

      await ada.call(updateCard, { params: { id: kept.cardId }, body: { tags: ['d'] } })
      await ada.call(deleteCard, { params: { id: dropped.cardId } })

      assert.deepEqual((await ada.call(listTags)).items, [{ name: 'd', count: 1 }])
    })

    it('of another account are not counted', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      await ada.call(createCard, { body: { content: 'x', tags: ['secret'] } })

      assert.deepEqual((await eve.call(listTags)).items, [])
    })
  })
}
