import type { Calendar } from './dates.ts'
import { readFilter } from './filters.ts'
import { all, type Node, type Scope, type SearchQuery } from './node.ts'
import { readDays } from './plain-days.ts'
import { type TextToken, type Token, tokensOf, wordsIn } from './tokens.ts'

const MAX_DEPTH = 20
const MAX_TEXT_LENGTH = 10_000

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
  const lastText = tokens.findLastIndex(({ is }) => is !== 'close')
  const reading: Reading = { tokens, calendar, lastText, at: 0, excluding: 0, scope: 'live' }
  const root = readEither(reading, 0)
  const { scope } = reading
  if (root === undefined && scope === 'live') return undefined
  return { root: root ?? { is: 'all', of: [] }, scope }
}

/** Where a search is being read. */
interface Reading {
  readonly tokens: readonly Token[]
  readonly calendar: Calendar
  /** Of the last token that is no bracket. */
  readonly lastText: number
  at: number
  /** Of how many brackets with a minus it is inside. */
  excluding: number
  scope: Scope
}

const readEither = (reading: Reading, depth: number): Node | undefined => {
  const options: Node[] = []
  for (;;) {
    const option = readTogether(reading, depth)
    if (option !== undefined) options.push(option)
    if (reading.tokens[reading.at]?.is !== 'or') break
    reading.at += 1
  }
  return options.length < 2 ? options[0] : { is: 'any', of: options }
}

const readTogether = (reading: Reading, depth: number): Node | undefined => {
  const next = (): Token | undefined => reading.tokens[reading.at]
  const nodes: Node[] = []
  for (let token = next(); token !== undefined && token.is !== 'or'; token = next()) {
    if (token.is === 'close' && depth > 0) break
    const node = readOne(reading, depth, false)
    if (node !== undefined) nodes.push(node)
  }
  return nodes.length === 0 ? undefined : all(once(nodes))
}

const readOne = (reading: Reading, depth: number, negated: boolean): Node | undefined => {
  const { tokens, at, calendar, lastText } = reading
  const token = tokens[at]
  if (token?.is === 'not' && at + 1 < tokens.length && !negated) {
    reading.at += 1
    return not(readOne(reading, depth, true))
  }
  if (token?.is === 'open' && depth < MAX_DEPTH) return readBrackets(reading, depth, token.minus, negated)
  if (token?.is === 'text' && !token.minus && !negated) {
    const days = readDays(tokens, at, { calendar, lastText })
    if (days !== undefined) {
      reading.at += days.count
      return days.node
    }
  }
  reading.at += 1
  // Written in capitals, but with nothing on its other side: a word.
  if (token?.is === 'not') return { is: 'words', words: ['not'], prefix: false }
  if (token?.is !== 'text') return undefined
  const node = readText(reading, token, at === lastText && !negated && reading.excluding === 0)
  return token.minus ? not(node) : node
}

const readBrackets = (reading: Reading, depth: number, minus: boolean, negated: boolean): Node | undefined => {
  const excludes = minus || negated ? 1 : 0
  reading.at += 1
  reading.excluding += excludes
  const inner = readEither(reading, depth + 1)
  reading.excluding -= excludes
  if (reading.tokens[reading.at]?.is === 'close') reading.at += 1
  return minus ? not(inner) : inner
}

const readText = (reading: Reading, token: TextToken, isLast: boolean): Node | undefined => {
  const asked = token.key === undefined ? undefined : readFilter(token.key, token.text, reading.calendar)
  if (asked === undefined) return wordsIn(token, undefined, isLast)
  if ('scope' in asked) {
    if (!token.minus) reading.scope = asked.scope
    return undefined
  }
  return 'field' in asked ? wordsIn({ ...token, whole: token.text }, asked.field, isLast) : asked.node
}

const not = (node: Node | undefined): Node | undefined => (node === undefined ? undefined : { is: 'not', of: [node] })

const once = (nodes: readonly Node[]): Node[] => [
  ...new Map(nodes.map((node) => [JSON.stringify(node), node])).values(),
]
