import type { StoredCard } from './repo.ts'

/** Of a tile: so many columns of text, and no more lines than this. Who lays tiles out cuts the text there too. */
const LINE_COLUMNS = 34
export const MOST_LINES = 12

const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}]/u

/** What a tile shows in letters: a text its content, everything else its name. */
const shownText = ({ type, content, title, url }: StoredCard): string =>
  type === 'text' || type === 'quote' ? content : (title ?? (content.trim() === '' ? (url ?? '') : content))

/**
 * How many lines the text of a card takes in a tile, 0 where it has none: before anything is drawn, so that a place can
 * be kept for it.
 *
 * It is an estimate, for no server knows the letters of a reader; a tile cuts what is longer.
 */
export const previewLines = (card: StoredCard): number => {
  // More than fits cannot matter, and a card may hold half a MiB.
  const text = shownText(card).slice(0, LINE_COLUMNS * MOST_LINES * 2)
  let lines = 0
  for (const paragraph of text.trimEnd().split('\n')) {
    lines += linesOf(paragraph.trimEnd())
    if (lines >= MOST_LINES) return MOST_LINES
  }
  return text.trim() === '' ? 0 : lines
}

/** Words move to the next line as a whole, unless one is longer than a line. */
const linesOf = (paragraph: string): number => {
  let [lines, column] = [1, 0]
  for (const word of paragraph.split(/\s+/)) {
    const width = widthOf(word)
    const gap = column === 0 ? 0 : 1
    if (column + gap + width <= LINE_COLUMNS) {
      column += gap + width
      continue
    }
    if (column > 0) lines += 1
    lines += Math.max(0, Math.ceil(width / LINE_COLUMNS) - 1)
    column = width % LINE_COLUMNS || width
  }
  return lines
}

const widthOf = (word: string): number => {
  let width = 0
  for (const letter of word) width += WIDE.test(letter) ? 2 : 1
  return width
}
