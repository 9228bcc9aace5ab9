/** What of the cards page is in its address: so that a link, a reload and the way back show the same. */
export interface CardsAddress {
  /** As `q` of a search. */
  readonly q?: string
  readonly sort?: CardSort
  /** The open card. */
  readonly card?: string
}

export const CARD_SORTS = ['relevance', 'newest', 'oldest'] as const
export type CardSort = (typeof CARD_SORTS)[number]

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, 1000) : undefined

/** @param search What stands behind the question mark, whoever wrote it. */
export const parseCardsAddress = (search: Readonly<Record<string, unknown>>): CardsAddress => {
  // The router reads `q=123` as a number.
  const q = textOf(typeof search.q === 'number' || typeof search.q === 'boolean' ? String(search.q) : search.q)
  const card = textOf(search.card)
  const sort = CARD_SORTS.find((name) => name === search.sort)
  return {
    ...(q === undefined ? {} : { q }),
    ...(sort === undefined ? {} : { sort }),
    ...(card === undefined ? {} : { card }),
  }
}
