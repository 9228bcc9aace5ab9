import { type Calendar, parsePeriod } from './dates.ts'
import { readFilter } from './filters.ts'
import { all, type Node, type Scope, type SearchQuery, type Words } from './node.ts'
import { type TextToken, type Token, tokensOf } from './tokens.ts'
import { type Field, wordsOf } from './words.ts'

// So many words begin with one given letter that finding them all reads most of the index.
const MIN_PREFIX_LENGTH = 2
const MAX_DEPTH = 20
const MAX_TEXT_LENGTH = 10_000
const MAX_DATE_WORDS = 5

/**
 * Reads a search as people type it.
 *
 * Words are all required; `"words in quotes"` stand together; `-` excludes what follows it; `OR` is for one or the other,
 * brackets hold together. `key:value` filters. `soup*` is the beginning of a word, and so is, from two letters on, the
 * last word unless a quote or a minus says otherwise. Days in words also stand for what was created then.
 *
 * Every string is a search: what is neither a word nor of the grammar is passed over.
 *
 * @returns undefined when there is nothing in it to look for.
 */
export const parseQuery = (text: string, calendar: Calendar): SearchQuery | undefined => {
  const tokens = tokensOf(text.slice(0, MAX_TEXT_LENGTH))
  const parser = parserOf(tokens, calendar)
  const root = parser.either(0)
  const { scope } = parser
  if (root === undefined && scope() === 'live') return undefined
  return { root: root ?? { is: 'all', of: [] }, scope: scope() }
}

const parserOf = (tokens: readonly Token[], calendar: Calendar) => {
  let at = 0
  let scope: Scope = 'live'
  let excluding = 0
  let lastText = tokens.length - 1
  while (tokens[lastText]?.is === 'close') lastText -= 1

  const either = (depth: number): Node | undefined => {
    const options: Node[] = []
    for (;;) {
      const option = together(depth)
      if (option !== undefined) options.push(option)
      if (tokens[at]?.is !== 'or') break
      at += 1
    }
    return options.length < 2 ? options[0] : { is: 'any', of: options }
  }

  const together = (depth: number): Node | undefined => {
    const nodes: Node[] = []
    for (let token = tokens[at]; token !== undefined && token.is !== 'or'; token = tokens[at]) {
      if (token.is === 'close' && depth > 0) break
      const node = one(depth, false)
      if (node !== undefined) nodes.push(node)
    }
    return nodes.length === 0 ? undefined : all(once(nodes))
  }

  const one = (depth: number, negated: boolean): Node | undefined => {
    const token = tokens[at]
    if (token?.is === 'not' && at + 1 < tokens.length && !negated) {
      at += 1
      return not(one(depth, true))
    }
    if (token?.is === 'open' && depth < MAX_DEPTH) {
      at += 1
      excluding += token.minus || negated ? 1 : 0
      const inner = either(depth + 1)
      excluding -= token.minus || negated ? 1 : 0
      if (tokens[at]?.is === 'close') at += 1
      return token.minus ? not(inner) : inner
    }
    if (token?.is === 'text' && !token.minus && !negated) {
      const dated = daysHere()
      if (dated !== undefined) return dated
    }
    at += 1
    // Written in capitals, but with nothing on its other side: a word.
    if (token?.is === 'not') return { is: 'words', words: ['not'], prefix: false }
    if (token?.is !== 'text') return undefined
    const node = ofText(token, at - 1 === lastText && !negated && excluding === 0)
    return token.minus ? not(node) : node
  }

  /** `last week` is the week, or the two words: nobody loses a note because a day is named in it. */
  const daysHere = (): Node | undefined => {
    const words: string[] = []
    for (let next = tokens[at]; isPlain(next) && words.length < MAX_DATE_WORDS; next = tokens[at + words.length])
      words.push(next.text)
    for (let count = words.length; count > 0; count -= 1) {
      const said = words.slice(0, count).join(' ')
      const period = isDays(said, count === tokens.length) ? parsePeriod(said, calendar) : undefined
      if (period === undefined) continue
      const texts = tokens.slice(at, at + count).filter((token) => token.is === 'text')
      const last = at + count - 1
      const asWords = texts.flatMap((token, index) => wordsIn(token, undefined, at + index === lastText) ?? [])
      at = last + 1
      return { is: 'any', of: [{ is: 'filter', filter: { by: 'created', ...period } }, all(asWords)] }
    }
    return undefined
  }

  const ofText = (token: TextToken, isLast: boolean): Node | undefined => {
    const asked = token.key === undefined ? undefined : readFilter(token.key, token.text, calendar)
    if (asked === undefined) return wordsIn(token, undefined, isLast)
    if ('scope' in asked) {
      scope = token.minus ? scope : asked.scope
      return undefined
    }
    return 'field' in asked ? wordsIn({ ...token, whole: token.text }, asked.field, isLast) : asked.node
  }

  return { either, scope: (): Scope => scope }
}

const isPlain = (token: Token | undefined): token is TextToken =>
  token?.is === 'text' && !token.quoted && !token.minus && token.key === undefined

const RELATIVE =
  /^(?:today|yesterday|(?:this|last|past|previous) .+|.+ ago|(?:\w+day)|q[1-4] \d{4}|\d{4} q[1-4]|\d{4}-\d{1,2}-\d{1,2}|(?:from )?\S+ (?:to|-) \S+)$/i
const MONTH_NAME = /^(?:january|february|april|june|july|august|september|october|november|december)$/i
const DATED_MONTH = /^[a-z]{3,9} (?:\d{1,2}(?:st|nd|rd|th)?,? )?\d{4}$|^\d{1,2} [a-z]{3,9} \d{4}$/i

// `may` and `march` are verbs, and a number is mostly a number.
const isDays = (said: string, isAll: boolean): boolean =>
  isAll || RELATIVE.test(said) || MONTH_NAME.test(said) || DATED_MONTH.test(said)

const wordsIn = (token: TextToken, field: Field | undefined, isLast: boolean): Words | undefined => {
  const words = wordsOf(token.whole)
  if (words.length === 0) return undefined
  const isStarred = /\*["')\]]*$/.test(token.whole)
  const isOpen = isStarred || (isLast && !token.minus && !(token.quoted && token.closed))
  const prefix = isOpen && (words.at(-1) ?? '').length >= MIN_PREFIX_LENGTH
  return { is: 'words', words, prefix, ...(field === undefined ? {} : { field }) }
}

const not = (node: Node | undefined): Node | undefined => (node === undefined ? undefined : { is: 'not', of: [node] })

const once = (nodes: readonly Node[]): Node[] => [
  ...new Map(nodes.map((node) => [JSON.stringify(node), node])).values(),
]
