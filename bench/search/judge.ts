import { type CardDraft, cardService } from '../../src/cards/cards/service.ts'
import { cardIndex } from '../../src/cards/search/index.ts'
import type { Database } from '../../src/platform/db/index.ts'
import type { Row } from '../figures.ts'
import { HARD_QUERIES } from './hard-queries.ts'
import { judgedCards, TOPICS } from './topics.ts'

const DEPTH = 10
const LEAST = 0.85
const DAY_MS = 86_400_000
// The days of queries are those of this one, whenever it runs.
const NOW = Date.parse('2026-05-20T12:00:00Z')

interface Judged {
  readonly draft: CardDraft
  readonly query: string
  readonly grade: number
  readonly daysAgo: number
}

const gain = (grades: readonly number[]): number =>
  grades.slice(0, DEPTH).reduce((sum, grade, place) => sum + (2 ** grade - 1) / Math.log2(place + 2), 0)

const easy = (): Judged[] =>
  judgedCards().map(({ draft, topic, grade }) => ({ draft, grade, query: TOPICS[topic]?.query ?? '', daysAgo: 0 }))
const hard = (): Judged[] =>
  HARD_QUERIES.flatMap(({ query, cards }) =>
    cards.map(([grade, draft, daysAgo = 0]) => ({ query, grade, draft, daysAgo })),
  )

/** Saves the judged cards and asks every query among all of them. @returns nDCG@10, the mean of the queries of a kind. */
export const judge = async (database: Database, accountId: string): Promise<Row[]> => {
  let nowMs = NOW
  const clock = { now: () => new Date(nowMs), monotonicMs: () => performance.now() }
  const cards = cardService({ database, index: cardIndex(database.dialect), clock })
  const made = [...easy(), ...hard()].toSorted((one, other) => other.daysAgo - one.daysAgo)
  const judged = new Map<string, Judged>()
  for (const card of made) {
    nowMs = NOW - card.daysAgo * DAY_MS
    judged.set((await cards.create(accountId, card.draft)).id, card)
  }
  nowMs = NOW

  const scoreOf = async (query: string): Promise<number> => {
    const { items } = await cards.find(accountId, { q: query, limit: DEPTH })
    const grades = items.map(({ id }) => (judged.get(id)?.query === query ? (judged.get(id)?.grade ?? 0) : 0))
    const ideal = made.filter((card) => card.query === query).map(({ grade }) => grade)
    return gain(grades) / gain(ideal.toSorted((one, other) => other - one))
  }
  const row = async (kind: string, queries: readonly string[]): Promise<Row> => {
    const scores: number[] = []
    for (const query of queries) scores.push(await scoreOf(query))
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
    const worst = queries[scores.indexOf(Math.min(...scores))]
    const name = `cards, ${database.dialect}: nDCG@10 of ${queries.length} ${kind} queries over ${made.length} cards`
    const ours = `${mean.toFixed(4)}, worst ${Math.min(...scores).toFixed(2)} (${worst})`
    return { name, ours, yardstick: '', ratios: [], bar: { text: `>= ${LEAST}`, holds: mean >= LEAST } }
  }
  return [
    await row(
      'plain',
      TOPICS.map(({ query }) => query),
    ),
    await row(
      'hard',
      HARD_QUERIES.map(({ query }) => query),
    ),
  ]
}
