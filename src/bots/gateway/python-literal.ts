import type { Json } from '../sandbox/index.ts'

const MAX_DEPTH = 50
const ESCAPES: { readonly [sign: string]: string } = { n: '\n', t: '\t', r: '\r', '0': '\0', '\n': '' }
const WORDS: { readonly [word: string]: Json } = { True: true, False: false, None: null }
const CLOSERS: { readonly [opener: string]: string } = { '[': ']', '(': ')' }

class NoLiteral extends Error {}

/**
 * Reads a Python literal: text, number, True, False, None, list, tuple, set, dict, with comments between.
 *
 * @returns undefined when the text is none, or more than one. Tuples and sets become lists; whole numbers beyond 2^53
 * `{"$int": "…"}`.
 */
export const parseLiteral = (text: string): { readonly value: Json } | undefined => {
  const reader = literalReader(text)
  try {
    const value = reader.value(0)
    reader.skip()
    return reader.isAtEnd() ? { value } : undefined
  } catch (error) {
    if (error instanceof NoLiteral) return undefined
    throw error
  }
}

const literalReader = (text: string) => {
  let at = 0

  const fail = (): never => {
    throw new NoLiteral()
  }
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const [found] = pattern.exec(text) ?? []
    if (found !== undefined) at += found.length
    return found
  }
  const skip = (): void => {
    take(/(?:\s|#[^\n]*)*/y)
  }

  const readEscape = (): string => {
    const code = take(/\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}/y)
    if (code !== undefined) {
      const point = Number.parseInt(code.slice(2), 16)
      return point > 0x10ffff ? fail() : String.fromCodePoint(point)
    }
    const sign = text[at + 1] ?? fail()
    at += 2
    return ESCAPES[sign] ?? (`'"\\`.includes(sign) ? sign : `\\${sign}`)
  }
  const readText = (): string => {
    const quote = take(/'''|"""|'|"/y) ?? fail()
    let read = ''
    while (!text.startsWith(quote, at)) {
      const sign = text[at] ?? fail()
      if (sign === '\n' && quote.length === 1) fail()
      if (sign === '\\') read += readEscape()
      else {
        read += sign
        at += 1
      }
    }
    at += quote.length
    return read
  }

  const readItems = (closer: string, item: () => void): void => {
    at += 1
    for (;;) {
      skip()
      if (text[at] === closer) break
      item()
      skip()
      if (text[at] === ',') at += 1
      else if (text[at] !== closer) fail()
    }
    at += 1
  }
  const readList = (closer: string, depth: number): Json[] => {
    const items: Json[] = []
    readItems(closer, () => items.push(value(depth + 1)))
    return items
  }
  const readBrace = (depth: number): Json => {
    const entries: [string, Json][] = []
    const items: Json[] = []
    readItems('}', () => {
      const key = value(depth + 1)
      skip()
      if (text[at] !== ':') return void items.push(key)
      at += 1
      entries.push([typeof key === 'string' ? key : JSON.stringify(key), value(depth + 1)])
    })
    if (items.length > 0 && entries.length > 0) fail()
    return items.length > 0 ? items : Object.fromEntries(entries)
  }
  const readTexts = (): string => {
    // Texts next to each other are one, as in Python.
    let whole = readText()
    for (skip(); text[at] === '"' || text[at] === "'"; skip()) whole += readText()
    return whole
  }

  const value = (depth: number): Json => {
    if (depth > MAX_DEPTH) fail()
    skip()
    const sign = text[at] ?? fail()
    if (sign === '"' || sign === "'") return readTexts()
    if (sign === '{') return readBrace(depth)
    const closer = CLOSERS[sign]
    if (closer !== undefined) return readList(closer, depth)
    const number = take(/[-+]?(?:\d[\d_]*\.?(?:\d[\d_]*)?|\.\d[\d_]*)(?:[eE][-+]?\d+)?(?![\w.])/y)
    if (number !== undefined) return toNumber(number.replaceAll('_', ''))
    const word = take(/\w+/y) ?? fail()
    return Object.hasOwn(WORDS, word) ? (WORDS[word] ?? null) : fail()
  }

  return { value, skip, isAtEnd: (): boolean => at >= text.length }
}

const toNumber = (digits: string): Json => {
  const number = Number(digits)
  const isWhole = /^[-+]?\d+$/.test(digits)
  return isWhole && !Number.isSafeInteger(number) ? { $int: digits.replace(/^\+/, '') } : number
}
