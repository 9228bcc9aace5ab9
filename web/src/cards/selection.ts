/** What is selected, and where the next stretch begins. */
export interface Selection {
  readonly ids: ReadonlySet<string>
  readonly anchor: string | undefined
}

export const NOTHING: Selection = { ids: new Set(), anchor: undefined }

/**
 * Selects one item, or takes it out; with `stretch` everything from the last one to it.
 *
 * @param order Of all items, as they stand on the page.
 */
export const toggled = (
  { ids, anchor }: Selection,
  id: string,
  { stretch, order }: { readonly stretch: boolean; readonly order: readonly string[] },
): Selection => {
  const next = new Set(ids)
  const [from, to] = [anchor === undefined ? -1 : order.indexOf(anchor), order.indexOf(id)]
  if (stretch && from >= 0 && to >= 0) {
    for (const between of order.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(between)
    return { ids: next, anchor: id }
  }
  if (!next.delete(id)) next.add(id)
  return { ids: next, anchor: id }
}
