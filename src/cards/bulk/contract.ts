import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { CARD_TYPES, CardFields, refuseNewCard } from '../cards/contract.ts'
import { IdempotencyErrors } from '../idempotency/errors.ts'

const { content, url, notes, tags } = CardFields
const cardId = z.string('cardId must be the id of a card.')

/** What one item of each operation is; other keys are passed over. */
export const BulkItems = {
  create: z
    .object({ cardType: z.enum(CARD_TYPES), content, url, notes, tags, source: z.string().max(200) })
    .partial()
    .superRefine((card, context) => {
      const message = refuseNewCard(card)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    }),
  update: z
    .object({ cardId, ...z.object({ content, url, notes, tags, type: z.enum(CARD_TYPES) }).partial().shape })
    .refine(({ cardId: _, ...changes }) => Object.keys(changes).length > 0, 'Send at least one field to change.'),
  favorite: z.object({ cardId, isFavorited: z.boolean() }),
  delete: z.object({ cardId }),
} as const
export type BulkOperation = keyof typeof BulkItems
const OPERATIONS = ['create', 'update', 'favorite', 'delete'] as const satisfies readonly BulkOperation[]

/** The outcome of one item: `success` with the card, or `error`. */
const BulkResult = z.object({
  index: z.int(),
  status: z.enum(['success', 'error']),
  cardId: z.string().optional(),
  duplicateOf: z.string().optional(),
  error: z.string().optional(),
  code: z.string().optional(),
})
export type BulkResult = z.infer<typeof BulkResult>

export const bulkCards = endpoint({
  method: 'POST',
  path: '/v1/cards/bulk',
  aliases: ['/api/v1/cards/bulk'],
  scope: 'cards:write',
  summary: 'Create, change, favour or delete up to 100 cards',
  description:
    'Each item has its own result; one that is refused does not hold up the others. The whole counts as one request against every limit. With `Idempotency-Key` it is done once in 24 hours.',
  body: z.strictObject({
    operation: z.enum(OPERATIONS),
    items: z.array(z.unknown()).min(1, 'items must not be empty.').max(100, 'items can be at most 100.'),
  }),
  returns: [
    200,
    z.object({
      operation: z.enum(OPERATIONS),
      results: z.array(BulkResult),
      summary: z.object({ total: z.int(), succeeded: z.int(), failed: z.int() }),
    }),
  ],
  errors: IdempotencyErrors,
})
