import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { Card, CardErrors } from '../cards/contract.ts'

const TrashedCard = Card.extend({
  deletedAt: z.int().describe('Milliseconds since 1970, UTC.'),
  purgedAfter: z.int().describe('From then on it is deleted for good.'),
}).meta({ id: 'TrashedCard' })

const CardParams = z.object({ id: z.string() })
const limit = z.coerce
  .number<string | number>()
  .int()
  .catch(50)
  .default(50)
  .transform((count) => Math.min(Math.max(count, 1), 100))
  .describe('1 to 100, 50 if it is left out.')

export const listTrash = endpoint({
  method: 'GET',
  path: '/v1/trash',
  aliases: ['/api/v1/cards/trash'],
  scope: 'cards:read',
  summary: 'List the cards in the trash',
  description: 'The last deleted first.',
  query: z.object({ limit, cursor: z.string().max(500).optional() }),
  returns: [
    200,
    z.object({
      items: z.array(TrashedCard),
      pageInfo: z.object({ hasMore: z.boolean(), nextCursor: z.string().nullable() }),
    }),
  ],
})

export const restoreCard = endpoint({
  method: 'POST',
  path: '/v1/cards/:id/restore',
  aliases: ['/api/v1/cards/:id/restore'],
  scope: 'cards:write',
  summary: 'Take a card out of the trash',
  params: CardParams,
  returns: [200, Card],
  errors: { NOT_FOUND: CardErrors.NOT_FOUND },
})

export const purgeCard = endpoint({
  method: 'DELETE',
  path: '/v1/trash/:id',
  aliases: ['/api/v1/cards/trash/:id'],
  scope: 'cards:write',
  summary: 'Delete a card in the trash for good',
  description: 'Its file goes with it, unless somebody has moved it out of the folder Cards.',
  params: CardParams,
  returns: [204, null],
  errors: { NOT_FOUND: CardErrors.NOT_FOUND },
})

export const emptyTrash = endpoint({
  method: 'DELETE',
  path: '/v1/trash',
  aliases: ['/api/v1/cards/trash'],
  scope: 'cards:write',
  summary: 'Empty the trash of cards',
  returns: [200, z.object({ purged: z.int().describe('Cards that are gone for good.') })],
})
