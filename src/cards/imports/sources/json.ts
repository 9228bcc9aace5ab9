import { unreadable } from '../errors.ts'

/** What one may be: half a MiB of text twice and one of what a file says, each character written as six. */
const MAX_ELEMENT_LENGTH = 24 * 1024 * 1024

/** One element of a list. */
export interface Element {
  /** The member of the outermost object that the list is; empty where the list is outermost. */
  readonly list: string
  /** 1 for the first of its list. */
  readonly number: number
  readonly value: unknown
}

/**
 * The elements of the outermost list of a JSON text, or of the lists that are members of its outermost object; one at a
 * time, so that of a long list only one is in memory.
 *
 * @param wanted The members to be read.
 * @throws {AppError} UNREADABLE_IMPORT where the text is no JSON
 */
export async function* jsonElements(pieces: AsyncIterable<string>, wanted: readonly string[]): AsyncGenerator<Element> {
  const reader = jsonReader(wanted)
  for await (const piece of pieces) yield* reader.read(piece)
  reader.end()
}

/** Of a member: a longer name is none that is wanted. */
const MAX_NAME_LENGTH = 1000
const SPACE = /[\s\ufeff]/

const jsonReader = (wanted: readonly string[]) => {
  const open: string[] = []
  let [inString, escaped, isOver] = [false, false, false]
  /** Of the outermost object. */
  let [key, word] = ['', '']
  let list: string | undefined
  let listDepth = 0
  let number = 0
  let element = ''

  const finish = (): Element | undefined => {
    const text = element.trim()
    element = ''
    if (text === '') return undefined
    number += 1
    return { list: list ?? '', number, value: parsed(text, `Entry ${number}`) }
  }
  const enter = (sign: string): void => {
    open.push(sign)
    if (sign !== '[' || list !== undefined) return
    if (open.length === 1) [list, listDepth, number] = ['', 1, 0]
    else if (open.length === 2 && open[0] === '{' && wanted.includes(key)) [list, listDepth, number] = [key, 2, 0]
  }
  const leave = (sign: string): void => {
    if (open.pop() !== (sign === ']' ? '[' : '{')) throw unreadable('The file is no JSON: its brackets do not match.')
    isOver = open.length === 0
  }
  /** A sign that belongs to no string. @returns Whether it ends an element. */
  const structure = (sign: string): boolean => {
    if (isOver && !SPACE.test(sign)) throw unreadable('The file is no JSON: something stands behind its end.')
    if (open.length === 0 && !SPACE.test(sign) && sign !== '[' && sign !== '{')
      throw unreadable('The file is no JSON: it begins with neither a list nor an object.')
    const isBorder = list !== undefined && open.length === listDepth && (sign === ',' || sign === ']')
    if (sign === '"') inString = true
    if (sign === '"' && open.length === 1 && open[0] === '{') word = ''
    if (sign === ':' && open.length === 1) key = word
    if (sign === '[' || sign === '{') enter(sign)
    else if (sign === ']' || sign === '}') leave(sign)
    return isBorder
  }
  const within = (sign: string): false => {
    if (escaped) escaped = false
    else if (sign === '\\') escaped = true
    else if (sign === '"') inString = false
    if (inString && open.length === 1 && word.length < MAX_NAME_LENGTH) word += sign
    return false
  }

  return {
    *read(piece: string): Generator<Element> {
      let from = 0
      for (let at = 0; at < piece.length; at += 1) {
        const sign = piece.charAt(at)
        const wasIn = list !== undefined
        const isBorder = inString ? within(sign) : structure(sign)
        if (isBorder) {
          element += piece.slice(from, at)
          const found = finish()
          if (found !== undefined) yield found
          if (sign === ']') list = undefined
        }
        if (isBorder || (!wasIn && list !== undefined)) from = at + 1
      }
      if (list !== undefined) element += piece.slice(from)
      if (element.length > MAX_ELEMENT_LENGTH) throw unreadable(`Entry ${number + 1} is too large.`)
    },
    end(): void {
      if (!isOver) throw unreadable(`The file ends in the middle, behind entry ${number}.`)
    },
  }
}

const parsed = (text: string, what: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable(`${what} is no JSON.`)
  }
}
