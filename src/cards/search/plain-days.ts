import { type Calendar, parsePeriod } from './dates.ts'
import { all, type Node } from './node.ts'
import { type TextToken, type Token, wordsIn } from './tokens.ts'

const MAX_DATE_WORDS = 5

const RELATIVE =
  /^(?:today|yesterday|(?:this|last|past|previous) .+|.+ ago|(?:\w+day)|q[1-4] \d{4}|\d{4} q[1-4]|\d{4}-\d{1,2}-\d{1,2}|(?:from )?\S+ (?:to|-) \S+)$/i
const MONTH_NAME = /^(?:january|february|april|june|july|august|september|october|november|december)$/i
const DATED_MONTH = /^[a-z]{3,9} (?:\d{1,2}(?:st|nd|rd|th)?,? )?\d{4}$|^\d{1,2} [a-z]{3,9} \d{4}$/i

/**
 * Days that are named without a key: `last week` is the week, or the two words, so nobody loses a note because a day is
 * named in it.
 *
 * @returns And of how many tokens from `at` on they are; undefined when none are named there.
 */
export const readDays = (
  tokens: readonly Token[],
  at: number,
  { calendar, lastText }: { readonly calendar: Calendar; readonly lastText: number },
): { readonly node: Node; readonly count: number } | undefined => {
  const plain = plainTokens(tokens, at)
  for (let count = plain.length; count > 0; count -= 1) {
    const texts = plain.slice(0, count)
    const said = texts.map(({ text }) => text).join(' ')
    const period = isDays(said, count === tokens.length) ? parsePeriod(said, calendar) : undefined
    if (period === undefined) continue
    const words = texts.flatMap((token, index) => wordsIn(token, undefined, at + index === lastText) ?? [])
    return { node: { is: 'any', of: [{ is: 'filter', filter: { by: 'created', ...period } }, all(words)] }, count }
  }
  return undefined
}

const plainTokens = (tokens: readonly Token[], at: number): TextToken[] => {
  const found: TextToken[] = []
  for (let next = tokens[at]; isPlain(next) && found.length < MAX_DATE_WORDS; next = tokens[at + found.length])
    found.push(next)
  return found
}

const isPlain = (token: Token | undefined): token is TextToken =>
  token?.is === 'text' && !token.quoted && !token.minus && token.key === undefined

// `may` and `march` are verbs, and a number is mostly a number.
const isDays = (said: string, isAll: boolean): boolean =>
  isAll || RELATIVE.test(said) || MONTH_NAME.test(said) || DATED_MONTH.test(said)
