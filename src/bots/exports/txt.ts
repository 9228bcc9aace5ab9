/** A command out of a file. `line` is where it begins, from 1. */
export interface TextCommand {
  readonly name: string
  readonly code: string
  readonly line: number
}

/** What is wrong with a file, in a sentence for whoever wrote it. */
export class FileProblem extends Error {}

const FENCE = '---'
const FENCE_LINE = /^-{3,}[ \t\r]*$/
const HEADER = /^Command:([^\n]*)$/
const TITLE = /^=== ([^\n]+) ===[ \t\r]*$/

/**
 * Commands as plain text: for each a line `Command: <name>`, a fence of dashes, the code, and the fence again. The fence
 * is longer than every line of dashes in the code, so that it ends nowhere else.
 */
export const printText = (commands: readonly { readonly command: string; readonly code: string }[]): string =>
  commands
    .map(({ command, code }) => {
      const fence = fenceFor(code)
      return `Command: ${command}\n${fence}\n${code}\n${fence}\n`
    })
    .join('\n')

const fenceFor = (code: string): string => {
  const lines = code.split('\n').filter((line) => FENCE_LINE.test(line))
  const longest = Math.max(0, ...lines.map((line) => line.trimEnd().length))
  return '-'.repeat(Math.max(FENCE.length, longest + 1))
}

/**
 * Reads commands out of plain text of either kind: `Command: <name>` with the code between fences, or `=== <name> ===`
 * with the code up to the next such line. What stands before the first of them is a title.
 *
 * @throws {FileProblem}
 */
export const parseText = (text: string): TextCommand[] => {
  const lines = text.split('\n')
  const first = lines.findIndex((line) => HEADER.test(line) || TITLE.test(line))
  if (first < 0) throw new FileProblem('The text has no line such as "Command: /start" or "=== /start ==="')
  return HEADER.test(lines[first] ?? '') ? parseFenced(lines, first) : parseTitled(lines, first)
}

const parseFenced = (lines: readonly string[], first: number): TextCommand[] => {
  const commands: TextCommand[] = []
  for (let at = first; at < lines.length; ) {
    const name = HEADER.exec(lines[at] ?? '')?.[1]?.trim() ?? ''
    const fence = (lines[at + 1] ?? '').trimEnd()
    if (!FENCE_LINE.test(fence)) throw new FileProblem(`Line ${at + 2} must be a line of dashes`)
    const end = closingFence(lines, at + 2, fence)
    if (end === undefined) throw new FileProblem(`The code of the command in line ${at + 1} has no line of dashes behind it`) // biome-ignore format: one line
    commands.push({ name, code: codeBetween(lines, at + 1, end), line: at + 1 })
    at = nextText(lines, end + 1)
  }
  return commands
}

/** The same fence again, where the next thing is another command or the end. Files of others never lengthen it. */
const closingFence = (lines: readonly string[], from: number, fence: string): number | undefined => {
  for (let at = from; at < lines.length; at += 1) {
    if (lines[at]?.trimEnd() !== fence) continue
    const next = lines[nextText(lines, at + 1)]
    if (next === undefined || HEADER.test(next)) return at
  }
  return undefined
}

/** @returns The next line that is not blank; past the last one where there is none. */
const nextText = (lines: readonly string[], from: number): number => {
  let at = from
  while (at < lines.length && lines[at]?.trim() === '') at += 1
  return at
}

/** In a file with the line ends of Windows the last one belongs to the fence and not to the code. */
const codeBetween = (lines: readonly string[], open: number, close: number): string => {
  const code = lines.slice(open + 1, close).join('\n')
  return lines[open]?.endsWith('\r') ? code.replace(/\r$/, '') : code
}

const parseTitled = (lines: readonly string[], first: number): TextCommand[] => {
  const commands: TextCommand[] = []
  let start = first
  for (let at = first + 1; at <= lines.length; at += 1) {
    if (at < lines.length && !TITLE.test(lines[at] ?? '')) continue
    const name = TITLE.exec(lines[start] ?? '')?.[1]?.trim() ?? ''
    commands.push({ name, code: withoutBlankEnds(lines.slice(start + 1, at)), line: start + 1 })
    start = at
  }
  return commands
}

const withoutBlankEnds = (lines: readonly string[]): string => {
  const start = lines.findIndex((line) => line.trim() !== '')
  const end = lines.findLastIndex((line) => line.trim() !== '')
  return start < 0
    ? ''
    : lines
        .slice(start, end + 1)
        .join('\n')
        .replace(/\r$/, '')
}
