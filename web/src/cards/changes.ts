import { bulkCards } from '../../../src/cards/bulk/contract.ts'
import { type Card, deleteCard, favoriteCard, updateCard } from '../../../src/cards/cards/contract.ts'
import { restoreCard } from '../../../src/cards/trash/contract.ts'
import type { CallInput } from '../../../src/client/index.ts'
import { api } from '../api.ts'
import { sayProblem } from '../ui/toast.tsx'
import { addCards, patchCards, refreshChanges, refreshTags, refreshTrash, settleCard } from './cache.ts'
import type { CardItem } from './card.ts'
import { readCard } from './queries.ts'
import { cardsTexts } from './texts.ts'
import { sayWithUndo } from './undo.ts'

/** What of a card people write. */
export type CardEdit = NonNullable<CallInput<typeof updateCard>['body']>

const AT_ONCE = 100
const SIDE_BY_SIDE = 4

/** Shows a change at once, and takes it back with a word about why when the server refuses. */
const boldly = async (rollback: () => void, work: () => Promise<unknown>): Promise<boolean> => {
  try {
    await work()
    return true
  } catch (error) {
    rollback()
    sayProblem(error)
    return false
  }
}

export const setFavorite = (cards: readonly CardItem[], isFavorited: boolean): Promise<boolean> => {
  const changed = cards.filter((card) => card.isFavorited !== isFavorited)
  const ids = changed.map(({ id }) => id)
  const rollback = patchCards(ids, (card) => ({ ...card, isFavorited }))
  return boldly(rollback, async () => {
    const [only] = ids
    if (ids.length === 1 && only !== undefined) {
      settleCard(await api.call(favoriteCard, { params: { id: only }, body: { isFavorited } }))
      return
    }
    await inBulk(
      'favorite',
      ids.map((cardId) => ({ cardId, isFavorited })),
    )
  })
}

/** Sends many changes, as many in one request as the server takes. @throws What the first refused item says. */
const inBulk = async (operation: 'favorite' | 'update' | 'delete' | 'create', items: readonly object[]) => {
  const results = []
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const body = { operation, items: items.slice(from, from + AT_ONCE) }
    const headers = { 'idempotency-key': crypto.randomUUID() }
    results.push(...(await api.call(bulkCards, { body, headers, timeoutMs: 120_000 })).results)
  }
  const refused = results.find(({ status }) => status === 'error')
  if (refused !== undefined && results.every(({ status }) => status === 'error')) throw new Error(refused.error ?? '')
  return results
}

/** Saves several addresses, each as a card. @returns How many are there now. */
export const saveLinks = async (urls: readonly string[]): Promise<number> => {
  const results = await inBulk(
    'create',
    urls.map((url) => ({ url })),
  )
  await refreshChanges()
  return results.filter(({ status }) => status === 'success').length
}

/** Into the trash, with a way back. */
export const trashCards = async (cards: readonly CardItem[]): Promise<boolean> => {
  const ids = cards.map(({ id }) => id)
  const rollback = patchCards(ids, () => undefined)
  const t = cardsTexts.now()
  const [only] = ids
  const done = await boldly(rollback, () =>
    ids.length === 1 && only !== undefined
      ? api.call(deleteCard, { params: { id: only } })
      : inBulk(
          'delete',
          ids.map((cardId) => ({ cardId })),
        ),
  )
  if (!done) return false
  sayWithUndo(t.trashed(ids.length), async () => {
    // Not the lists as they were: other cards may have come meanwhile.
    addCards(cards)
    if (await restoreCards(ids)) return
    patchCards(ids, () => undefined)
    await refreshChanges()
  })
  void refreshTrash()
  void refreshTags()
  return true
}

/** Does something for each, a few at a time. */
const forEachOf = async (ids: readonly string[], work: (id: string) => Promise<unknown>): Promise<void> => {
  const left = [...ids]
  const worker = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) await work(id)
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
}

export const restoreCards = async (ids: readonly string[]): Promise<boolean> => {
  const done = await boldly(
    () => {},
    () => forEachOf(ids, async (id) => settleCard(await api.call(restoreCard, { params: { id } }))),
  )
  void refreshTrash()
  void refreshTags()
  return done
}

/** Gives cards tags, and takes others from them; with a way back. */
export const retagCards = async (
  cards: readonly CardItem[],
  { add, remove }: { readonly add: readonly string[]; readonly remove: readonly string[] },
): Promise<boolean> => {
  const next = new Map(cards.map(({ id, tags }) => [id, withTags(tags, { add, remove })]))
  return setTags(cards, (card) => next.get(card.id) ?? card.tags)
}

const setTags = async (cards: readonly CardItem[], tagsOf: (card: CardItem) => string[]): Promise<boolean> => {
  const rollback = patchCards(
    cards.map(({ id }) => id),
    (card) => ({ ...card, tags: tagsOf(card) }),
  )
  const items = cards.map((card) => ({ cardId: card.id, tags: tagsOf(card) }))
  const done = await boldly(rollback, () => inBulk('update', items))
  if (!done) return false
  void refreshTags()
  sayWithUndo(cardsTexts.now().tagged(cards.length), async () => {
    const before = new Map(cards.map(({ id, tags }) => [id, tags]))
    const back = patchCards(before.keys(), (card) => ({ ...card, tags: before.get(card.id) ?? card.tags }))
    const was = cards.map(({ id, tags }) => ({ cardId: id, tags }))
    await boldly(back, () => inBulk('update', was))
  })
  return true
}

export const withTags = (
  tags: readonly string[],
  { add, remove }: { readonly add: readonly string[]; readonly remove: readonly string[] },
): string[] => [...new Set([...tags.filter((tag) => !remove.includes(tag)), ...add])]

/**
 * Changes a card if nobody else has since it was read.
 *
 * @param etag Of the card as it was read; without one it is changed in any case.
 * @throws {ClientError} PRECONDITION_FAILED when somebody has
 */
export const editCard = async (id: string, edit: CardEdit, etag: string | undefined): Promise<void> => {
  const headers = etag === undefined ? {} : { 'if-match': etag }
  const response = await api.raw(updateCard, { params: { id }, body: edit, headers })
  const card: Card = await response.json()
  settleCard(card, response.headers.get('etag') ?? '')
  if (edit.tags !== undefined) void refreshTags()
}

/** Shows a card that has just come to be, with the room that it takes. */
export const showNew = async (id: string): Promise<void> => {
  const { card } = await readCard(id)
  addCards([card])
  if (card.tags.length > 0) void refreshTags()
}
