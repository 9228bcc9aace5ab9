import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addAccount } from '../../../test/account-row.ts'
import { dialects, testDatabase } from '../../../test/database.ts'
import type { Position } from '../../platform/http/cursor.ts'
import { newId } from '../../platform/ids.ts'
import { planOf } from './conditions.ts'
import { cardIndex } from './index.ts'
import { matchesIn } from './matches.ts'

const CARDS = 500
const LIMIT = 90

for (const dialect of dialects) {
  describe(`matches by age (${dialect})`, async () => {
    const database = await testDatabase(dialect)
    const index = cardIndex(dialect)
    const matches = matchesIn(dialect, index.fullText, database.db)

    /** An account with cards of these moments, made in this order; every fourth is about bread, the others about soup. */
    const soups = async (moments: readonly number[]) => {
      const accountId = await addAccount(database.db)
      const rows = moments.map((created_at, at) => {
        const content = at % 4 === 0 ? 'bread' : 'soup'
        return {
          id: newId('card'),
          account_id: accountId,
          type: 'text',
          content,
          created_at,
          updated_at: 0,
          is_favorited: 0,
        } as const
      })
      const made = await database.transaction(async (tx) => {
        const cards = await tx
          .insertInto('cards')
          .values(rows)
          .returning(['number', 'id', 'created_at', 'content'])
          .execute()
        const numbers = cards.map(({ number }) => number)
        for (let at = 0; at < CARDS; at += 100) await index.refreshAll(tx, accountId, numbers.slice(at, at + 100))
        return cards
      })
      const byAge = made
        .filter(({ content }) => content === 'soup')
        .sort((one, other) => other.created_at - one.created_at || (other.id > one.id ? 1 : -1))
      const plan = planOf(index.fullText, accountId, {
        root: { is: 'words', words: ['soup'], prefix: false },
        scope: 'live',
      })
      const pages = async (sort: 'newest' | 'oldest'): Promise<number[]> => {
        const all: number[] = []
        for (let after: Position | undefined; ; ) {
          const page = await matches.byAge(plan, true, { sort, after, limit: LIMIT })
          all.push(...page)
          const last = made.find(({ number }) => number === page.at(-1))
          if (page.length < LIMIT || last === undefined) return all
          after = { createdAt: last.created_at, id: last.id }
        }
      }
      return { pages, newest: byAge.map(({ number }) => number) }
    }

    const orders: Readonly<Record<string, (at: number) => number>> = {
      'came one after the other': (at) => 1000 + at,
      'came all at once': () => 1000,
      'came from elsewhere, the newest first': (at) => 5000 - at,
      'came in no order': (at) => 1000 + ((at * 7919) % 997),
    }
    for (const [name, momentOf] of Object.entries(orders)) {
      it(`finds page after page of cards that ${name}`, async () => {
        const { pages, newest } = await soups(Array.from({ length: CARDS }, (_, at) => momentOf(at)))

        const found = [await pages('newest'), await pages('oldest')]

        assert.deepEqual(found, [newest, newest.toReversed()])
      })
    }
  })
}
