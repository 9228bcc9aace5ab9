import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { FoundCard, previewed } from '../cards/contract.ts'

const since = z.coerce
  .string<string | number>('since must be a moment in milliseconds since 1970.')
  .regex(/^\d{1,15}$/, 'since must be a moment in milliseconds since 1970.')
  .transform(Number)

const limit = z.coerce
  .number<string | number>()
  .int()
  .catch(50)
  .default(50)
  .transform((count) => Math.min(Math.max(count, 1), 100))
  .describe('1 to 100, 50 if it is left out.')

export const listChanges = endpoint({
  method: 'GET',
  path: '/v1/cards/changes',
  aliases: ['/api/v1/cards/changes'],
  scope: 'cards:read',
  summary: 'What has changed since a moment',
  description:
    'The first change first. A card is told as it is now, once for its last change; `deletedIds` are cards that went into the trash or are gone for good. Follow `nextCursor` to the end, and come back later with `nextSince`: changes of that very millisecond may be told again, and none is missed.',
  query: z.object({ since, limit, cursor: z.string().max(500).optional(), include: previewed }),
  returns: [
    200,
    z.object({
      items: z.array(FoundCard),
      deletedIds: z.array(z.string()),
      pageInfo: z.object({
        hasMore: z.boolean(),
        nextCursor: z.string().nullable(),
        nextSince: z.int().describe('`since` for who comes back later.'),
      }),
    }),
  ],
})
