import type { Entity } from '../state.ts'
import { byteOffset, cannotParse, type Formatted, linkEntity, sortEntities } from './formatted.ts'

const TYPES: Record<string, string> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  span: 'spoiler',
  'tg-emoji': 'custom_emoji',
  a: 'text_link',
  pre: 'pre',
  code: 'code',
  blockquote: 'blockquote',
}

interface OpenTag {
  name: string
  attributes: Map<string, string>
  /** Where its text begins in the result. */
  offset: number
}

interface Parser {
  readonly source: string
  text: string
  readonly entities: Entity[]
  readonly open: OpenTag[]
}

/**
 * @throws {ApiFailure} 400 `can't parse entities: …` with the byte offset of the trouble.
 * @see https://core.telegram.org/bots/api#html-style
 */
export const parseHtml = (source: string): Formatted => {
  const parser: Parser = { source, text: '', entities: [], open: [] }
  for (let at = 0; at < source.length; ) {
    const reference = source[at] === '&' ? decodeReference(source, at) : undefined
    if (reference) {
      parser.text += reference.text
      at = reference.end
    } else if (source[at] !== '<') {
      parser.text += source[at]
      at += 1
    } else {
      at = source[at + 1] === '/' ? readEndTag(parser, at) : readStartTag(parser, at)
    }
  }
  const unclosed = parser.open.at(-1)
  if (unclosed) throw cannotParse(`Can't find end tag corresponding to start tag "${unclosed.name}"`)
  return { text: parser.text, entities: sortEntities(parser.entities) }
}

const NAMED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' }

/** @returns Undefined for what is not a reference that Telegram knows: the ampersand then stands for itself. */
const decodeReference = (source: string, at: number): { text: string; end: number } | undefined => {
  const match = /&(?:#x([0-9a-f]{1,7})|#(\d{1,7})|([a-z]+));?/iy
  match.lastIndex = at
  const found = match.exec(source)
  if (!found) return undefined
  const [whole, hex, decimal, name] = found
  const code = hex ? Number.parseInt(hex, 16) : Number(decimal ?? 0)
  if (name === undefined && (code === 0 || code > 0x10fffe)) return undefined
  const text = name === undefined ? String.fromCodePoint(code) : NAMED[name]
  return text === undefined ? undefined : { text, end: at + whole.length }
}

const readStartTag = (parser: Parser, begin: number): number => {
  const { source } = parser
  const where = () => `at byte offset ${byteOffset(source, begin)}`
  const [, name = ''] = /^<([^\s>]*)/.exec(source.slice(begin)) ?? []
  let at = begin + 1 + name.length
  const tag: OpenTag = { name: name.toLowerCase(), attributes: new Map(), offset: parser.text.length }
  if (at >= source.length) throw cannotParse(`Unclosed start tag ${where()}`)
  if (!TYPES[tag.name]) throw cannotParse(`Unsupported start tag "${tag.name}" ${where()}`)

  for (at = skipSpace(source, at); source[at] !== '>'; at = skipSpace(source, at)) {
    at = readAttribute(source, at, tag, where)
    if (at >= source.length) throw cannotParse(`Unclosed start tag ${where()}`)
  }
  if (tag.name === 'span' && tag.attributes.get('class') !== 'tg-spoiler') {
    throw cannotParse(`Tag "span" must have class "tg-spoiler" ${where()}`)
  }
  parser.open.push(tag)
  return at + 1
}

const skipSpace = (source: string, at: number): number => {
  let next = at
  while (/\s/.test(source[next] ?? '')) next += 1
  return next
}

const readAttribute = (source: string, begin: number, tag: OpenTag, where: () => string): number => {
  const [name = ''] = /^[^\s=>]*/.exec(source.slice(begin)) ?? []
  if (name === '' && begin < source.length)
    throw cannotParse(`Empty attribute name in the tag "${tag.name}" ${where()}`)
  let at = skipSpace(source, begin + name.length)
  if (source[at] !== '=') {
    if (tag.name === 'blockquote' && name.toLowerCase() === 'expandable') {
      tag.attributes.set('expandable', '')
      return at
    }
    throw cannotParse(`Expected equal sign in declaration of an attribute of the tag "${tag.name}" ${where()}`)
  }
  at = skipSpace(source, at + 1)
  const quote = source[at]
  if (quote === undefined) throw cannotParse(`Unclosed start tag "${tag.name}" ${where()}`)
  const value = quote === '"' || quote === "'" ? readQuoted(source, at) : readToken(source, at)
  tag.attributes.set(name.toLowerCase(), value.text)
  return value.end
}

const readQuoted = (source: string, begin: number) => {
  const end = source.indexOf(source.charAt(begin), begin + 1)
  const raw = source.slice(begin + 1, end < 0 ? source.length : end)
  const text = raw.replace(/&[^&;\s]+;?/g, (reference) => {
    const decoded = decodeReference(reference, 0)
    return decoded ? decoded.text + reference.slice(decoded.end) : reference
  })
  return { text, end: end < 0 ? source.length : end + 1 }
}

const readToken = (source: string, begin: number) => {
  const [token = ''] = /^[a-z0-9.-]*/i.exec(source.slice(begin)) ?? []
  const end = begin + token.length
  if (!/[\s>]/.test(source[end] ?? '')) {
    throw cannotParse(`Unexpected end of name token at byte offset ${byteOffset(source, begin)}`)
  }
  return { text: token.toLowerCase(), end }
}

const readEndTag = (parser: Parser, begin: number): number => {
  const { source, open } = parser
  const where = () => `at byte offset ${byteOffset(source, begin)}`
  const tag = open.pop()
  if (!tag) throw cannotParse(`Unexpected end tag ${where()}`)
  const [, rawName = ''] = /^<\/([^\s>]*)/.exec(source.slice(begin)) ?? []
  const name = rawName.toLowerCase()
  const at = skipSpace(source, begin + 2 + rawName.length)
  if (source[at] !== '>') throw cannotParse(`Unclosed end tag ${where()}`)
  if (name !== '' && name !== tag.name) {
    throw cannotParse(`Unmatched end tag ${where()}, expected "</${tag.name}>", found "</${name}>"`)
  }
  if (parser.text.length > tag.offset) addEntity(parser, tag)
  return at + 1
}

const addEntity = ({ text, entities }: Parser, { name, attributes, offset }: OpenTag): void => {
  const range = { offset, length: text.length - offset }
  const type = TYPES[name] ?? name
  const inner = entities.at(-1)
  const isWhole = inner?.offset === range.offset && inner.length === range.length
  const language = attributes.get('class')?.replace(/^language-/, '')

  if (name === 'a') {
    const link = linkEntity(attributes.get('href') || text.slice(offset))
    if (link) entities.push({ ...range, ...link })
  } else if (name === 'pre' && isWhole && inner.type === 'code') {
    // <pre><code class="language-…"> is one block.
    inner.type = 'pre'
  } else if (name === 'code') {
    entities.push({ type, ...range, ...(language !== undefined && { language }) })
  } else if (name === 'tg-emoji') {
    const id = attributes.get('emoji-id') ?? ''
    if (!/^[1-9]\d{0,18}$/.test(id)) throw cannotParse('Invalid custom emoji identifier specified')
    entities.push({ type, ...range, custom_emoji_id: id })
  } else if (name === 'blockquote' && attributes.has('expandable')) {
    entities.push({ type: 'expandable_blockquote', ...range })
  } else {
    entities.push({ type, ...range })
  }
}
