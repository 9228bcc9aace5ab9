import { cardService } from '../../src/cards/cards/service.ts'
import { cardIndex } from '../../src/cards/search/index.ts'
import { systemClock } from '../../src/platform/clock.ts'
import type { Database } from '../../src/platform/db/index.ts'
import type { Row } from '../figures.ts'
import { judgedCards, TOPICS } from './topics.ts'

const DEPTH = 10
const LEAST = 0.85

const gain = (grades: readonly number[]): number =>
  grades.slice(0, DEPTH).reduce((sum, grade, place) => sum + (2 ** grade - 1) / Math.log2(place + 2), 0)

/** Saves the judged cards and asks every query. @returns nDCG@10, the mean of all queries. */
export const judge = async (database: Database, accountId: string): Promise<Row[]> => {
  const cards = cardService({ database, index: cardIndex(database.dialect), clock: systemClock })
  const topicOf = new Map<string, { readonly topic: number; readonly grade: number }>()
  const made = judgedCards()
  for (const { draft, topic, grade } of made) topicOf.set((await cards.create(accountId, draft)).id, { topic, grade })
  const scores: number[] = []
  for (const [topic, { query }] of TOPICS.entries()) {
    const { items } = await cards.find(accountId, { q: query, limit: DEPTH })
    const grades = items.map(({ id }) => (topicOf.get(id)?.topic === topic ? (topicOf.get(id)?.grade ?? 0) : 0))
    const ideal = made.filter((card) => card.topic === topic).map(({ grade }) => grade)
    scores.push(gain(grades) / gain(ideal.toSorted((one, other) => other - one)))
  }
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
  const name = `cards, ${database.dialect}: nDCG@10 of ${TOPICS.length} queries over ${made.length} cards`
  const bar = { text: `>= ${LEAST}`, holds: mean >= LEAST }
  return [{ name, ours: mean.toFixed(4), yardstick: '', ratios: [], bar }]
}
