import { type Hex, parseColor } from './color.ts'
import { isOnlyColor, NAMED_COLORS } from './names.ts'

export interface PaletteColor {
  readonly hex: Hex
  /** What the text calls it: `Accent`, `--brand`. */
  readonly name: string | null
}

/** A card keeps no more of them. */
export const MAX_COLORS = 12

const MAX_PALETTE_LENGTH = 16_384
const MAX_LABEL_WORDS = 4
const MAX_HEADING_WORDS = 5
const MARK = '\u{e000}'

const SYNTAX =
  /(?<![\p{L}\p{N}_&/#])#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})(?![\p{L}\p{N}_#-])|(?<![\p{L}\p{N}_-])(?:rgb|hsl|hwb|oklab|oklch|lab|lch)a?\([^()\n]{3,100}\)/giu
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$|(?<=[;,]\s*)\/\/.*$/gm
// Tailwind: text-[#0a7d5a], bg-[#0a7d5a]/50.
const UTILITY = /(?<![\w-])[a-z][\w:-]*-\[([^\][\s]{4,60})\](?:\/\d{1,3})?/g
const LEADING_SIGN = /^\s*(?:[-*•+]|\d{1,2}[.)])\s+/

/**
 * The colours of a text that is nothing but colours: one, or a list of them, each with a short label at most, as people,
 * stylesheets and design tools write them. A text that speaks of colours is none.
 *
 * @returns undefined for any other text; else the first `MAX_COLORS` colours, each once.
 */
export const parsePalette = (text: string): PaletteColor[] | undefined => {
  if (text.length > MAX_PALETTE_LENGTH || text.includes(MARK)) return undefined
  const lines = text
    .replace(COMMENT, '')
    .replace(UTILITY, ' $1; ')
    .split('\n')
    .map((line) => line.replace(LEADING_SIGN, ''))
  const found: Found[] = []
  let headings = 0
  for (const line of lines) {
    const entries = entriesOf(line)
    if (entries.length === 1 && isFrame(entries[0] ?? '')) continue
    const read = entries.map(readEntry)
    if (read.every((colors) => colors !== undefined)) found.push(...read.flat())
    else if (found.length === 0 && headings === 0 && isHeading(line)) headings += 1
    else return undefined
  }
  return arePalette(found, headings, text) ? unique(found) : undefined
}

interface Found extends PaletteColor {
  readonly written: string
  /** True when it could be nothing but a colour. */
  readonly sure: boolean
  readonly labelled: 'no' | 'by a sign' | 'by a space'
}

// A comma inside of a call is no end of an entry.
const entriesOf = (line: string): string[] =>
  line
    .split(/[,;](?![^()]*\))|[|](?=\s)/)
    .map((entry) => entry.replace(/["'`[\]\\]/g, ' ').trim())
    .filter((entry) => entry !== '')

// What stands around the colours in a stylesheet or a program: `:root {`, `colors: {`, `}`, `export const theme = {`.
const isFrame = (entry: string): boolean =>
  /^[}\])\s]+$/.test(entry) || (/^[\w\s.:@$=-]{0,60}[{(]$/.test(entry.trim()) && wordCount(entry) <= MAX_HEADING_WORDS)

const isHeading = (line: string): boolean =>
  /^[#\s]*[\p{L}][\p{L}\p{N}\s&'’-]*:?\s*$/u.test(line) && wordCount(line) <= MAX_HEADING_WORDS

const wordCount = (text: string): number => text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0

/** The colours of one entry; none of an empty one; undefined when something else is in it. */
const readEntry = (entry: string): Found[] | undefined => {
  const bare = entry.replace(/[{}]/g, ' ').trim()
  if (bare === '') return []
  const written = bare.match(SYNTAX) ?? []
  if (written.length === 0) return readNamed(bare)
  const parts = bare
    .replace(SYNTAX, MARK)
    .split(MARK)
    .map((part) => part.trim())
  const between = parts.slice(1, -1)
  if (!between.every((part) => /^[-–—/>→:|+&]*$/.test(part))) return undefined
  const label = readLabel(parts[0] ?? '', parts.at(-1) ?? '')
  if (label === undefined) return undefined
  const colors = written.map((color) => ({ hex: parseColor(color), written: color }))
  if (colors.some(({ hex }) => hex === undefined)) return undefined
  return colors.map(({ hex = '', written: color }) => ({
    hex,
    name: label.name,
    written: color,
    labelled: label.by,
    sure: isSure(color, label.name),
  }))
}

type Label = { readonly name: string | null; readonly by: Found['labelled'] }

const readLabel = (before: string, after: string): Label | undefined => {
  if (/^!?(?:important|default)?[.!]?$/.test(after)) return labelOf(before)
  return before === '' ? labelOf(after) : undefined
}

const labelOf = (text: string): Label | undefined => {
  const name = text
    .replace(/^(?!--\w)[\s:=(–—-]+|[\s:=(–—>-]+$/g, '')
    .replace(/^\(|\)$/g, '')
    .trim()
  if (name === '') return { name: null, by: text === '' ? 'no' : 'by a sign' }
  if (/[.!?]|https?:/.test(name) || wordCount(name) > MAX_LABEL_WORDS) return undefined
  return { name, by: /[:=(–—-]\s*$|^\s*[:=(–—-]/.test(text) ? 'by a sign' : 'by a space' }
}

const readNamed = (bare: string): Found[] | undefined => {
  const match = /^(?:([^:=]{1,60})[:=]\s*)?([a-z]{3,20})$/i.exec(bare)
  const hex = NAMED_COLORS.get((match?.[2] ?? '').toLowerCase())?.hex
  if (match === null || hex === undefined || wordCount(match[1] ?? '') > MAX_LABEL_WORDS) return undefined
  const label = match[1]?.trim() ?? null
  const written = match[2] ?? ''
  const sure = label?.startsWith('--') === true
  return [{ hex, name: label ?? written, written, labelled: label === null ? 'no' : 'by a sign', sure }]
}

const ENGLISH = /^#(?:facade|decade|efface|deface|accede|beaded|dabbed|cabbed)$/i
const REFERENCE =
  /^(?:fix|fixe[sd]|close[sd]?|resolve[sd]?|see|issues?|pr|mr|tickets?|orders?|bugs?|refs?|invoices?|tracking|no|nr|re|task)\b/i

// #123 may be an issue and #cafe a hashtag; six digits, or letters and digits mixed, are taken for a colour.
const isSure = (written: string, label: string | null): boolean => {
  if (!written.startsWith('#')) return true
  const digits = written.slice(1)
  if (ENGLISH.test(written) || (/^\d+$/.test(digits) && label !== null && REFERENCE.test(label))) return false
  if (digits.length > 4) return true
  return (/\d/.test(digits) && /[a-f]/i.test(digits)) || /^(?:0+|f+|e+|d+|c+|b+|a+)$/i.test(digits)
}

const arePalette = (found: readonly Found[], headings: number, text: string): boolean => {
  if (found.length === 0) return false
  if (found.length === 1) return found[0]?.sure === true && headings === 0 && found[0].labelled !== 'by a space'
  if (found.some(({ sure }) => sure)) return true
  if (found.every(({ written }) => /^#(\d)\1{2,3}$/.test(written))) return found.length > 2
  const names = found.filter(({ written }) => !written.startsWith('#'))
  const onlyColors = names.filter(({ written }) => isOnlyColor(written.toLowerCase())).length
  return names.length === found.length && found.length > 2 && onlyColors * 2 > names.length && /[,;\n]/.test(text)
}

const unique = (found: readonly Found[]): PaletteColor[] => {
  const colors = new Map<Hex, PaletteColor>()
  for (const { hex, name } of found) if (!colors.has(hex)) colors.set(hex, { hex, name })
  return [...colors.values()].slice(0, MAX_COLORS)
}
