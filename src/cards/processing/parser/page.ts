import { Parser } from 'htmlparser2'
import { articleFinder } from './article.ts'
import { type LinkedData, readLinkedData } from './json-ld.ts'
import type { PageDetails } from './protocol.ts'

const MOST_DEPTH = 2_000
const MOST_EVENTS = 400_000
const MOST_METAS = 500
const MOST_JSON_CHARS = 500_000
const MOST_FIELD_CHARS = 2_000
const MOST_URL_CHARS = 4_000
const MOST_TEXT_CHARS = 200_000

// What is never shown, and what is shown but is no text of the page.
const SILENT = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'svg',
  'math',
  'iframe',
  'object',
  'select',
  'textarea',
  'button',
  'canvas',
  'title',
  'head',
])

interface Seen {
  readonly metas: Map<string, string>
  readonly icons: { href: string; score: number }[]
  title: string
  heading: string
  canonical: string | undefined
  base: string | undefined
  time: string | undefined
  linked: LinkedData
}

class Enough extends Error {}

/**
 * What a page says of itself, and its text. One pass without a tree, so that neither nesting nor size decides about the
 * memory; a page that goes on for too long is judged by its beginning.
 *
 * @param url Where it came from in the end: addresses in it are relative to that.
 */
export const readPage = (html: string, url: string): PageDetails => {
  const seen: Seen = {
    metas: new Map(),
    icons: [],
    title: '',
    heading: '',
    canonical: undefined,
    base: undefined,
    time: undefined,
    linked: {},
  }
  const finder = articleFinder()
  try {
    const parser = new Parser(pageHandler(seen, finder), { decodeEntities: true, lowerCaseTags: true })
    parser.write(html)
    parser.end()
  } catch (error) {
    if (!(error instanceof Enough)) throw error
  }
  const article = finder.article()
  return { ...toDetails(seen, url), text: cut(article === '' ? finder.all() : article, MOST_TEXT_CHARS) }
}

type Finder = ReturnType<typeof articleFinder>

const pageHandler = (seen: Seen, finder: Finder) => {
  const silence: string[] = []
  let depth = 0
  let events = 0
  let taking: 'title' | 'heading' | 'json' | undefined
  let json = ''
  const count = (): void => {
    events += 1
    if (events > MOST_EVENTS || depth > MOST_DEPTH) throw new Enough()
  }
  return {
    onopentag(name: string, attributes: Record<string, string>): void {
      depth += 1
      count()
      if (name === 'meta') noteMeta(seen, attributes)
      else if (name === 'link') noteLink(seen, attributes)
      else if (name === 'base') seen.base ??= attributes.href
      else if (name === 'time') seen.time ??= attributes.datetime
      if (name === 'title' && !silence.includes('svg')) taking = 'title'
      if (name === 'h1' && seen.heading === '') taking = 'heading'
      if (name === 'script' && /^application\/ld\+json/i.test(attributes.type ?? '')) taking = 'json'
      if (name === 'body') silence.length = 0
      if (SILENT.has(name)) silence.push(name)
      else if (silence.length === 0) finder.open(name, attributes)
    },
    ontext(text: string): void {
      count()
      if (taking === 'title' && seen.title.length < MOST_FIELD_CHARS) seen.title += text
      if (taking === 'heading' && seen.heading.length < MOST_FIELD_CHARS) seen.heading += text
      if (taking === 'json' && json.length < MOST_JSON_CHARS) json += text
      if (silence.length === 0) finder.text(text)
    },
    onclosetag(name: string): void {
      depth -= 1
      if (name === 'script' && taking === 'json') {
        seen.linked = { ...readLinkedData(json), ...dropUndefined(seen.linked) }
        json = ''
      }
      if (name === 'title' || name === 'h1' || name === 'script') taking = undefined
      if (silence.at(-1) === name) silence.pop()
      else if (silence.length === 0) finder.close(name)
    },
  }
}

