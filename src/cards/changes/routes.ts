import { type Route, route } from '../../platform/http/index.ts'
import type { Presenter } from '../cards/present.ts'
import { listChanges } from './contract.ts'
import type { CardChangesFeed } from './service.ts'

export const changesRoutes = (changes: CardChangesFeed, present: Presenter): Route[] => [
  route(listChanges, async ({ caller, query: { include = false, ...query } }) => {
    const { items, deletedIds, nextCursor, nextSince } = await changes.list(caller.accountId, query)
    const colors = include ? await changes.colorsOf(caller.accountId, items) : undefined
    return {
      items: items.map((card) => present.found(card, colors)),
      deletedIds: [...deletedIds],
      pageInfo: { hasMore: nextCursor !== null, nextCursor, nextSince },
    }
  }),
]
