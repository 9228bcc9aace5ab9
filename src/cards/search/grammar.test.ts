import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { sql } from 'kysely'
import { addAccount } from '../../../test/account-row.ts'
import { dialects, testDatabase } from '../../../test/database.ts'
import { systemClock } from '../../platform/clock.ts'
import { type CardDraft, cardService } from '../cards/service.ts'
import { cardIndex, reindexCards } from './index.ts'

const NOW = Date.parse('2026-05-20T12:00:00Z')
const DAY_MS = 86_400_000

for (const dialect of dialects) {
  describe(`the grammar of searches (${dialect})`, async () => {
    const database = await testDatabase(dialect)
    const index = cardIndex(dialect)
    let nowMs = NOW
    const cards = cardService({ database, index, clock: { ...systemClock, now: () => new Date(nowMs) } })

    /** An account with these cards; each is called by the first letter of its content. */
    const shelf = async (...drafts: (string | (CardDraft & { daysAgo?: number }))[]) => {
      const accountId = await addAccount(database.db)
      const ids = new Map<string, string>()
      const all = drafts.map((draft) => ({ daysAgo: 0, ...(typeof draft === 'string' ? { content: draft } : draft) }))
      // The clock of an account does not go back.
      for (const { daysAgo, ...made } of all.toSorted((one, other) => other.daysAgo - one.daysAgo)) {
        nowMs = NOW - daysAgo * DAY_MS
        const { id } = await cards.create(accountId, made)
        ids.set(id, (made.content ?? made.url ?? '')[0] ?? '')
      }
      nowMs = NOW
      const find = (q: string, more: object = {}) => cards.find(accountId, { q, limit: 50, ...more })
      const names = async (q: string, more: object = {}) =>
        (await find(q, more)).items.map(({ id }) => ids.get(id) ?? '?').join('')
      const search = async (q: string, more: object = {}) => [...(await names(q, more))].sort().join('')
      const idOf = (name: string): string => [...ids].find(([, known]) => known === name)?.[0] ?? ''
      return { accountId, find, names, search, idOf }
    }

    const check = async (search: (q: string) => Promise<string>, expected: Record<string, string>): Promise<void> => {
      const found = Object.fromEntries(await Promise.all(Object.keys(expected).map(async (q) => [q, await search(q)])))
      assert.deepEqual(found, expected)
    }

    it('combines words with OR, brackets and minus', async () => {
      const { search } = await shelf('a red soup', 'b green soup', 'c red stew', 'd bread')

      await check(search, {
        'red OR bread': 'acd',
        '(red OR green) soup': 'ab',
        'soup -(red OR green)': '',
        '-(red soup)': 'bcd',
        '-red OR stew': 'bcd',
        'bre* OR gre*': 'bd',
        '"red soup" OR "red stew"': 'ac',
        'NOT soup': 'cd',
        '(soup': 'ab',
      })
    })

    it('filters by type, tag, place and what a card has', async () => {
      const { accountId, search, idOf } = await shelf(
        { content: 'a soup', tags: ['Food', 'to do'] },
        { url: 'https://soup.example', notes: 'hot' },
        { content: '#ff0000 #00ff00' },
        { content: '"quoted soup of words"', tags: ['food'] },
        { content: 'e soup in the bin' },
      )
      await cards.setFavorite(accountId, idOf('a'), true)
      await cards.delete(accountId, idOf('e'))

      await check(search, {
        'type:link': 'h',
        'type:text,quote': '"a',
        '-type:text': '"#h',
        'tag:FOOD': '"a',
        'tag:"to do" soup': 'a',
        '-tag:food': '#h',
        'is:favorite': 'a',
        'soup -is:favorite': '"h',
        'is:untagged': '#h',
        'has:tags type:text': 'a',
        'has:note': 'h',
        'has:link': 'h',
        'has:color': '#',
        'has:file': '',
        'soup is:trashed': 'e',
        'in:trash': 'e',
        'soup in:everywhere': '"aeh',
        'soup OR has:color': '"#ah',
        'url:soup': 'h',
        'notes:hot': 'h',
        'content:soup': '"a',
        'tag:nothing': '',
      })
    })

    it('filters by size, of the text where there is no file', async () => {
      const { search } = await shelf(`a ${'x'.repeat(3000)}`, 'b short')

      await check(search, { 'size:>2kb': 'a', 'size:<2kb': 'b', 'size:1kb..1mb': 'a', '-size:>2kb': 'b' })
    })

    it('filters by days, and takes days in words for both', async () => {
      const { search } = await shelf(
        'a soup',
        { content: 'b soup', daysAgo: 1 },
        { content: 'c soup of yesterday', daysAgo: 100 },
        { content: 'd soup', daysAgo: 400 },
      )

      await check(search, {
        'on:today': 'a',
        'soup on:yesterday': 'b',
        'soup yesterday': 'bc',
        '"yesterday"': 'c',
        'soup "yesterday"': 'c',
        'before:2026-01-01': 'd',
        'after:yesterday soup': 'ab',
        'last 7 days': 'ab',
        'on:2025': 'd',
        february: 'c',
        'soup on:2026-01..2026-05': 'abc',
      })
      assert.equal(await search('on:today', { tz: 'Pacific/Kiritimati' }), 'a')
      await assert.rejects(search('on:today', { tz: 'Middle/Earth' }), { code: 'INVALID_INPUT' })
    })

    it('finds colours by color: only, and those that are near', async () => {
      const { search } = await shelf('#ff0000', '--teal: #007f80;', 'red notes from the cafe', 'tan face')

      await check(search, {
        'color:red': '#',
        'color:#fe0102': '#',
        'color:teal': '-',
        'color:008080': '-',
        'color:blue': '',
        '-color:red': '-rt',
        red: 'r',
        cafe: 'r',
        'face tan': 't',
      })
    })

    it('takes misspelt words for the nearest when nothing else matches', async () => {
      const { find, search } = await shelf('a mulligatawny soup', 'b lentil salad')

      const { corrections } = await find('mulligatwany')
      assert.deepEqual(corrections, [{ word: 'mulligatwany', instead: ['mulligatawny'] }])
      await check(search, { mulligatwany: 'a', 'lentli salad': 'b', nentil: 'b', 'lentil mulligatawny': '', xyzzy: '' })
    })

    it('never corrects by the words of another account', async () => {
      await shelf('a chrysanthemum')
      const { search } = await shelf('b rose')

      assert.equal(await search('chrysanthemun'), '')
    })

    it('finds a card by the text of its file, and no longer without it', async () => {
      const { search, find, idOf } = await shelf('a report', 'b letter')
      await database.transaction((tx) => index.setExtracted(tx, idOf('a'), 'The Übergang was smooth.'))

      const found = await find('ubergang')

      assert.deepEqual(found.highlights[idOf('a')], [
        { field: 'text', text: 'The Übergang was smooth.', ranges: [[4, 12]] },
      ])
      await check(search, { 'text:smooth': 'a', 'content:smooth': '', 'has:text': 'a' })
      await database.transaction((tx) => index.setExtracted(tx, idOf('a'), null))
      assert.equal(await search('ubergang'), '')
    })

    it('sorts by match, or by age when it is told to', async () => {
      const { names } = await shelf(
        { content: 'a soup', daysAgo: 3 },
        { content: 'b many words that hardly speak of soup at all', daysAgo: 1 },
        { content: 'c lunch', tags: ['soup'], daysAgo: 2 },
      )

      const orders = [
        await names('soup'),
        await names('soup', { sort: 'newest' }),
        await names('soup', { sort: 'oldest' }),
      ]

      assert.deepEqual(orders, ['cab', 'bca', 'acb'])
    })

    it('counts all matches, not only those it gives', async () => {
      const { find } = await shelf('a soup', 'b soup', 'c soup')

      const { items, total, totalIsExact } = await find('soup', { limit: 2 })

      assert.deepEqual([items.length, total, totalIsExact], [2, 3, true])
    })

    it('indexes anew what an older version has indexed', async () => {
      const { accountId, search } = await shelf('a soup', 'b bread')
      await sql`delete from card_search`.execute(database.db)
      await database.db.updateTable('card_texts').set({ version: 0 }).where('account_id', '=', accountId).execute()

      await reindexCards(database, index, new AbortController().signal)

      assert.equal(await search('soup'), 'a')
    })

    it('answers every search, however odd', async () => {
      const { find } = await shelf('a soup')
      const piece = fc.constantFrom(
        ...[
          'soup',
          '-',
          '(',
          ')',
          ' OR ',
          ' ',
          '"',
          'tag:',
          'type:text',
          '-in:trash',
          'color:red',
          'on:today',
          '*',
          "'",
        ],
        ...[
          'title:',
          '日本',
          'size:>1',
          'NOT ',
          '|',
          '&',
          '!',
          ':*',
          '\\',
          '%',
          '{',
          '\u{e000}',
          '\u{e001}',
          'last week',
          '^',
        ],
      )
      const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''))

      await fc.assert(
        fc.asyncProperty(text, async (q) => assert.ok((await find(q)).total <= 1)),
        { numRuns: 200 },
      )
    })
  })
}
