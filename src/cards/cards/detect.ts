import { type CardType, isHttpUrl } from './contract.ts'

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
  if (isHttpUrl(text)) return { type: 'link', url: text }
  if (isQuote(text)) return { type: 'quote', url: null }
  if (isPalette(text)) return { type: 'palette', url: null }
  return { type: 'text', url: null }
}

// ── Quotes ───────────────────────────────────────────────────────────────────────────────────────

const MAX_QUOTE_LENGTH = 16_384
const CLOSING: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '“': '”',
  '”': '”',
  '„': '“”',
  '‘': '’',
  '‚': '‘’',
  '«': '»',
  '»': '«',
  '‹': '›',
  '›': '‹',
  '「': '」',
  '『': '』',
}
const ATTRIBUTION = /^\s*(?:[-–—―~]{1,2}\s*\S.{0,120}|\(.{1,120}\))$/

const isQuote = (text: string): boolean => {
  if (text.length > MAX_QUOTE_LENGTH) return false
  const opening = text.charAt(0)
  const closing = CLOSING[opening]
  if (closing === undefined) return false
  const end = [...text].findIndex((character, index) => index > 0 && closing.includes(character))
  if (end < 0) return false
  const characters = [...text]
  const inner = characters.slice(1, end).join('')
  const rest = characters.slice(end + 1).join('')
  if (inner.trim() === '' || [...rest].some((character) => character === opening || closing.includes(character)))
    return false
  return rest === '' || ATTRIBUTION.test(rest)
}

// ── Palettes ─────────────────────────────────────────────────────────────────────────────────────

const MAX_PALETTE_LENGTH = 4096
const MAX_LABEL_WORDS = 3
const COLOR =
  /#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})(?![\p{L}\p{N}_-])|\b(?:rgb|hsl)a?\([\d\s.,%/+-]{5,60}(?:deg)?[\d\s.,%/]*\)/giu
const MARK = '\u{e000}'

/**
 * A list of colours, each with a label of a few words at most, or one colour alone. Names of colours do not count,
 * because they are words; nor does a text whose only colours could as well be numbers of issues or hashtags.
 */
const isPalette = (text: string): boolean => {
  if (text.length > MAX_PALETTE_LENGTH || text.includes(MARK)) return false
  const colors = text.match(COLOR) ?? []
  if (!colors.some(isSurelyColor)) return false
  const entries = text
    .replace(COLOR, MARK)
    .replace(/["'`{}[\]]/g, ' ')
    .split(/[\n,;]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && entry !== ':root')
  return entries.every(isEntry) && (colors.length > 1 || /^(?:--[\w-]+\s*:\s*)?\u{e000}$/u.test(entries.join(' ')))
}

const isEntry = (entry: string): boolean => {
  const colors = entry.split(MARK).length - 1
  const [before = '', ...others] = entry.split(MARK).map((part) => part.replace(/^[\s:=–—-]+|[\s:=–—-]+$/g, ''))
  const after = others.at(-1) ?? ''
  if (colors === 0 || others.slice(0, -1).some((between) => between !== '')) return false
  if (before !== '' && after !== '') return false
  return `${before}${after}`.split(/\s+/).length <= MAX_LABEL_WORDS
}

// #123 may be an issue and #cafe a hashtag; six digits, or letters and digits mixed, are taken for a colour.
const isSurelyColor = (color: string): boolean =>
  !color.startsWith('#') || color.length > 5 || (/\d/.test(color) && /[a-f]/i.test(color))
