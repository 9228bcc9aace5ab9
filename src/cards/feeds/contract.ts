import { z } from 'zod'
import { bytes, endpoint } from '../../platform/http/contract.ts'
import { SavedSearchErrors } from '../saved-searches/contract.ts'

const Params = z.object({ id: z.string() })

export const createFeed = endpoint({
  method: 'POST',
  path: '/v1/saved-searches/:id/feed',
  aliases: ['/api/v1/cards/saved-searches/:id/feed'],
  scope: 'cards:write',
  summary: 'Make a feed of a saved search',
  description:
    'Whoever has an address of the feed can read it without a key. The addresses are told once; asking again makes new ones and ends the old.',
  params: Params,
  returns: [201, z.object({ rss: z.string(), atom: z.string(), json: z.string() })],
  errors: { NOT_FOUND: SavedSearchErrors.NOT_FOUND },
})

export const deleteFeed = endpoint({
  method: 'DELETE',
  path: '/v1/saved-searches/:id/feed',
  aliases: ['/api/v1/cards/saved-searches/:id/feed'],
  scope: 'cards:write',
  summary: 'End the feed of a saved search',
  params: Params,
  returns: [204, null],
  errors: { NOT_FOUND: SavedSearchErrors.NOT_FOUND },
})

export const readFeed = endpoint({
  method: 'GET',
  path: '/v1/feeds/:file',
  scope: 'public',
  summary: 'Read a feed of a saved search',
  description: 'The newest 50 cards, as RSS 2.0, Atom or JSON Feed 1.1, by the ending of the address.',
  params: z.object({ file: z.string().meta({ example: 'x7Qf….atom' }) }),
  returns: [200, bytes('application/atom+xml')],
  also: [304],
  errors: { NOT_FOUND: SavedSearchErrors.NOT_FOUND },
})
