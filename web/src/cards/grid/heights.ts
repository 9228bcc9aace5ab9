/** What of a card decides how tall it is. */
export interface Sized {
  readonly type: string
  readonly tags: readonly string[]
  readonly preview: {
    readonly w: number | null
    readonly h: number | null
    readonly lines: number
    readonly colors: readonly unknown[]
  }
  /** Whether a picture stands on top. */
  readonly hasPicture: boolean
  /** Whether a found piece of text stands below. */
  readonly hasSnippet: boolean
}

// Pixels at the usual size of letters; tile.css has the same figures in rem.
const LINE = 20
const SMALL_LINE = 18
const PADDING = 12
const GAP = 8
const TAGS = 24
const SWATCHES = 88
const PLAYER = 64
const TITLE_LINES = 2
const SNIPPET_LINES = 2
const BORDER = 2

/** Of a picture that nobody measured: what most pages announce for theirs. */
const USUAL_SHAPE = 630 / 1200
const FLATTEST = 0.3
const TALLEST = 1.5

/** Height of a picture across a tile; very flat and very tall ones are cut. */
export const pictureHeight = (
  { w, h }: { readonly w: number | null; readonly h: number | null },
  width: number,
): number => {
  const shape = w === null || h === null || w <= 0 || h <= 0 ? USUAL_SHAPE : h / w
  return Math.round(width * Math.min(TALLEST, Math.max(FLATTEST, shape)))
}

/** Lines that a tile shows of a card's text. */
export const shownLines = ({ type, preview }: Pick<Sized, 'type' | 'preview'>): number => {
  const lines = Math.max(1, preview.lines)
  if (type === 'text' || type === 'quote') return lines
  // Its colours say more than the text that lists them.
  return type === 'palette' ? 1 : Math.min(TITLE_LINES, lines)
}

/** @param scale How much larger than usual the reader has set letters. */
export const tileHeight = (card: Sized, width: number, scale: number): number => {
  const { type, preview, tags, hasPicture, hasSnippet } = card
  const line = type === 'quote' ? 27 : LINE
  const parts = [
    shownLines(card) * line,
    SMALL_LINE,
    ...(hasSnippet ? [SNIPPET_LINES * SMALL_LINE] : []),
    ...(tags.length > 0 ? [TAGS] : []),
  ]
  const words = parts.reduce((sum, part) => sum + part, 0) + GAP * (parts.length - 1) + 2 * PADDING
  const top = hasPicture
    ? pictureHeight(preview, width)
    : (type === 'palette' && preview.colors.length > 0 ? SWATCHES : type === 'audio' ? PLAYER : 0) * scale
  return Math.ceil(top + words * scale) + BORDER
}
