import { queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { type File, type FileSort, type FilesQuery, listFiles } from '../../../../src/files/files/contract.ts'
import { api, queries } from '../../api.ts'
import { sayProblem } from '../../ui/toast.tsx'
import type { Order } from '../address.ts'
import type { Team } from '../queries.ts'
import { fileAt, type Listing, type ListPage, PAGE_SIZE, pagesOf, toListing, withPage } from './listing.ts'
import type { SearchWords } from './search-words.ts'

/** Which files, in which order. */
export interface ListWish {
  readonly folder: string | null
  readonly team: Team
  /** A search goes through all folders unless it says `in:here`. */
  readonly words: SearchWords
  readonly sort: FileSort
  readonly order: Order
}

type Query = Partial<Omit<FilesQuery, 'created_after' | 'created_before'>> & {
  created_after?: string
  created_before?: string
}

const isSearch = (words: SearchWords): boolean => Object.keys(words).some((name) => name !== 'here')

export const toQuery = ({ folder, team, words, sort, order }: ListWish): Query => {
  const { term, type, mime, after, before, here } = words
  return {
    sort,
    order,
    limit: PAGE_SIZE,
    ...(isSearch(words) && here === undefined ? {} : { folder_id: folder ?? '' }),
    ...(team === undefined ? {} : { team_id: team }),
    ...(term === undefined ? {} : { search: term }),
    ...(type === undefined ? {} : { file_type: type }),
    ...(mime === undefined ? {} : { mime_type: mime }),
    ...(after === undefined ? {} : { created_after: `${after}T00:00:00Z` }),
    ...(before === undefined ? {} : { created_before: `${before}T00:00:00Z` }),
  }
}

const fetchPage = async (query: Query, at: { cursor: string; offset: number }, signal?: AbortSignal) => {
  const answer = await api.call(listFiles, { query: { ...query, ...at }, signal })
  const page: ListPage = { files: answer.files, next: answer.pagination.next_cursor ?? null }
  return { page, total: answer.pagination.total }
}

// The pages that are in sight: what is asked for again when something has changed.
const wanted = new Map<string, readonly number[]>()
const asked = new Set<string>()

const load = async (query: Query, signal: AbortSignal): Promise<Listing> => {
  const pages = new Map<number, ListPage>()
  let total = 0
  for (const number of wanted.get(JSON.stringify(query)) ?? [0]) {
    const answer = await fetchPage(query, { cursor: '', offset: number * PAGE_SIZE }, signal)
    pages.set(number, answer.page)
    total = answer.total
  }
  return toListing(total, pages)
}

export const listingQuery = (wish: ListWish) => {
  const query = toQuery(wish)
  return queryOptions({
    queryKey: ['files', 'list', query],
    queryFn: ({ signal }) => load(query, signal),
  })
}

/** Behind a page that is here the next is asked for by its cursor, which costs the same anywhere; after a jump, by its number. */
const loadMore = async (wish: ListWish, number: number): Promise<void> => {
  const { queryKey } = listingQuery(wish)
  const name = `${JSON.stringify(queryKey)} ${number}`
  const before = queries.getQueryState(queryKey)
  if (asked.has(name) || before?.data === undefined || before.fetchStatus === 'fetching') return
  asked.add(name)
  try {
    const next = before.data.pages[number - 1]?.next
    const at = typeof next === 'string' ? { cursor: next, offset: 0 } : { cursor: '', offset: number * PAGE_SIZE }
    const { page, total } = await fetchPage(toQuery(wish), at)
    const { dataUpdatedAt } = before
    queries.setQueryData(
      queryKey,
      // Loaded anew in the meantime, it knows better, and asks again for what is in sight.
      (now) => (now === undefined ? now : withPage(now, number, page, total)),
      { updatedAt: dataUpdatedAt },
    )
  } catch (error) {
    sayProblem(error)
  } finally {
    asked.delete(name)
  }
}

/**
 * The files of a place, page by page as they come in sight.
 *
 * @param sight Rows in sight, the last not included.
 */
export const useListing = (wish: ListWish, sight: { readonly first: number; readonly last: number }) => {
  const found = useQuery(listingQuery(wish))
  const listing = found.data
  const pages = listing === undefined ? [] : pagesOf(listing, sight.first, sight.last)
  const name = JSON.stringify(toQuery(wish))
  const missing = pages.filter((number) => listing?.pages[number] === undefined)
  useEffect(() => {
    if (pages.length > 0) wanted.set(name, pages)
    for (const number of missing) void loadMore(wish, number)
  })
  return found
}

/** Every file of a place, page by page, for what is done to all of them. @param most Where to stop. */
export const allFiles = async (wish: ListWish, most: number) => {
  const files: ListPage['files'][number][] = []
  let cursor: string | null = ''
  while (cursor !== null && files.length < most) {
    const { page }: { page: ListPage } = await fetchPage(toQuery(wish), { cursor, offset: 0 })
    files.push(...page.files)
    cursor = page.next
  }
  return files
}

/** The files of rows, once they are here. @param last The row after the last. */
export const loadFiles = async (wish: ListWish, first: number, last: number): Promise<readonly File[]> => {
  const { queryKey } = listingQuery(wish)
  const missing = (): readonly number[] => {
    const listing = queries.getQueryData(queryKey)
    return listing === undefined
      ? []
      : pagesOf(listing, Math.max(0, first), last).filter((page) => listing.pages[page] === undefined)
  }
  for (const page of missing()) await loadMore(wish, page)
  const listing = queries.getQueryData(queryKey)
  if (listing === undefined) return []
  const rows = Array.from({ length: Math.max(0, last - Math.max(0, first)) }, (_, index) => Math.max(0, first) + index)
  return rows.flatMap((row) => fileAt(listing, row) ?? [])
}