const dropUndefined = (data: LinkedData): LinkedData =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))

const noteMeta = ({ metas }: Seen, attributes: Record<string, string>): void => {
  const { property, name, itemprop, content } = attributes
  const key = (property ?? name ?? itemprop ?? '').trim().toLowerCase()
  if (key === '' || content === undefined || content.trim() === '' || metas.size > MOST_METAS || metas.has(key)) return
  metas.set(key, content.slice(0, MOST_URL_CHARS))
}

const noteLink = (seen: Seen, { rel = '', href = '', sizes = '' }: Record<string, string>): void => {
  const kinds = rel.toLowerCase().split(/\s+/)
  if (href === '' || href.length > MOST_URL_CHARS) return
  if (kinds.includes('canonical')) seen.canonical ??= href
  if (seen.icons.length > 20) return
  if (kinds.includes('icon'))
    seen.icons.push({ href, score: 100 - Math.abs((Number.parseInt(sizes, 10) || 16) - 32) / 8 })
  if (kinds.includes('apple-touch-icon')) seen.icons.push({ href, score: 50 })
}

const toDetails = (seen: Seen, url: string): Omit<PageDetails, 'text'> => {
  const { metas, linked } = seen
  const first = (...names: string[]): string | undefined =>
    names.map((name) => metas.get(name)).find((value) => value !== undefined)
  const base = resolve(seen.base, url) ?? url
  // Drawings can hold programs and are not shown; the others are looked at from the best on.
  const icons = seen.icons.filter(({ href }) => !/\.svg(?:$|[?#])/i.test(href)).sort((a, b) => b.score - a.score)
  return {
    title: field(first('og:title', 'twitter:title') ?? linked.title ?? (seen.title.trim() || seen.heading)),
    description: field(first('og:description', 'twitter:description', 'description') ?? linked.description),
    siteName: field(first('og:site_name', 'application-name', 'al:ios:app_name')),
    author: field(
      authorOf(first('author', 'dc.creator', 'parsely-author', 'article:author')) ??
        linked.author ??
        first('twitter:creator'),
    ),
    publisher: field(linked.publisher ?? first('publisher', 'dc.publisher')),
    publishedAt: dateOf(
      first('article:published_time', 'datepublished', 'date', 'dc.date', 'parsely-pub-date') ??
        linked.publishedAt ??
        seen.time,
    ),
    canonicalUrl: resolve(seen.canonical ?? first('og:url'), base),
    imageUrl: resolve(
      first('og:image:secure_url', 'og:image', 'og:image:url', 'twitter:image', 'twitter:image:src') ?? linked.image,
      base,
    ),
    iconUrls: [...icons.slice(0, 2).map(({ href }) => resolve(href, base)), resolve('/favicon.ico', url)].filter(
      (icon) => icon !== null,
    ),
  }
}

// Some name the author's page there.
const authorOf = (text: string | undefined): string | undefined => (/^https?:/i.test(text ?? '') ? undefined : text)

const field = (text: string | undefined): string | null => {
  const clean = (text ?? '').replace(/[\p{Cc}\s]+/gu, ' ').trim()
  return clean === '' ? null : cut(clean, MOST_FIELD_CHARS)
}

/** At most so many characters, none of them cut in half, and none that a database refuses. */
export const cut = (text: string, length: number): string => text.slice(0, length).toWellFormed().replaceAll('\0', '')

const dateOf = (text: string | undefined): number | null => {
  const ms = Date.parse((text ?? '').trim().slice(0, 40))
  return Number.isNaN(ms) || ms < 0 ? null : ms
}

const resolve = (href: string | undefined, base: string): string | null => {
  const url = href === undefined || href.length > MOST_URL_CHARS ? null : URL.parse(href.trim(), base)
  return url !== null && ['http:', 'https:'].includes(url.protocol) ? url.href : null
}
