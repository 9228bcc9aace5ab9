import { type Route, route } from '../../platform/http/index.ts'
import type { Presenter } from '../cards/present.ts'
import { listChanges } from './contract.ts'
import type { CardChangesFeed } from './service.ts'

export const changesRoutes = (changes: CardChangesFeed, present: Presenter): Route[] => [
  route(listChanges, async ({ caller, query }) => {
    const { items, deletedIds, nextCursor, nextSince } = await changes.list(caller.accountId, query)
    return {
      items: items.map(present.card),
      deletedIds: [...deletedIds],
      pageInfo: { hasMore: nextCursor !== null, nextCursor, nextSince },
    }
  }),
]
