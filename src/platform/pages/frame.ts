import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { RequestInfo } from '../http/index.ts'
import { type Html, html, Html as Raw } from './html.ts'

const STYLE = ['./colors.css', './page.css']
  .map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'))
  .join('')
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** @param formTargets Where its forms lead besides our own addresses: origins, or schemes such as `app:`. */
export const pagePolicy = (formTargets: readonly string[] = []): string =>
  `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src 'self'; media-src 'self'; form-action ${["'self'", ...formTargets].join(' ')}; base-uri 'none'; frame-ancestors 'none'`

/** Of every page: no script, no other host, not in a frame, in no cache and no search engine, and no one hears of the address. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': pagePolicy(),
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
  'cache-control': 'no-store',
  vary: 'accept, cookie',
}

/** Whether somebody will look at the answer: browsers say that they take HTML, and programs are told things as JSON. */
export const wantsPage = ({ headers }: Pick<RequestInfo, 'headers'>): boolean =>
  /\btext\/html\b/i.test(headers.accept ?? '')

export interface FrameOptions {
  /** For lists. */
  readonly wide?: boolean
  readonly footer?: string
}

/** A whole page. */
export const frame = (title: string, content: Html, { wide = false, footer = 'Latchkey' }: FrameOptions = {}): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Raw(STYLE)}</style>
</head>
<body>
<main${new Raw(wide ? ' class="wide"' : '')}>
<div class="card">
${content}
</div>
</main>
<footer>${footer}</footer>
</body>
</html>
`.text

// Marks that turn the direction of writing make `gpj.exe` look like `exe.jpg`.
const TURNING = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu

/** A name as somebody else chose it. */
export const shown = (name: string): string => name.replace(TURNING, '')

const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

export const moment = (ms: number): Html =>
  html`<time datetime="${new Date(ms).toISOString()}">${DATE.format(ms)} UTC</time>`
