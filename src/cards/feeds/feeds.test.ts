import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createCard } from '../cards/contract.ts'
import {
  createSavedSearch,
  deleteSavedSearch,
  getSavedSearch,
  listSavedSearches,
  updateSavedSearch,
} from '../saved-searches/contract.ts'
import { failureOf } from '../testing.ts'
import { createFeed, deleteFeed } from './contract.ts'

const JsonFeed = z.object({ title: z.string(), items: z.array(z.looseObject({ title: z.string() })) })

for (const dialect of dialects) {
  describe(`saved searches (${dialect})`, async () => {
    const app = await testApp(dialect)

    it('are kept, listed by name, changed and deleted', async () => {
      const ada = await app.account()
      const soups = await ada.call(createSavedSearch, { body: { name: 'Soups', query: 'lentil' } })
      await ada.call(createSavedSearch, { body: { name: 'articles', query: 'news' } })

      const changed = await ada.call(updateSavedSearch, { params: { id: soups.id }, body: { query: 'bean' } })

      const { items } = await ada.call(listSavedSearches)
      assert.deepEqual(
        items.map(({ name, query, hasFeed }) => [name, query, hasFeed]),
        [
          ['articles', 'news', false],
          ['Soups', 'bean', false],
        ],
      )
      assert.deepEqual(await ada.call(getSavedSearch, { params: { id: soups.id } }), changed)
      await ada.call(deleteSavedSearch, { params: { id: soups.id } })
      assert.equal((await ada.call(listSavedSearches)).items.length, 1)
    })

    it('have each name once, in any case', async () => {
      const ada = await app.account()
      const first = await ada.call(createSavedSearch, { body: { name: 'Süppchen', query: 'a' } })
      const other = await ada.call(createSavedSearch, { body: { name: 'Other', query: 'a' } })

      const taken = { status: 409, code: 'CONFLICT' }
      await assert.rejects(ada.call(createSavedSearch, { body: { name: 'SÜPPCHEN', query: 'b' } }), taken)
      await assert.rejects(ada.call(updateSavedSearch, { params: { id: other.id }, body: { name: 'süppchen' } }), taken)
      await ada.call(updateSavedSearch, { params: { id: first.id }, body: { name: 'SÜPPCHEN' } })
    })

    it('are nobody else’s', async () => {
      const [ada, eve] = [await app.account(), await app.account()]
      const { id } = await ada.call(createSavedSearch, { body: { name: 'Mine', query: 'a' } })

      const missing = { status: 404, code: 'NOT_FOUND' }
      await assert.rejects(eve.call(getSavedSearch, { params: { id } }), missing)
      await assert.rejects(eve.call(updateSavedSearch, { params: { id }, body: { name: 'x' } }), missing)
      await assert.rejects(eve.call(deleteSavedSearch, { params: { id } }), missing)
      await assert.rejects(eve.call(createFeed, { params: { id } }), missing)
      await assert.rejects(eve.call(deleteFeed, { params: { id } }), missing)
    })
  })

  describe(`feeds (${dialect})`, async () => {
    const app = await testApp(dialect)

    const feedOf = async (query: string) => {
      const ada = await app.account()
      const { id } = await ada.call(createSavedSearch, { body: { name: 'Soup & <more>', query } })
      return { ada, id, urls: await ada.call(createFeed, { params: { id } }) }
    }

    it('show what the search finds, in three formats, without a key', async () => {
      const { ada, urls } = await feedOf('lentil')
      await ada.call(createCard, { body: { content: 'lentil <b>soup</b> & "more"\u0007\nserve hot', tags: ['a&b'] } })
      await ada.call(createCard, { body: { url: 'https://example.org/lentil?a=1&b=2' } })
      await ada.call(createCard, { body: { content: 'bread' } })

      const [rss, atom, json] = await Promise.all([fetch(urls.rss), fetch(urls.atom), fetch(urls.json)])

      const [rssText, atomText] = [await rss.text(), await atom.text()]
      const feed = JsonFeed.parse(await json.json())
      assert.deepEqual(
        [rss, atom, json].map(({ headers }) => headers.get('content-type')?.split(';')[0]),
        ['application/rss+xml', 'application/atom+xml', 'application/feed+json'],
      )
      assert.equal(feed.title, 'Soup & <more>')
      assert.deepEqual(
        feed.items.map(({ title }) => title),
        ['https://example.org/lentil?a=1&b=2', 'lentil <b>soup</b> & "more"\u0007'],
      )
      assert.equal(rssText.match(/<item>/g)?.length, 2)
      assert.equal(atomText.match(/<entry>/g)?.length, 2)
      for (const text of [rssText, atomText]) {
        assert.ok(text.includes('Soup &amp; &lt;more&gt;') && text.includes('a&amp;b'))
        assert.ok(!text.includes('<b>') && !text.includes('\u0007') && !text.includes('bread'))
      }
      assert.match(rss.headers.get('content-security-policy') ?? '', /sandbox/)
    })

    it('say when nothing has changed', async () => {
      const { ada, urls } = await feedOf('lentil')
      const first = await fetch(urls.atom)
      const headers = { 'if-none-match': first.headers.get('etag') ?? '' }

      const same = await fetch(urls.atom, { headers })
      await ada.call(createCard, { body: { content: 'lentil' } })
      const changed = await fetch(urls.atom, { headers })

      assert.deepEqual([first.status, same.status, changed.status], [200, 304, 200])
    })

    it('end when they are revoked, renewed, or their search is deleted', async () => {
      const { ada, id, urls } = await feedOf('lentil')
      const renewed = await ada.call(createFeed, { params: { id } })
      const statuses = async (...addresses: string[]) =>
        Promise.all(addresses.map(async (address) => (await fetch(address)).status))

      const afterRenewal = await statuses(urls.rss, renewed.rss)
      await ada.call(deleteFeed, { params: { id } })
      const afterEnd = await statuses(renewed.rss)
      const last = await ada.call(createFeed, { params: { id } })
      const before = await statuses(last.json)
      await ada.call(deleteSavedSearch, { params: { id } })

      assert.deepEqual([afterRenewal, afterEnd, before], [[404, 200], [404], [200]])
      assert.deepEqual(await statuses(last.json), [404])
    })

    it('are not found without their secret or by another ending', async () => {
      const { urls } = await feedOf('lentil')

      for (const url of [urls.rss.replace('.rss', '.xml'), urls.rss.replace('.rss', ''), `${app.url}/v1/feeds/x.rss`])
        assert.deepEqual(await failureOf(await fetch(url)), [404, 'NOT_FOUND'], url)
    })

    it('keep no secret in the database', async () => {
      const { urls, id } = await feedOf('lentil')
      const secret = /feeds\/(\w+)\./.exec(urls.rss)?.[1] ?? ''

      const { database } = app.app.core
      const row = await database.db.selectFrom('saved_searches').selectAll().where('id', '=', id).executeTakeFirst()

      assert.equal(secret.length, 32)
      assert.ok(!JSON.stringify(row).includes(secret))
    })
  })
}
