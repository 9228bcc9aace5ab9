import type { Entity } from '../state.ts'
import { byteOffset, cannotParse, customEmojiId, type Formatted, linkEntity, sortEntities } from './formatted.ts'
import { readBlockHead } from './markdown.ts'

/** How Telegram's complaints call each kind. */
const NAMES: Record<string, string> = {
  bold: 'Bold',
  italic: 'Italic',
  underline: 'Underline',
  strikethrough: 'Strikethrough',
  spoiler: 'Spoiler',
  code: 'Code',
  pre: 'Pre',
  text_link: 'TextUrl',
  custom_emoji: 'CustomEmoji',
}

/** What opens each kind; a longer mark is tried before a shorter one. */
const OPENERS: readonly (readonly [mark: string, type: string])[] = [
  ['```', 'pre'],
  ['__', 'underline'],
  ['||', 'spoiler'],
  ['![', 'custom_emoji'],
  ['`', 'code'],
  ['_', 'italic'],
  ['*', 'bold'],
  ['~', 'strikethrough'],
  ['[', 'text_link'],
]

const CLOSERS: Record<string, string> = {
  pre: '```',
  underline: '__',
  spoiler: '||',
  custom_emoji: ']',
  code: '`',
  italic: '_',
  bold: '*',
  strikethrough: '~',
  text_link: ']',
}

const RESERVED = new Set('_*[]()~`>#+-=|{}.!')

interface OpenEntity {
  type: string
  language: string
  /** Where its text begins in the result. */
  offset: number
  /** Where it was opened in the source. */
  begin: number
}

interface Parser {
  readonly source: string
  text: string
  readonly entities: Entity[]
  readonly open: OpenEntity[]
  quoteOffset: number | undefined
}

/**
 * @throws {ApiFailure} 400 `can't parse entities: …`, naming the character to escape or the entity without an end.
 * @see https://core.telegram.org/bots/api#markdownv2-style
 */
export const parseMarkdownV2 = (source: string): Formatted => {
  const parser: Parser = { source, text: '', entities: [], open: [], quoteOffset: undefined }
  for (let at = 0; at < source.length; ) at = step(parser, at)
  const unclosed = parser.open.at(-1)
  if (unclosed) throw unended(parser, unclosed)
  endQuote(parser)
  return { text: parser.text, entities: sortEntities(parser.entities) }
}

const unended = ({ source }: Parser, { type, language, begin }: OpenEntity) => {
  const name = language ? 'PreCode' : (NAMES[type] ?? type)
  return cannotParse(`Can't find end of ${name} entity at byte offset ${byteOffset(source, begin)}`)
}

const isAscii = (c: string | undefined) => c !== undefined && c > '\0' && c <= '~'

const step = (parser: Parser, at: number): number => {
  const { source, open } = parser
  const c = source.charAt(at)
  const innermost = open.at(-1)
  const isRaw = innermost?.type === 'code' || innermost?.type === 'pre'
  if (c === '\\' && isAscii(source[at + 1])) {
    parser.text += source[at + 1]
    return at + 2
  }
  if (innermost && closes(source, at, innermost)) return close(parser, at)
  if (isRaw && c !== '`') return plain(parser, at)
  if (c === '\n') return lineBreak(parser, at)
  if (c === '>' && at === 0) return beginQuote(parser, at)
  if (!RESERVED.has(c)) return plain(parser, at)
  return openEntity(parser, at)
}

const plain = (parser: Parser, at: number): number => {
  parser.text += parser.source[at]
  return at + 1
}

/** Two underscores always are an underline's, so one of italic's is followed by something else. */
const closes = (source: string, at: number, { type }: OpenEntity): boolean =>
  source.startsWith(CLOSERS[type] ?? '', at) && !(type === 'italic' && source[at + 1] === '_')

const openEntity = (parser: Parser, at: number): number => {
  const { source } = parser
  const opener = OPENERS.find(([mark]) => source.startsWith(mark, at))
  if (!opener) {
    throw cannotParse(`Character '${source[at]}' is reserved and must be escaped with the preceding '\\'`)
  }
  const [mark, type] = opener
  const after = at + mark.length
  const { language, from } = type === 'pre' ? readBlockHead(source, after) : { language: '', from: after }
  parser.open.push({ type, language, offset: parser.text.length, begin: at })
  return from
}

const close = (parser: Parser, at: number): number => {
  const { text, entities } = parser
  const opened = parser.open.pop()
  if (!opened) return at
  const { type, language, offset } = opened
  const range = { offset, length: text.length - offset }
  const after = at + (CLOSERS[type] ?? '').length
  const { target, end } =
    type === 'text_link' || type === 'custom_emoji' ? readTarget(parser, after, type) : noTarget(after)
  const extra =
    type === 'text_link'
      ? linkEntity(target ?? text.slice(offset))
      : {
          type,
          ...(type === 'custom_emoji' && { custom_emoji_id: customEmojiId(target ?? '') }),
          ...(language && { language }),
        }
  if (extra && range.length > 0) entities.push({ ...range, ...extra })
  return end
}

const noTarget = (end: number): { target: string | undefined; end: number } => ({ target: undefined, end })

/** Reads `(address)` behind a bracket. */
const readTarget = ({ source }: Parser, at: number, type: string) => {
  if (source[at] !== '(') {
    if (type === 'custom_emoji') throw cannotParse('Custom emoji entity must contain a tg://emoji URL')
    return noTarget(at)
  }
  let target = ''
  for (let next = at + 1; next < source.length; next += 1) {
    if (source[next] === ')') return { target, end: next + 1 }
    if (source[next] === '\\' && isAscii(source[next + 1])) next += 1
    target += source[next]
  }
  const what = type === 'custom_emoji' ? 'a custom emoji URL' : 'a URL'
  throw cannotParse(`Can't find end of ${what} at byte offset ${byteOffset(source, at + 1)}`)
}

const beginQuote = (parser: Parser, at: number): number => {
  parser.quoteOffset = parser.text.length
  return at + 1
}

const lineBreak = (parser: Parser, at: number): number => {
  const continues = parser.source[at + 1] === '>'
  const unclosed = parser.open.at(-1)
  if (parser.quoteOffset !== undefined && !continues) {
    if (unclosed) throw unended(parser, unclosed)
    parser.text += '\n'
    endQuote(parser)
    return at + 1
  }
  parser.text += '\n'
  if (!continues) return at + 1
  if (parser.quoteOffset === undefined) parser.quoteOffset = parser.text.length
  return at + 2
}

const endQuote = (parser: Parser): void => {
  const { text, quoteOffset: offset } = parser
  parser.quoteOffset = undefined
  const length = text.length - (offset ?? text.length)
  if (offset !== undefined && length > 0) parser.entities.push({ type: 'blockquote', offset, length })
}
