import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { sql } from 'kysely'
import { addAccount } from '../../../test/account-row.ts'
import { dialects, testDatabase } from '../../../test/database.ts'
import { systemClock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import { cardRepo } from '../cards/repo.ts'
import { type CardDraft, cardService } from '../cards/service.ts'
import { cardIndex } from './index.ts'

const ANY = { type: undefined, tag: undefined, favorited: undefined, createdAfter: undefined, createdBefore: undefined }

for (const dialect of dialects) {
  describe(`search (${dialect})`, async () => {
    const database = await testDatabase(dialect)
    const cards = cardService({ database, index: cardIndex(dialect), clock: systemClock })

    const account = (): Promise<string> => addAccount(database.db, { created_at: Date.now() })

    /** An account with these cards, made in this order. @returns what a search finds, by the first word of each. */
    const shelf = async (...drafts: (string | CardDraft)[]) => {
      const accountId = await account()
      const made = []
      for (const draft of drafts) {
        made.push(await cards.create(accountId, typeof draft === 'string' ? { content: draft } : draft))
      }
      const names = new Map(made.map(({ id, content, url }) => [id, (content || url || '').split(' ', 1)[0]]))
      const search = async (q: string) => {
        const found = await cards.search(accountId, { q, limit: 50, sort: undefined, ...ANY })
        return found.map(({ id }) => names.get(id))
      }
      return { accountId, made, search }
    }
    const unordered = async (found: Promise<(string | undefined)[]>) => (await found).toSorted()

    it('finds cards that have all the words, in any field', async () => {
      const { search } = await shelf(
        'a lentil soup',
        { content: 'b lentil', notes: 'goes into every soup' },
        { content: 'c lentil', tags: ['Soup'] },
        { content: 'd lentil', url: 'https://soup.example/d' },
        'e lentil salad',
      )

      const found = await unordered(search('lentil soup'))

      assert.deepEqual(found, ['a', 'b', 'c', 'd'])
    })

    it('finds a link by what is known of its page', async () => {
      const { accountId, made, search } = await shelf({ url: 'https://example.org/1' })
      const seen = { title: 'Mulligatawny', description: 'A pepper broth' }
      await database.transaction((tx) =>
        cardRepo(tx, cardIndex(dialect)).update(accountId, made[0]?.id ?? '', seen, Date.now()),
      )

      const found = [await search('mulligatawny'), await search('pepper broth')]

      assert.deepEqual(found, [['https://example.org/1'], ['https://example.org/1']])
    })

    it('takes the last word for the beginning of one, and the others whole', async () => {
      const { search } = await shelf('a lentil soup', 'b lentils soup')

      const found = [await unordered(search('soup lent')), await search('lent soup'), await search('"lent"')]

      assert.deepEqual(found, [['a', 'b'], [], []])
    })

    it('finds words in quotes only where they stand together', async () => {
      const { search } = await shelf('a red lentil soup', 'b soup with red meat and lentil', 'c red lentils')

      const found = [
        await search('"red lentil"'),
        await unordered(search('"red lentil')),
        await search('-soup red-lentil'),
      ]

      assert.deepEqual(found, [['a'], ['a', 'c'], ['c']])
    })

    it('does not find a phrase across two fields', async () => {
      const { search } = await shelf({ content: 'a b red', notes: 'lentil' })

      const found = [await search('"red lentil"'), await search('"lentil red"'), await search('red lentil')]

      assert.deepEqual(found, [[], [], ['a']])
    })

    it('leaves out what is excluded, a word or a phrase', async () => {
      const { search } = await shelf('a soup', 'b soup with meat', 'c soup with red beans', 'd soup, beans, red')

      const found = [
        await unordered(search('soup -meat -"red beans"')),
        await unordered(search('-soup')),
        await unordered(search('-meat')),
      ]

      assert.deepEqual(found, [['a', 'd'], [], ['a', 'c', 'd']])
    })

    it('ignores case and accents in both directions', async () => {
      const { search } = await shelf('a Crème BRÛLÉE', 'b Ёлка', 'c Straße', 'd ΟΔΟΣ')

      const found = await Promise.all(['creme brulee', 'CRÈME', 'елка', 'STRASSE', 'οδος', 'брûлée'].map(search))

      assert.deepEqual(found, [['a'], ['a'], ['b'], ['c'], ['d'], []])
    })

    it('finds parts of a text in scripts without spaces, and single pictographs', async () => {
      const { search } = await shelf('a 東京タワーに行く', 'b 京東', 'c สวัสดีชาวโลก', 'd party 🎉')

      const found = await Promise.all(['東京', 'タワ', 'ชาว', '🎉'].map(search))

      assert.deepEqual(found, [['a'], ['a'], ['c'], ['d']])
    })

    it('finds addresses by their parts', async () => {
      const { search } = await shelf({ url: 'https://docs.example.org/guide/first-steps?lang=en' })

      const found = await Promise.all(['example.org', 'first-steps', 'docs lang'].map(search))

      assert.deepEqual(
        found.map((cards) => cards.length),
        [1, 1, 1],
      )
    })

    it('puts a tag before a text, and many mentions before one', async () => {
      const filler = 'and so on and on and on and on'
      const { search } = await shelf(
        { content: 'a nothing of that kind', tags: ['soup'] },
        `b soup soup soup ${filler}`,
        `c soup ${filler} ${filler}`,
        `d bread ${filler}`,
        `e bread ${filler}`,
        `f bread ${filler}`,
        `g bread ${filler}`,
      )

      const found = await search('soup')

      assert.deepEqual(found, ['a', 'b', 'c'])
    })

    it('puts the newest of equal matches first', async () => {
      const { search } = await shelf('a soup', 'b soup', 'c soup')

      const found = await search('soup')

      assert.deepEqual(found, ['c', 'b', 'a'])
    })

    it('finds the best of many among the newest and among titles and tags', async () => {
      const { accountId, search } = await shelf({ content: 'a lunch', tags: ['soup'] }, 'c soup soup soup')
      await database.transaction(async (tx) => {
        const repo = cardRepo(tx, cardIndex(dialect))
        const base = { type: 'text', content: 'b soup once', url: null, notes: null, source: null, tags: [] } as const
        for (let n = 0; n < 400; n += 1)
          await repo.insert(accountId, { ...base, id: newId('card'), createdAt: Date.now() })
      })

      const found = await search('soup')

      assert.equal(found[0], 'a')
      assert.equal(found.length, 50)
    })

    it('follows every change of a card', async () => {
      const { accountId, made, search } = await shelf({ content: 'a soup', notes: 'hot', tags: ['lunch'] })
      const id = made[0]?.id ?? ''

      await cards.update(accountId, id, { content: 'a stew', notes: null, tags: ['dinner'] })

      const found = await Promise.all(['soup', 'hot', 'lunch', 'stew dinner'].map(search))
      assert.deepEqual(found, [[], [], [], ['a']])
    })

    it('no longer finds a deleted card', async () => {
      const { accountId, made, search } = await shelf('a soup')
      const before = await search('soup')

      await cards.delete(accountId, made[0]?.id ?? '')

      assert.deepEqual([before, await search('soup')], [['a'], []])
    })

    it('drops the cards of an account from the index with the account', async () => {
      const { accountId } = await shelf('a soup')
      const entries = async () => {
        const wanted = { accountId, scope: 'live', text: undefined, marks: [] } as const
        const found = cardIndex(dialect).fullText.matches(wanted)
        return (await sql`select number from (${found}) as found`.execute(database.db)).rows.length
      }
      const before = await entries()

      await database.db.deleteFrom('accounts').where('id', '=', accountId).execute()

      assert.deepEqual([before, await entries()], [1, 0])
    })

    it('finds nothing of another account', async () => {
      await shelf('a soup')
      const { search } = await shelf('b bread')

      const found = [await search('soup'), await search('-bread'), await unordered(search('-soup'))]

      assert.deepEqual(found, [[], [], ['b']])
    })

    it('narrows a search by the other filters', async () => {
      const { accountId, made } = await shelf(
        { content: 'a soup', tags: ['Lunch'] },
        { content: 'b soup', tags: ['dinner'] },
        { url: 'https://soup.example', tags: ['lunch'] },
      )
      const search = async (filter: object) =>
        (await cards.search(accountId, { q: 'soup', limit: 50, sort: undefined, ...ANY, ...filter })).map(({ id }) =>
          made.findIndex((card) => card.id === id),
        )

      const found = [
        await search({ tag: 'LUNCH', type: 'text' }),
        await search({ type: 'link' }),
        await search({ sort: 'oldest' }),
      ]

      assert.deepEqual(found, [[0], [2], [0, 1, 2]])
    })

    it('takes a card of 512 KiB of different words', async () => {
      const words = Array.from({ length: 70_000 }, (_, index) => `w${index.toString(36)}`).join(' ')
      const { search } = await shelf(`a ${words} last`)

      const found = [await search('w1'), await search(`"w${(69_998).toString(36)} w${(69_999).toString(36)}"`)]

      assert.deepEqual(found, [['a'], ['a']])
    })

    it('takes every string for a search', async () => {
      const { accountId } = await shelf('a soup "quoted" it’s')
      const syntax = fc.constantFrom(
        '"',
        "'",
        '*',
        ':',
        '(',
        ')',
        '-',
        '^',
        '+',
        ' AND ',
        ' OR ',
        ' NOT ',
        'NEAR',
        '\\',
        '%',
        '_',
        '&',
        '|',
        '!',
        '<->',
        ':*',
        '{',
        '}',
        '$1',
        '?',
        ',',
        'scope',
        'soup',
        '日本',
        '\u{e000}',
        ' ',
      )
      const text = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.array(syntax, { maxLength: 25 }).map((parts) => parts.join('')),
      )

      await fc.assert(
        fc.asyncProperty(text, async (q) => {
          const found = await cards.search(accountId, { q, limit: 5, sort: undefined, ...ANY })
          assert.ok(found.length <= 1)
        }),
        { numRuns: 300 },
      )
    })

    it('takes a search of five hundred words', async () => {
      const { search } = await shelf('a b c')

      const found = [
        await search(Array.from({ length: 500 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join(' ')),
        await search(Array.from({ length: 330 }, (_, index) => `-${index % 10}${index % 7}`).join(' ')),
        await search('日'.repeat(1000)),
      ]

      assert.deepEqual(found, [[], ['a'], []])
    })
  })
}
