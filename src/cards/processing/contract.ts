import { z } from 'zod'
import { bytes, endpoint } from '../../platform/http/contract.ts'
import { CardErrors } from '../cards/contract.ts'
import { AddressErrors } from '../uploads/contract.ts'
import { Stages } from './tables.ts'

export const getPreview = endpoint({
  method: 'GET',
  path: '/v1/previews/:id',
  scope: 'public',
  summary: 'Download a picture that belongs to a card',
  description:
    'The address is the `linkPreviewImageUrl` or `thumbnailUrl` of a card. It works for a quarter of an hour at least.',
  params: z.object({ id: z.string() }),
  query: z.object({
    expires: z.coerce.number<string | number>().int().describe('Milliseconds since 1970.'),
    signature: z.string().max(100),
  }),
  returns: [200, bytes('image/webp')],
  also: [304],
  errors: { ...AddressErrors, NOT_FOUND: CardErrors.NOT_FOUND },
})

export const readAgain = endpoint({
  method: 'POST',
  path: '/v1/cards/:id/read-again',
  aliases: ['/api/v1/cards/:id/read-again'],
  scope: 'cards:write',
  summary: 'Find out about a card anew',
  description:
    'What a link leads to, and what a file says and looks like. It happens in the background, each card once a minute at most. What was found out before is dropped; nothing that people wrote is.',
  params: z.object({ id: z.string() }),
  returns: [
    202,
    z.object({
      metadataStatus: z
        .enum(['pending', 'completed', 'failed'])
        .nullable()
        .describe('null where there is nothing to find out.'),
      processingStatus: Stages.nullable(),
    }),
  ],
  errors: { NOT_FOUND: CardErrors.NOT_FOUND },
})
