import { defineErrors } from '../../platform/errors.ts'

export const ConditionErrors = defineErrors({
  PRECONDITION_FAILED: [412, 'The card has changed since you read it. Read it again before you change it.'],
})

/** The `ETag` of a card: no two changes of a card have the same moment. */
export const etagOf = ({ updatedAt }: { readonly updatedAt: number }): string => `"${updatedAt.toString(36)}"`
