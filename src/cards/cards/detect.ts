import { parsePalette } from '../palettes/palette.ts'
import { type CardType, isHttpUrl } from './contract.ts'
import { isQuote } from './detect-quote.ts'

/** What a text is, for a card that was sent without a type. */
export interface Detected {
  readonly type: CardType
  readonly url: string | null
}

/**
 * Only what a text is as a whole decides, never something that occurs in it: a note about a link, a colour or a
 * saying stays a note.
 */
export const detectType = (content: string): Detected => {
  const text = content.trim()
  const url = parseLink(text)
  if (url !== undefined) return { type: 'link', url }
  if (isQuote(text)) return { type: 'quote', url: null }
  if (parsePalette(text) !== undefined) return { type: 'palette', url: null }
  return { type: 'text', url: null }
}

const MAX_URL_LENGTH = 8192
const MARKDOWN = /^\[[^\][\n]{0,300}\]\((\S+)\)$/
const TRAILING = /[.,;:!?…'"»”’*_\]}>。、，；：！？」』）】]$/u
const FRAMES: Readonly<Record<string, string>> = { '<': '>', '(': ')', '[': ']', '「': '」', '（': '）' }

/**
 * The address of a text that is nothing but one, in brackets or as a Markdown link too. Punctuation behind it is not
 * part of it, nor a bracket that closes none of its own.
 */
export const parseLink = (text: string): string | undefined => {
  if (text.length > MAX_URL_LENGTH + 310) return undefined
  const markdown = MARKDOWN.exec(text)?.[1]
  const closing = FRAMES[text.charAt(0)]
  const framed = closing !== undefined && text.endsWith(closing) ? text.slice(1, -1).trim() : text
  const url = withoutTail(markdown ?? framed)
  return url.length <= MAX_URL_LENGTH && isHttpUrl(url) ? url : undefined
}

const withoutTail = (text: string): string => {
  let url = text
  for (;;) {
    const isOpen = url.endsWith(')') && count(url, ')') > count(url, '(')
    if (!isOpen && !TRAILING.test(url)) return url
    // A host of IPv6 ends with a bracket of its own.
    if (url.endsWith(']') && count(url, ']') <= count(url, '[')) return url
    if (/[*_]$/.test(url) && !/^[*_]/.test(text)) return url
    url = url.slice(0, -1)
  }
}

const count = (text: string, character: string): number => text.split(character).length - 1
