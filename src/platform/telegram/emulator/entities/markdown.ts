import type { Entity } from '../state.ts'
import { byteOffset, cannotParse, type Formatted, linkEntity } from './formatted.ts'

const END: Record<string, string> = { _: '_', '*': '*', '`': '`', '[': ']' }
const TYPES: Record<string, string> = { _: 'italic', '*': 'bold', '`': 'code' }

/**
 * The legacy style: entities do not nest.
 *
 * @throws {ApiFailure} 400 `can't parse entities: …` with the byte offset of the trouble.
 * @see https://core.telegram.org/bots/api#markdown-style
 */
export const parseMarkdown = (source: string): Formatted => {
  const result: Formatted = { text: '', entities: [] }
  for (let at = 0; at < source.length; ) {
    const c = source.charAt(at)
    if (c === '\\' && /[_*`[]/.test(source[at + 1] ?? '')) {
      result.text += source[at + 1]
      at += 2
    } else if (END[c] === undefined) {
      result.text += c
      at += 1
    } else {
      at = source.startsWith('```', at) ? readBlock(source, at, result) : readSpan(source, at, result)
    }
  }
  return result
}

const endOf = (source: string, mark: string, from: number, begin: number): number => {
  const end = source.indexOf(mark, from)
  if (end >= 0) return end
  throw cannotParse(`Can't find end of the entity starting at byte offset ${byteOffset(source, begin)}`)
}

/**
 * What stands behind the opening ``` of a block: a language, perhaps, and one line break.
 *
 * @returns Where the block's text begins.
 */
export const readBlockHead = (source: string, at: number): { language: string; from: number } => {
  const [word = ''] = /^[^\s`]*/.exec(source.slice(at)) ?? []
  // A word that runs into the closing mark is the text itself.
  const language = source[at + word.length] === '`' ? '' : word
  const [lineBreak = ''] = /^(?:\r\n|\n\r|\n|\r)?/.exec(source.slice(at + language.length)) ?? []
  return { language, from: at + language.length + lineBreak.length }
}

const readBlock = (source: string, begin: number, result: Formatted): number => {
  const { language, from } = readBlockHead(source, begin + 3)
  const end = endOf(source, '```', from, begin)
  push(result, source.slice(from, end), { type: 'pre', ...(language && { language }) })
  return end + 3
}

const readSpan = (source: string, begin: number, result: Formatted): number => {
  const mark = source.charAt(begin)
  const end = endOf(source, END[mark] ?? mark, begin + 1, begin)
  const inner = source.slice(begin + 1, end)
  if (mark !== '[') {
    push(result, inner, { type: TYPES[mark] ?? 'bold' })
    return end + 1
  }
  const hasTarget = source[end + 1] === '('
  const close = hasTarget ? source.indexOf(')', end + 2) : end
  const targetEnd = close < 0 ? source.length : close
  push(result, inner, linkEntity(hasTarget ? source.slice(end + 2, targetEnd) : inner))
  return targetEnd + 1
}

const push = (result: Formatted, text: string, entity: { type: string } | undefined): void => {
  const range = { offset: result.text.length, length: text.length }
  result.text += text
  const whole: Entity | undefined = entity && { ...range, ...entity }
  if (whole && text !== '') result.entities.push(whole)
}
