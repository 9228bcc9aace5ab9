import type { StoredCard } from '../cards/repo.ts'

/** What a feed shows. */
export interface Feed {
  readonly title: string
  /** Where the web app is. */
  readonly homeUrl: string
  /** The feed's own address. */
  readonly selfUrl: string
  /** Stays when the address changes. */
  readonly id: string
  /** Of the last change, in milliseconds. */
  readonly updatedAt: number
  readonly entries: readonly Entry[]
}

export interface Entry {
  readonly id: string
  readonly title: string
  /** Where a reader goes: the saved page, or else the card. */
  readonly url: string
  readonly text: string
  readonly tags: readonly string[]
  readonly createdAt: number
  readonly updatedAt: number
}

export interface Format {
  readonly mediaType: string
  print(feed: Feed): string
}

const MAX_TITLE_LENGTH = 120

/** @param appUrl Of the card. */
export const toEntry = (card: StoredCard, appUrl: string): Entry => ({
  id: card.id,
  title: titleOf(card),
  url: card.url ?? appUrl,
  text: [card.description, card.content, card.notes].filter((part) => part !== null && part.trim() !== '').join('\n\n'),
  tags: card.tags,
  createdAt: card.createdAt,
  updatedAt: card.updatedAt,
})

const titleOf = ({ title, content, url, file, type }: StoredCard): string => {
  const [line = ''] = content.trim().split('\n', 1)
  const whole = title ?? (line.trim() || (url ?? file?.name ?? type))
  const characters = [...whole]
  return characters.length > MAX_TITLE_LENGTH ? `${characters.slice(0, MAX_TITLE_LENGTH).join('')}…` : whole
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

// Most control characters cannot stand in XML at all: https://www.w3.org/TR/xml/#charsets
const UNPRINTABLE = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu

const xml = (text: string): string =>
  text.replace(UNPRINTABLE, '').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

const toIso = (ms: number): string => new Date(ms).toISOString()
const toRfc822 = (ms: number): string => new Date(ms).toUTCString()
const toUrn = ({ id }: { readonly id: string }): string => `urn:latchkey:${id}`
// What a card says is text: a reader that takes the field for HTML must see the same.
const toHtml = (text: string): string => xml(text).replaceAll('\n', '<br>')

/** @see https://www.rssboard.org/rss-specification */
const rss: Format = {
  mediaType: 'application/rss+xml; charset=utf-8',
  print: (feed) => `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<title>${xml(feed.title)}</title>
<link>${xml(feed.homeUrl)}</link>
<description>${xml(feed.title)}</description>
<atom:link rel="self" type="application/rss+xml" href="${xml(feed.selfUrl)}"/>
<lastBuildDate>${toRfc822(feed.updatedAt)}</lastBuildDate>
${feed.entries
  .map(
    (entry) => `<item>
<title>${xml(entry.title)}</title>
<link>${xml(entry.url)}</link>
<guid isPermaLink="false">${xml(toUrn(entry))}</guid>
<pubDate>${toRfc822(entry.createdAt)}</pubDate>
${entry.tags.map((tag) => `<category>${xml(tag)}</category>\n`).join('')}<description>${xml(toHtml(entry.text))}</description>
</item>
`,
  )
  .join('')}</channel></rss>
`,
}

/** @see https://www.rfc-editor.org/rfc/rfc4287 */
const atom: Format = {
  mediaType: 'application/atom+xml; charset=utf-8',
  print: (feed) => `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<id>${xml(toUrn(feed))}</id>
<title>${xml(feed.title)}</title>
<updated>${toIso(feed.updatedAt)}</updated>
<author><name>Latchkey</name></author>
<link rel="self" href="${xml(feed.selfUrl)}"/>
<link rel="alternate" href="${xml(feed.homeUrl)}"/>
${feed.entries
  .map(
    (entry) => `<entry>
<id>${xml(toUrn(entry))}</id>
<title>${xml(entry.title)}</title>
<link rel="alternate" href="${xml(entry.url)}"/>
<published>${toIso(entry.createdAt)}</published>
<updated>${toIso(entry.updatedAt)}</updated>
${entry.tags.map((tag) => `<category term="${xml(tag)}"/>\n`).join('')}<content type="text">${xml(entry.text)}</content>
</entry>
`,
  )
  .join('')}</feed>
`,
}

/** @see https://www.jsonfeed.org/version/1.1/ */
const json: Format = {
  mediaType: 'application/feed+json; charset=utf-8',
  print: (feed) =>
    JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title: feed.title,
      home_page_url: feed.homeUrl,
      feed_url: feed.selfUrl,
      items: feed.entries.map((entry) => ({
        id: toUrn(entry),
        url: entry.url,
        title: entry.title,
        content_text: entry.text,
        date_published: toIso(entry.createdAt),
        date_modified: toIso(entry.updatedAt),
        tags: entry.tags,
      })),
    }),
}

/** By the ending of the address. */
export const FORMATS: ReadonlyMap<string, Format> = new Map([
  ['rss', rss],
  ['atom', atom],
  ['json', json],
])
