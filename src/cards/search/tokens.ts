import type { Words } from './node.ts'
import { type Field, wordsOf } from './words.ts'

/** A piece of a search. */
export type Token =
  | { readonly is: 'open'; readonly minus: boolean }
  | { readonly is: 'close' }
  | { readonly is: 'or' }
  | { readonly is: 'and' }
  | { readonly is: 'not' }
  | TextToken

export interface TextToken {
  readonly is: 'text'
  readonly minus: boolean
  /** Before a colon, as in `tag:soup`; it may be no key of the grammar. */
  readonly key: string | undefined
  readonly text: string
  readonly quoted: boolean
  /** True for a quote that ends with one too. */
  readonly closed: boolean
  /** What was written, with key and colon, without minus and quotes. */
  readonly whole: string
}

const PIECE = /(-?)(?:([A-Za-z]{2,12}):)?(?:["“”„]([^"“”]*)(["“”]?)|([^\s"“”]+))|\S/gu
const SIGNS: Readonly<Record<string, Token>> = {
  OR: { is: 'or' },
  '|': { is: 'or' },
  '||': { is: 'or' },
  AND: { is: 'and' },
  '&': { is: 'and' },
  '&&': { is: 'and' },
  NOT: { is: 'not' },
}

/** Cuts a search into pieces. Brackets count at the beginning and at the end of a word only, so `f(x)` is one. */
export const tokensOf = (text: string): Token[] => {
  const tokens: Token[] = []
  let depth = 0
  // A bracket before a word is a piece of its own, and so needs a space on either side.
  const spaced = text.replace(/(^|[\s(])(-?)\((?=[^)])/g, '$1 $2( ').replace(/(^|[\s(])(-?)\((?=[^)])/g, '$1 $2( ')
  for (const match of spaced.matchAll(PIECE)) {
    const [whole, minus = '', key, quoted, closing, bare] = match
    if (whole === '(' || whole === '-(') {
      depth += 1
      tokens.push({ is: 'open', minus: whole !== '(' })
      continue
    }
    const sign = SIGNS[whole]
    if (sign !== undefined) {
      tokens.push(sign)
      continue
    }
    const closed = quoted === undefined ? Math.min(depth, /\)*$/.exec(bare ?? whole)?.[0].length ?? 0) : 0
    const isCall = quoted === undefined && /\([^)]*\)$/.test(bare ?? '')
    const cut = isCall ? Math.max(0, closed - 1) : closed
    const said = quoted ?? (bare ?? '').slice(0, (bare ?? '').length - cut)
    const written = key === undefined ? said : `${key}:${said}`
    if (said !== '' || quoted !== undefined)
      tokens.push({
        ...{ is: 'text', minus: minus !== '', key, text: said, whole: written },
        ...{ quoted: quoted !== undefined, closed: closing !== undefined && closing !== '' },
      })
    for (let at = 0; at < cut; at += 1) tokens.push({ is: 'close' })
    depth -= cut
  }
  return tokens
}

// So many words begin with one given letter that finding them all reads most of the index.
const MIN_PREFIX_LENGTH = 2

/** The words of a token, next to each other. @param isLast Whether more of it may still be typed. */
export const wordsIn = (token: TextToken, field: Field | undefined, isLast: boolean): Words | undefined => {
  const words = wordsOf(token.whole)
  if (words.length === 0) return undefined
  const isStarred = /\*["')\]]*$/.test(token.whole)
  const isOpen = isStarred || (isLast && !token.minus && !(token.quoted && token.closed))
  const prefix = isOpen && (words.at(-1) ?? '').length >= MIN_PREFIX_LENGTH
  return { is: 'words', words, prefix, ...(field === undefined ? {} : { field }) }
}
