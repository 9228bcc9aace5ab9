import type { CardType } from '../cards/contract.ts'
import { tagKey } from '../tags/repo.ts'
import { all, type Filter, type Node, type SearchQuery } from './node.ts'

/** Filters beside a search; what is undefined does not filter. */
export interface OtherFilters {
  readonly type?: CardType | undefined
  readonly tag?: string | undefined
  readonly favorited?: boolean | undefined
  /** Milliseconds; both moments belong to it. */
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
}

/** A search that must also pass other filters; all cards outside the trash that pass them when there is no search. */
export const withFilters = (query: SearchQuery | undefined, filters: OtherFilters): SearchQuery => {
  const { type, tag, favorited, createdAfter: from, createdBefore } = filters
  const key = tagKey(tag ?? '')
  const asked: Filter[] = [
    ...(type === undefined ? [] : [{ by: 'type', types: [type] } as const]),
    ...(key === '' ? [] : [{ by: 'tag', key } as const]),
    ...(favorited === undefined ? [] : [{ by: 'favorite', favorite: favorited } as const]),
  ]
  if (from !== undefined || createdBefore !== undefined)
    asked.push({ by: 'created', from, to: createdBefore === undefined ? undefined : createdBefore + 1 })
  const nodes = asked.map((filter): Node => ({ is: 'filter', filter }))
  const { root, scope } = query ?? { root: all([]), scope: 'live' }
  return { root: all([...(root.is === 'all' ? root.of : [root]), ...nodes]), scope }
}
