import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/contract.ts'
import { MAX_QUERY_LENGTH } from '../cards/contract.ts'

export const SavedSearchErrors = defineErrors({
  NOT_FOUND: [404, 'Saved search not found'],
  CONFLICT: [409, 'You already have a saved search with this name. Choose another.'],
})
const { NOT_FOUND, CONFLICT } = SavedSearchErrors

const moment = z.int().describe('Milliseconds since 1970, UTC.')

export const SavedSearch = z
  .object({
    id: z.string().meta({ example: 'search_0Pk3dY00Hq8ZtVb1cXw5Lm' }),
    name: z.string().describe('Unique within the account, ignoring case.'),
    query: z.string().describe('As for `q` of a search.'),
    hasFeed: z.boolean().describe('Whether it can be read under a secret address.'),
    createdAt: moment,
    updatedAt: moment,
  })
  .meta({ id: 'SavedSearch' })
export type SavedSearch = z.infer<typeof SavedSearch>

const name = z.string().trim().min(1, 'name must not be empty.').max(80, 'name can have at most 80 characters.')
const query = z.string().trim().min(1, 'query must not be empty.').max(MAX_QUERY_LENGTH)
const Params = z.object({ id: z.string() })

export const listSavedSearches = endpoint({
  method: 'GET',
  path: '/v1/saved-searches',
  aliases: ['/api/v1/cards/saved-searches'],
  scope: 'cards:read',
  summary: 'List the saved searches',
  description: 'By name.',
  returns: [200, z.object({ items: z.array(SavedSearch) })],
})

export const createSavedSearch = endpoint({
  method: 'POST',
  path: '/v1/saved-searches',
  aliases: ['/api/v1/cards/saved-searches'],
  scope: 'cards:write',
  summary: 'Save a search',
  body: z.strictObject({ name, query }),
  returns: [201, SavedSearch],
  errors: { CONFLICT },
})

export const getSavedSearch = endpoint({
  method: 'GET',
  path: '/v1/saved-searches/:id',
  aliases: ['/api/v1/cards/saved-searches/:id'],
  scope: 'cards:read',
  summary: 'Read a saved search',
  params: Params,
  returns: [200, SavedSearch],
  errors: { NOT_FOUND },
})

export const updateSavedSearch = endpoint({
  method: 'PATCH',
  path: '/v1/saved-searches/:id',
  aliases: ['/api/v1/cards/saved-searches/:id'],
  scope: 'cards:write',
  summary: 'Change a saved search',
  params: Params,
  body: z
    .strictObject({ name, query })
    .partial()
    .refine((changes) => Object.keys(changes).length > 0, 'Send name, query or both.'),
  returns: [200, SavedSearch],
  errors: { NOT_FOUND, CONFLICT },
})

export const deleteSavedSearch = endpoint({
  method: 'DELETE',
  path: '/v1/saved-searches/:id',
  aliases: ['/api/v1/cards/saved-searches/:id'],
  scope: 'cards:write',
  summary: 'Delete a saved search, and its feed',
  params: Params,
  returns: [204, null],
  errors: { NOT_FOUND },
})
