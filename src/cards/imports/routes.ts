import { type Route, reply, route } from '../../platform/http/index.ts'
import type { CreationLimit } from '../cards/creation-limit.ts'
import { cancelCardImport, createCardImport, getCardImport, listCardImports } from './contract.ts'
import type { CardImports } from './service.ts'

export const importRoutes = (imports: CardImports, limit: CreationLimit): Route[] => [
  route(createCardImport, async ({ caller, query, request }) => {
    // However many cards it brings, it is one request to save some.
    await limit.charge(caller)
    return reply(202, await imports.create(caller.accountId, { ...query, dryRun: query.dryRun === 'true' }, request))
  }),

  route(listCardImports, async ({ caller, query: { limit: count, cursor } }) => {
    const { items, nextCursor } = await imports.list(caller.accountId, count, cursor)
    return { items, pageInfo: { hasMore: nextCursor !== null, nextCursor } }
  }),

  route(getCardImport, ({ caller, params }) => imports.get(caller.accountId, params.id)),

  route(cancelCardImport, ({ caller, params }) => imports.cancel(caller.accountId, params.id)),
]
