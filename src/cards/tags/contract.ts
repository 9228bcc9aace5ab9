import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'

const TagSummary = z.object({
  name: z.string().meta({ example: 'recipes' }),
  count: z.number().int().describe('Cards that carry it, without the trash.'),
})

export const listTags = endpoint({
  method: 'GET',
  path: '/v1/tags',
  aliases: ['/api/v1/tags'],
  scope: 'cards:read',
  summary: 'List the tags in use',
  description: 'The most used first, then by name. Spellings that differ in case are counted apart.',
  returns: [200, z.object({ items: z.array(TagSummary) })],
})
