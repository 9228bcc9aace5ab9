import type { InfiniteData } from '@tanstack/react-query'
import { queries } from '../api.ts'
import type { CardItem } from './card.ts'
import { addToPages, changeInPages } from './lists.ts'
import { type CardsPage, cardKey, LISTS, type OpenCard } from './queries.ts'

type Pages = InfiniteData<CardsPage, string>
/** @returns The card as it is now; undefined takes it out of the lists. */
type Change = (card: CardItem) => CardItem | undefined

/**
 * Changes cards wherever the pages show them, before the server has said so.
 *
 * @returns Puts everything back as it was.
 */
export const patchCards = (ids: Iterable<string>, change: Change): (() => void) => {
  const wanted = new Set(ids)
  const lists = queries.getQueriesData<Pages>({ queryKey: LISTS })
  const open = [...wanted].map((id) => [cardKey(id), queries.getQueryData<OpenCard>(cardKey(id))] as const)
  for (const [key, pages] of lists)
    if (pages !== undefined) queries.setQueryData<Pages>(key, changeInPages<CardItem, CardsPage>(pages, wanted, change))
  for (const [key, known] of open) {
    const changed = known === undefined ? undefined : change(known.card)
    if (known !== undefined && changed !== undefined)
      queries.setQueryData<OpenCard>(key, { ...known, card: { ...known.card, ...changed } })
  }
  return () => {
    for (const [key, pages] of lists) queries.setQueryData(key, pages)
    for (const [key, known] of open) queries.setQueryData(key, known)
  }
}

/** Puts what the server says of a card in place of what is shown. What it does not say stays. */
export const settleCard = (card: Partial<CardItem> & Pick<CardItem, 'id'>, etag?: string): void => {
  patchCards([card.id], (known) => ({ ...known, ...card }))
  if (etag !== undefined)
    queries.setQueryData<OpenCard>(cardKey(card.id), (known) => (known === undefined ? known : { ...known, etag }))
}

/** Puts cards into the lists of everything, where they belong by age; lists of something are asked for again. */
export const addCards = (cards: readonly CardItem[]): void => {
  for (const [key, pages] of queries.getQueriesData<Pages>({ queryKey: LISTS })) {
    if (pages === undefined) continue
    if (key[1] !== '') void queries.invalidateQueries({ queryKey: key, exact: true })
    else
      queries.setQueryData<Pages>(
        key,
        addToPages<CardItem, CardsPage>(pages, cards, key[2] === 'oldest' ? 'oldest' : 'newest'),
      )
  }
}

/** Asks for all lists again: after a change of which nobody knows where it shows. */
export const refreshLists = (): Promise<void> => queries.invalidateQueries({ queryKey: LISTS })
/** Takes over now what has changed, instead of some time. */
export const refreshChanges = (): Promise<void> => queries.invalidateQueries({ queryKey: ['cards', 'changes'] })
export const refreshTags = (): Promise<void> => queries.invalidateQueries({ queryKey: ['cards', 'tags'] })
export const refreshTrash = (): Promise<void> => queries.invalidateQueries({ queryKey: ['cards', 'trash'] })

/** Whether the server is still reading a card that is loaded. */
export const isReading = (): boolean =>
  queries
    .getQueriesData<Pages>({ queryKey: LISTS })
    .some(([, pages]) => pages?.pages.some((page) => page.items.some(({ preview }) => preview.state === 'pending')))

/** Whether a card is on some page that was loaded. */
const isListed = (id: string): boolean =>
  queries
    .getQueriesData<Pages>({ queryKey: LISTS })
    .some(([, pages]) => pages?.pages.some((page) => page.items.some((card) => card.id === id)) ?? false)

/** When something last changed among the cards that are loaded: from then on changes are asked for. */
export const newestChange = (): number => {
  let newest = 0
  for (const [, pages] of queries.getQueriesData<Pages>({ queryKey: LISTS }))
    for (const page of pages?.pages ?? []) for (const { updatedAt } of page.items) newest = Math.max(newest, updatedAt)
  return newest
}

/** Shows what has changed elsewhere, without asking for whole lists again. */
export const takeChanges = (cards: readonly CardItem[], deletedIds: readonly string[]): void => {
  const fresh = cards.filter(({ id }) => !isListed(id))
  for (const card of cards) settleCard(card)
  if (fresh.length > 0) addCards(fresh)
  if (deletedIds.length > 0) patchCards(deletedIds, () => undefined)
}
