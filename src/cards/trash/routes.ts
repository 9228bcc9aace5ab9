import { type Route, reply, route } from '../../platform/http/index.ts'
import { etagOf } from '../cards/etag.ts'
import type { Presenter } from '../cards/present.ts'
import { emptyTrash, listTrash, purgeCard, restoreCard } from './contract.ts'
import type { CardTrash } from './service.ts'

export const trashRoutes = (trash: CardTrash, present: Presenter): Route[] => [
  route(listTrash, async ({ caller, query: { limit, cursor } }) => {
    const { items, nextCursor } = await trash.list(caller.accountId, limit, cursor)
    const shown = items.map((card) => {
      const deletedAt = card.deletedAt ?? card.updatedAt
      return { ...present.card(card), deletedAt, purgedAfter: trash.purgedAfter(deletedAt) }
    })
    return { items: shown, pageInfo: { hasMore: nextCursor !== null, nextCursor } }
  }),

  route(restoreCard, async ({ caller, params }) => {
    const card = await trash.restore(caller.accountId, params.id)
    return reply(200, present.card(card), { etag: etagOf(card) })
  }),

  route(purgeCard, async ({ caller, params }) => {
    await trash.purge(caller.accountId, params.id)
    return undefined
  }),

  route(emptyTrash, async ({ caller }) => ({ purged: await trash.empty(caller.accountId) })),
]
