import { defineErrors } from '../../platform/errors.ts'

export const IdempotencyErrors = defineErrors({
  CONFLICT: [409, 'This Idempotency-Key belongs to another request, or to one that is still running.'],
})
