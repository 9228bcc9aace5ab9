import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { CardErrors, TagName } from '../cards/contract.ts'

const TagSummary = z.object({
  name: z.string().meta({ example: 'recipes' }),
  count: z.number().int().describe('Cards that carry it, without the trash.'),
})

const TagParams = z.object({ name: z.string() })
const ChangedTag = z.object({
  name: z.string(),
  changed: z.int().describe('Cards that changed, those in the trash too.'),
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

export const renameTag = endpoint({
  method: 'PATCH',
  path: '/v1/tags/:name',
  aliases: ['/api/v1/tags/:name'],
  scope: 'cards:write',
  summary: 'Rename a tag on all cards',
  description: 'Exactly this spelling. Cards that have the new name already keep it once.',
  params: TagParams,
  body: z.strictObject({ name: TagName }),
  returns: [200, ChangedTag],
  errors: { NOT_FOUND: CardErrors.NOT_FOUND },
})

export const mergeTags = endpoint({
  method: 'POST',
  path: '/v1/tags/merge',
  aliases: ['/api/v1/tags/merge'],
  scope: 'cards:write',
  summary: 'Make one tag of several',
  description: 'Names that no card has are passed over; at least one must be in use.',
  body: z.strictObject({ from: z.array(TagName).min(1, 'from must name a tag.').max(100), into: TagName }),
  returns: [200, ChangedTag],
  errors: { NOT_FOUND: CardErrors.NOT_FOUND },
})

export const deleteTag = endpoint({
  method: 'DELETE',
  path: '/v1/tags/:name',
  aliases: ['/api/v1/tags/:name'],
  scope: 'cards:write',
  summary: 'Take a tag off all cards',
  description: 'Exactly this spelling. The cards stay.',
  params: TagParams,
  returns: [200, ChangedTag],
  errors: { NOT_FOUND: CardErrors.NOT_FOUND },
})
