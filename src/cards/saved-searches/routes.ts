import { type Route, route } from '../../platform/http/index.ts'
import {
  createSavedSearch,
  deleteSavedSearch,
  getSavedSearch,
  listSavedSearches,
  updateSavedSearch,
} from './contract.ts'
import type { SavedSearches } from './service.ts'

export const savedSearchRoutes = (searches: SavedSearches): Route[] => [
  route(listSavedSearches, async ({ caller }) => ({ items: await searches.list(caller.accountId) })),
  route(createSavedSearch, ({ caller, body }) => searches.create(caller.accountId, body)),
  route(getSavedSearch, ({ caller, params }) => searches.get(caller.accountId, params.id)),
  route(updateSavedSearch, ({ caller, params, body }) => searches.update(caller.accountId, params.id, body)),
  route(deleteSavedSearch, async ({ caller, params }) => {
    await searches.delete(caller.accountId, params.id)
    return undefined
  }),
]
