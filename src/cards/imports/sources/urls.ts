import { parseLink } from '../../cards/detect.ts'
import { type Entry, savedEntry } from './entry.ts'
import { type Line, linesOf } from './text.ts'

const LONGEST_SHOWN = 80

/** One address in each line; empty lines, and those that begin with `#`, are passed over. */
export async function* urlEntries(pieces: AsyncIterable<string>): AsyncGenerator<Entry> {
  let pending = false
  for await (const line of linesOf(pieces)) {
    const isRest = pending
    pending = !line.isEnd
    // What is longer than a piece is no address, and its rest is not another line.
    const entry = isRest ? undefined : lineEntry(line)
    if (entry !== undefined) yield entry
  }
}

const lineEntry = ({ number, text }: Line): Entry | undefined => {
  const words = text.replace(/^\ufeff/, '').trim()
  if (words === '' || words.startsWith('#')) return undefined
  const url = parseLink(words)
  return url === undefined
    ? { line: number, problem: `This is no address of the web: ${words.slice(0, LONGEST_SHOWN)}` }
    : savedEntry({ line: number, url })
}
