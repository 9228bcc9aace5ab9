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
