/** A card as far as lists care. */
interface Listed {
  readonly id: string
  readonly createdAt: number
}

interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}

interface Pages<P> {
  readonly pages: P[]
  readonly pageParams: string[]
}

/** @param change Gives undefined for what leaves the list. Pages without any of them stay the same objects. */
export const changeInPages = <Item extends Listed, P extends Page<Item>>(
  list: Pages<P>,
  ids: ReadonlySet<string>,
  change: (item: Item) => Item | undefined,
): Pages<P> => ({
  ...list,
  pages: list.pages.map((page) =>
    page.items.some(({ id }) => ids.has(id))
      ? { ...page, items: page.items.flatMap((item) => (ids.has(item.id) ? (change(item) ?? []) : item)) }
      : page,
  ),
})

/**
 * Puts cards that a list by age does not have yet where they belong. What belongs behind the last page that was loaded is
 * left out: it comes with its page.
 */
export const addToPages = <Item extends Listed, P extends Page<Item>>(
  list: Pages<P>,
  items: readonly Item[],
  sort: 'newest' | 'oldest',
): Pages<P> => {
  const isBefore = (one: Item, other: Item): boolean =>
    sort === 'newest' ? one.createdAt >= other.createdAt : one.createdAt < other.createdAt
  const known = new Set(list.pages.flatMap((page) => page.items.map(({ id }) => id)))
  let pages = list.pages
  for (const item of items.filter(({ id }) => !known.has(id))) {
    let at = pages.findIndex((page) => page.items.some((other) => isBefore(item, other)))
    if (at < 0 && pages.at(-1)?.nextCursor === null) at = pages.length - 1
    pages = pages.map((page, index) => (index === at ? { ...page, items: inserted(page.items, item, isBefore) } : page))
  }
  return { ...list, pages }
}

const inserted = <Item>(items: readonly Item[], item: Item, isBefore: (one: Item, other: Item) => boolean): Item[] => {
  const at = items.findIndex((other) => isBefore(item, other))
  return at < 0 ? [...items, item] : [...items.slice(0, at), item, ...items.slice(at)]
}
