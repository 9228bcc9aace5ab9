import { z } from 'zod'
import { bytes, endpoint } from '../../platform/http/contract.ts'
import { CardErrors } from '../cards/contract.ts'
import { AddressErrors } from '../uploads/contract.ts'

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
