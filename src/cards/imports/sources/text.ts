import { unreadable } from '../errors.ts'
import type { ImportSource } from './entry.ts'

/** Of a file that is no archive. */
export const MAX_TEXT_FILE_BYTES = 128 * 1024 * 1024
export const HEAD_BYTES = 4096
const PIECE_LENGTH = 65_536

/** The text of a file, in pieces. */
export async function* textOf(source: ImportSource): AsyncGenerator<string> {
  if (source.sizeBytes === 0) return
  let decoder: TextDecoder | undefined
  for await (const chunk of await source.read(0, source.sizeBytes - 1)) {
    const bytes: Buffer = chunk
    // Its beginning is in the first chunk: those are larger.
    decoder ??= new TextDecoder(encodingOf(bytes.subarray(0, HEAD_BYTES)))
    yield decoder.decode(bytes, { stream: true })
  }
  yield decoder?.decode() ?? ''
}

/**
 * By its byte order mark, or as a page says of itself; else UTF-8.
 *
 * @see https://encoding.spec.whatwg.org/#bom-sniff
 */
export const encodingOf = (head: Buffer): string => {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  const label = /<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w-]{1,40})/i.exec(head.toString('latin1'))?.[1]
  if (label === undefined || /^utf-?16/i.test(label)) return 'utf-8'
  try {
    return new TextDecoder(label).encoding
  } catch {
    throw unreadable(`The file says that its encoding is ${label}, which nobody knows.`)
  }
}

/** The beginning of a file, to see what it is. */
export const headOf = async (source: ImportSource): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of await source.read(0, Math.min(source.sizeBytes, HEAD_BYTES) - 1)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** A line, or a piece of one that is very long. */
export interface Line {
  /** 1 for the first. */
  readonly number: number
  readonly text: string
  readonly isEnd: boolean
}

export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<Line> {
  let number = 1
  let rest = ''
  for await (const piece of pieces) {
    const text = rest + piece
    let from = 0
    for (;;) {
      const end = text.indexOf('\n', from)
      if (end === -1) break
      yield { number, text: text.slice(from, end), isEnd: true }
      number += 1
      from = end + 1
    }
    rest = text.slice(from)
    if (rest.length > PIECE_LENGTH) {
      yield { number, text: rest, isEnd: false }
      rest = ''
    }
  }
  yield { number, text: rest, isEnd: true }
}
