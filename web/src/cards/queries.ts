import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { type CardDetails, getCard, listCards, searchCards } from '../../../src/cards/cards/contract.ts'
import { listChanges } from '../../../src/cards/changes/contract.ts'
import { getCardImport, listCardImports } from '../../../src/cards/imports/contract.ts'
import { listSavedSearches } from '../../../src/cards/saved-searches/contract.ts'
import { listTags } from '../../../src/cards/tags/contract.ts'
import { listTrash } from '../../../src/cards/trash/contract.ts'
import { api } from '../api.ts'
import type { CardSort } from './address.ts'
import { type CardItem, type Highlight, toCardItem } from './card.ts'
import { hasWords } from './search/pills.ts'

const PAGE = 100
// Lists are kept true by changes as they come; pictures have addresses that work for a quarter of an hour.
const FRESH_MS = 10 * 60_000
const PENDING_MS = 2_000
const CHANGES_MS = 30_000

export interface CardsPage {
  readonly items: readonly CardItem[]
  readonly nextCursor: string | null
  /** Of a search. */
  readonly total?: number
  readonly totalIsExact?: boolean
  readonly highlights?: Readonly<Record<string, readonly Highlight[]>>
  readonly corrections?: readonly { readonly word: string; readonly instead: readonly string[] }[]
}

const timeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

const search = async (q: string, signal: AbortSignal): Promise<CardsPage> => {
  const query = { q, tz: timeZone(), limit: PAGE, include: 'preview' }
  const { items, ...found } = await api.call(searchCards, { query, signal })
  return { ...found, items: items.map(toCardItem), nextCursor: null }
}

const list = async (
  { q, sort }: { readonly q: string; readonly sort: 'newest' | 'oldest' },
  cursor: string,
  signal: AbortSignal,
): Promise<CardsPage> => {
  const where = q === '' ? {} : { q, tz: timeZone() }
  const query = {
    ...where,
    sort,
    limit: PAGE,
    include: 'content,metadata,preview',
    ...(cursor === '' ? {} : { cursor }),
  }
  const { items, pageInfo } = await api.call(listCards, { query, signal })
  return { items: items.map(toCardItem), nextCursor: pageInfo.nextCursor }
}

// Not under `cards`, which is asked for anew with every change in the account: lists take over the changes alone.
export const LISTS = ['card-lists'] as const

/** Whether the best match comes first: then there is one page, and it says where the words stand. */
export const isRanked = (q: string, sort: CardSort | undefined): boolean =>
  (sort === undefined || sort === 'relevance') && hasWords(q)

export const cardsQuery = (q: string, sort: CardSort | undefined) =>
  infiniteQueryOptions({
    queryKey: [...LISTS, q, sort ?? 'relevance'],
    queryFn: ({ pageParam, signal }) =>
      isRanked(q, sort)
        ? search(q, signal)
        : list({ q, sort: sort === 'oldest' ? 'oldest' : 'newest' }, pageParam, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    // What was found before stays until the new is there.
    placeholderData: keepPreviousData,
    staleTime: FRESH_MS,
    refetchOnWindowFocus: false,
  })

export interface OpenCard {
  readonly card: CardItem & CardDetails
  /** For `If-Match`. */
  readonly etag: string
}

export const cardKey = (id: string) => ['cards', 'card', id] as const

export const readCard = async (id: string, signal?: AbortSignal): Promise<OpenCard> => {
  const query = { include: 'processing,preview,reading' }
  const response = await api.raw(getCard, { params: { id }, query, signal })
  const card: CardDetails = await response.json()
  return { card: { ...card, ...toCardItem(card) }, etag: response.headers.get('etag') ?? '' }
}

export const cardQuery = (id: string) =>
  queryOptions({
    queryKey: cardKey(id),
    queryFn: ({ signal }) => readCard(id, signal),
    staleTime: 30_000,
    refetchInterval: ({ state }) => (state.data?.card.preview.state === 'pending' ? PENDING_MS : false),
  })

/** Follows what changes elsewhere while it is looked at. There is nothing in it: what it learns goes into the lists. */
export const changesQuery = (follow: {
  readonly since: () => number
  readonly take: TakeChanges
  /** Whether something is to come soon. */
  readonly waits: () => boolean
}) =>
  queryOptions({
    queryKey: ['cards', 'changes'],
    queryFn: async ({ signal }) => {
      const since = follow.since()
      if (since === 0) return null
      const { items, deletedIds, pageInfo } = await api.call(listChanges, {
        ...{ query: { since: since + 1, limit: PAGE, include: 'preview' }, signal },
      })
      follow.take(items.map(toCardItem), deletedIds, pageInfo.nextSince)
      return null
    },
    refetchInterval: () => (follow.waits() ? PENDING_MS : CHANGES_MS),
    staleTime: 0,
  })
type TakeChanges = (cards: readonly CardItem[], deletedIds: readonly string[], nextSince: number) => void

export const tagsQuery = queryOptions({
  queryKey: ['cards', 'tags'],
  queryFn: async () => (await api.call(listTags)).items,
})

export const savedSearchesQuery = queryOptions({
  queryKey: ['cards', 'searches'],
  queryFn: async () => (await api.call(listSavedSearches)).items,
})

export const trashQuery = infiniteQueryOptions({
  queryKey: ['cards', 'trash'],
  queryFn: ({ pageParam, signal }) =>
    api.call(listTrash, { query: { limit: PAGE, ...(pageParam === '' ? {} : { cursor: pageParam }) }, signal }),
  initialPageParam: '',
  getNextPageParam: ({ pageInfo }) => pageInfo.nextCursor ?? undefined,
})
export type TrashedCard = Awaited<ReturnType<typeof api.call<typeof listTrash>>>['items'][number]

export const importsQuery = queryOptions({
  queryKey: ['cards', 'imports'],
  queryFn: async () => (await api.call(listCardImports, { query: { limit: 20 } })).items,
})

export const importQuery = (id: string) =>
  queryOptions({
    queryKey: ['cards', 'imports', id],
    queryFn: () => api.call(getCardImport, { params: { id } }),
    refetchInterval: ({ state }) => (['queued', 'running'].includes(state.data?.state ?? 'queued') ? 500 : false),
  })
