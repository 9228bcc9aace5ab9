import { setTimeout as wait } from 'node:timers/promises'
import { type CardListItem, createCard, listCards } from '../../src/cards/cards/contract.ts'
import { processCard } from '../../src/cards/processing/service.ts'
import type { TestAccount, TestApp } from '../app.ts'

const DEADLINE_MS = 120_000

export interface SettledCard {
  readonly item: CardListItem
  readonly state: 'completed' | 'failed' | null
  /** Why its text or its page is missing. */
  readonly reason: string | undefined
  /** Why its picture is missing. */
  readonly pictureReason: string | undefined
}

/** Saves a link. @returns The card's id; undefined when the address itself is refused. */
export const saveLink = async (ada: TestAccount, url: string): Promise<string | undefined> => {
  try {
    return (await ada.call(createCard, { body: { url } })).cardId
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'INVALID_INPUT') return undefined
    throw error
  }
}

/** All cards of an account, by id. */
const allCards = async (ada: TestAccount): Promise<Map<string, CardListItem>> => {
  const found = new Map<string, CardListItem>()
  for (let cursor: string | undefined; ; ) {
    const query = { include: 'metadata,processing', limit: 100, ...(cursor === undefined ? {} : { cursor }) }
    const { items, pageInfo } = await ada.call(listCards, { query })
    for (const item of items) found.set(item.id, item)
    if (pageInfo.nextCursor === null) return found
    cursor = pageInfo.nextCursor
  }
}

/** Lets the pauses between two attempts pass. */
const hurry = async ({ app }: TestApp): Promise<void> => {
  const { database } = app.core
  await database.db
    .updateTable('jobs')
    .set({ state: 'ready', run_at: 0 })
    .where('name', '=', processCard.name)
    .where('state', '=', 'delayed')
    .execute()
  // There is no such card; but whoever takes this job sees the others.
  await database.transaction((tx) => app.jobs.enqueue(tx, processCard, { cardNumber: -1 }, { key: 'nobody' }))
}

/** Waits until no card of the account is under way. @throws with the names of those that are, when they never end */
export const settleAll = async (app: TestApp, ada: TestAccount): Promise<Map<string, SettledCard>> => {
  const giveUpAt = Date.now() + DEADLINE_MS
  for (;;) {
    const cards = await allCards(ada)
    const open = [...cards.values()].filter(({ metadataStatus }) => metadataStatus === 'pending')
    if (open.length === 0) return new Map([...cards].map(([id, item]) => [id, toSettled(item)]))
    if (Date.now() > giveUpAt)
      throw new Error(`Not settled: ${open.map(({ url, content }) => url ?? content).join(', ')}`)
    await hurry(app)
    await wait(100)
  }
}

const toSettled = (item: CardListItem): SettledCard => ({
  item,
  state: item.metadataStatus === 'completed' || item.metadataStatus === 'failed' ? item.metadataStatus : null,
  reason: item.processingStatus?.metadata?.error,
  pictureReason: item.processingStatus?.renderables?.error,
})
