/** What another app hands over. @see https://developer.mozilla.org/docs/Web/Manifest/share_target */
export interface Shared {
  readonly title?: string
  readonly text?: string
  readonly url?: string
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value).trim() || undefined : undefined

export const parseShared = (search: Readonly<Record<string, unknown>>): Shared => {
  const read = { title: textOf(search.title), text: textOf(search.text), url: textOf(search.url) }
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined))
}

/**
 * The text of the card. A link alone becomes a card of that link: apps put it into any of the three, and often the title
 * as well, which the page itself says better.
 */
export const contentOf = ({ title, text, url }: Shared): string => {
  const isLink = (part: string): boolean => /^https?:\/\/\S+$/.test(part)
  const link = [url, text, title].find((part) => part !== undefined && isLink(part))
  const rest = [title, text].filter((part): part is string => part !== undefined && part !== link)
  if (link === undefined) return [...rest, ...(url === undefined ? [] : [url])].join('\n\n')
  const words = rest.filter((part) => part !== title)
  return words.length === 0 ? link : `${words.join('\n\n')}\n\n${link}`
}
