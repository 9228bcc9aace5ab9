import { defineErrors } from '../../platform/errors.ts'

export const ConditionErrors = defineErrors({
  PRECONDITION_FAILED: [412, 'The card has changed since you read it. Read it again before you change it.'],
})

/** The `ETag` of a card: no two changes of a card have the same moment. */
export const etagOf = ({ updatedAt }: { readonly updatedAt: number }): string => `"${updatedAt.toString(36)}"`

/**
 * Whether a list of entity tags names this one.
 *
 * @param header The value of `If-Match` or `If-None-Match`.
 * @param weak Whether `W/"…"` counts; it does not for `If-Match`.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
 */
export const namesEtag = (header: string, etag: string, weak: boolean): boolean => {
  const tags = header.trim() === '*' ? ['*'] : (header.match(/(?:W\/)?"[^"]*"/g) ?? [])
  return tags.some((tag) => tag === '*' || tag === etag || (weak && tag === `W/${etag}`))
}
