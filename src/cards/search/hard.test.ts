import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type TestAccount, testApp } from '../../../test/app.ts'
import { dialects } from '../../../test/database.ts'
import { createCard } from '../cards/contract.ts'
import { json } from '../testing.ts'

// A second is promised for one search. A machine that is busy gets more here; what is pathological takes minutes.
const PATIENCE_MS = 15_000
const MAX_LENGTH = 1000
const CARDS = 500

const fill = (piece: string): string => piece.repeat(Math.floor(MAX_LENGTH / piece.length))

/** Searches that are made to hurt a parser or a database. */
const HOSTILE: Readonly<Record<string, readonly string[]>> = {
  'syntax of the full-text indexes': [
    'soup AND',
    'NEAR(soup lunch, 2)',
    'marks : "x"',
    '{title tags} : soup',
    '- marks : soup',
    '^soup',
    "soup:* & !'lunch' <-> (a|b)",
    "'soup':A",
    '"soup" NOT "lunch" OR "*"',
    '\u{e000}*',
    '\u{e001}soup',
  ],
  'syntax of SQL': [
    "'; drop table cards; --",
    "' or 1=1 --",
    '") union select password_hash from accounts --',
    'soup%00',
    '\\',
    '%_%',
    '$1 $2 ?1 :name',
    "tag:\"' or '1'='1\"",
    'tag:"%"',
    "on:'; select 1",
    'color:#fff) or (1=1',
    'size:>1e999',
    'size:>999999999999tb',
  ],
  'deep and long ones': [
    fill('('),
    fill(')'),
    fill('-('),
    fill('(a '),
    fill('a OR '),
    fill('(a OR b) '),
    fill('((a OR b) AND (c OR d)) '),
    fill('NOT '),
    fill('-a '),
    fill('"'),
    fill('"a" '),
    fill('a* '),
    fill('so* '),
    fill('-so* '),
    'x'.repeat(MAX_LENGTH),
    fill('日本'),
    fill('tag:a '),
    fill('-tag:a '),
    fill('has:text '),
    fill('color:red OR '),
    fill('on:today OR '),
    fill('last week '),
    fill('last '),
    fill('2025 - 2026 '),
    fill('on:0001..9999 '),
    fill('lentli '),
    fill('size:>1 -size:>2 '),
    `"${'soup '.repeat(190).trim()}"`,
  ],
  'odd characters': [
    '\u0300'.repeat(500),
    '\u200d\ufeff\u202e',
    '🎉'.repeat(400),
    'ﷺ'.repeat(300),
    'İıſKﬁ',
    '\ud83d\ude00*',
  ],
}

const REFUSED: readonly string[] = ['q=%00', 'q=a%00b', `q=${'a'.repeat(MAX_LENGTH + 1)}`, 'q=a&q=b']

const shelf = async (ada: TestAccount): Promise<void> => {
  for (let made = 0; made < CARDS; made += 100) {
    const items = Array.from({ length: 100 }, (_, index) => ({
      content: `soup number ${made + index} of so many sorts ${'a b c d '.repeat(20)}`,
      tags: ['a', `t${index % 7}`],
    }))
    await ada.fetch('/v1/cards/bulk', json('POST', { operation: 'create', items }))
  }
  await ada.call(createCard, { body: { content: '#ff0000, #00ff00' } })
}

for (const dialect of dialects) {
  describe(`hostile searches (${dialect})`, async () => {
    const app = await testApp(dialect)
    let shelved: Promise<TestAccount> | undefined
    const account = (): Promise<TestAccount> => {
      shelved ??= app.account().then(async (ada) => {
        await shelf(ada)
        return ada
      })
      return shelved
    }

    for (const [name, searches] of Object.entries(HOSTILE)) {
      it(`are answered in time: ${name}`, async () => {
        const ada = await account()

        for (const q of searches)
          for (const path of ['/v1/cards/search', '/v1/cards', '/v1/cards/favorites']) {
            const query = new URLSearchParams({ q, limit: '5' })
            const response = await ada.fetch(`${path}?${query}`, { signal: AbortSignal.timeout(PATIENCE_MS) })
            assert.equal(response.status, 200, `${path} ${q.slice(0, 60)}: ${await response.text()}`)
          }
      })
    }

    it('that are no text are refused', async () => {
      const ada = await account()

      for (const query of REFUSED) {
        const { status } = await ada.fetch(`/v1/cards/search?${query}`)
        assert.equal(status, 400, query)
      }
    })

    it('find nothing of another account', async () => {
      await account()
      const eve = await app.account()

      for (const q of Object.values(HOSTILE).flat()) {
        const response = await eve.fetch(`/v1/cards/search?${new URLSearchParams({ q })}`)
        assert.equal(Object(await response.json()).total, 0, q.slice(0, 60))
      }
    })
  })
}
