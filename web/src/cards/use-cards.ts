import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useMemo, useRef } from 'react'
import type { CardSort } from './address.ts'
import { isReading, newestChange, takeChanges } from './cache.ts'
import type { CardItem, Highlight } from './card.ts'
import { cardsQuery, changesQuery } from './queries.ts'

const NO_HIGHLIGHTS: Readonly<Record<string, readonly Highlight[]>> = {}

/** The cards of a search, page by page, and what changes among them. */
export const useCards = (q: string, sort: CardSort | undefined) => {
  const query = useInfiniteQuery(cardsQuery(q, sort))
  const { data, hasNextPage, isFetching, fetchNextPage } = query
  // The same array until a card changes: the layout of thousands hangs on it.
  const items = useMemo(() => data?.pages.flatMap((page): readonly CardItem[] => page.items) ?? [], [data])
  const first = data?.pages[0]
  useChanges(data !== undefined)
  return {
    ...query,
    items,
    highlights: first?.highlights ?? NO_HIGHLIGHTS,
    corrections: first?.corrections ?? [],
    total: first?.total ?? (hasNextPage ? undefined : items.length),
    totalIsExact: first?.totalIsExact ?? true,
    more: () => {
      if (hasNextPage && !isFetching) void fetchNextPage()
    },
  }
}

const useChanges = (enabled: boolean): void => {
  const since = useRef(0)
  useQuery({
    ...changesQuery({
      since: () => {
        if (since.current === 0) since.current = newestChange()
        return since.current
      },
      take: (cards, deletedIds, nextSince) => {
        takeChanges(cards, deletedIds)
        since.current = Math.max(since.current, nextSince)
      },
      waits: isReading,
    }),
    enabled,
  })
}
