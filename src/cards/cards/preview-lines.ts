import type { StoredCard } from './repo.ts'

/** Of a tile: letters in a line, which are larger in quotes, and lines at most. Who lays tiles out cuts the text there too. */
const LINE_COLUMNS = 34
const QUOTE_COLUMNS = 26
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
  const columns = card.type === 'quote' ? QUOTE_COLUMNS : LINE_COLUMNS
  let lines = 0
  for (const paragraph of text.trimEnd().split('\n')) {
    lines += linesOf(paragraph.trimEnd(), columns)
    if (lines >= MOST_LINES) return MOST_LINES
  }
  return text.trim() === '' ? 0 : lines
}

/** Words move to the next line as a whole, unless one is longer than a line. */
const linesOf = (paragraph: string, columns: number): number => {
  let [lines, column] = [1, 0]
  for (const word of paragraph.split(/\s+/)) {
    const width = widthOf(word)
    const gap = column === 0 ? 0 : 1
    if (column + gap + width <= columns) {
      column += gap + width
      continue
    }
    if (column > 0) lines += 1
    lines += Math.max(0, Math.ceil(width / columns) - 1)
    column = width % columns || width
  }
  return lines
}

const widthOf = (word: string): number => {
  let width = 0
  for (const letter of word) width += WIDE.test(letter) ? 2 : 1
  return width
}
