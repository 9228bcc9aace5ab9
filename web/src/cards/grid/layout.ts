/** Where every tile of a masonry stands; all in pixels. */
export interface Masonry {
  readonly columns: number
  readonly columnWidth: number
  readonly gap: number
  /** By index of the tile. They never get smaller: that is what makes the order on the page the order of reading. */
  readonly tops: Float64Array
  readonly heights: Float64Array
  readonly column: Uint8Array
  /** Of everything. */
  readonly height: number
  readonly tallest: number
}

/** As many columns as fit, and how wide each is then. */
export const columnsIn = (
  width: number,
  { least, gap, most = 8 }: { readonly least: number; readonly gap: number; readonly most?: number },
): { columns: number; columnWidth: number } => {
  const columns = Math.max(1, Math.min(most, Math.floor((width + gap) / (least + gap))))
  return { columns, columnWidth: Math.max(0, Math.floor((width - gap * (columns - 1)) / columns)) }
}

/**
 * Puts each tile under the column that ends first. Nothing is measured, because every height is known beforehand.
 *
 * @param heights Of the tiles, in the order of reading.
 */
export const masonry = (
  heights: readonly number[],
  { columns, columnWidth, gap }: { readonly columns: number; readonly columnWidth: number; readonly gap: number },
): Masonry => {
  const ends = new Float64Array(columns)
  const tops = new Float64Array(heights.length)
  const column = new Uint8Array(heights.length)
  let tallest = 0
  for (const [index, height] of heights.entries()) {
    let first = 0
    for (let other = 1; other < columns; other += 1) if (ends[other]! < ends[first]!) first = other
    tops[index] = ends[first]!
    column[index] = first
    ends[first]! += height + gap
    tallest = Math.max(tallest, height)
  }
  const height = Math.max(0, ends.reduce((most, end) => Math.max(most, end), 0) - gap)
  return { columns, columnWidth, gap, tops, heights: Float64Array.from(heights), column, height, tallest }
}

/** The first tile whose top is at or below a place; the number of tiles where there is none. */
const firstFrom = (tops: Float64Array, top: number): number => {
  let [low, high] = [0, tops.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (tops[middle]! < top) low = middle + 1
    else high = middle
  }
  return low
}

/** The tiles that are seen between two places, first to last. */
export const visibleTiles = (
  { tops, heights, tallest }: Masonry,
  { from, to }: { readonly from: number; readonly to: number },
): number[] => {
  const seen: number[] = []
  for (let index = firstFrom(tops, from - tallest); index < tops.length && tops[index]! < to; index += 1)
    if (tops[index]! + heights[index]! > from) seen.push(index)
  return seen
}

export type Step = 'up' | 'down' | 'left' | 'right'

/** The tile beside another, as one looks at it; undefined at an edge. Left and right follow the order of reading. */
export const neighbour = (layout: Masonry, index: number, step: Step): number | undefined => {
  const { tops, heights, column } = layout
  const beside = (other: number) => (other >= 0 && other < tops.length ? other : undefined)
  if (step === 'left') return beside(index - 1)
  if (step === 'right') return beside(index + 1)
  const sign = step === 'down' ? 1 : -1
  for (let other = index + sign; other >= 0 && other < tops.length; other += sign)
    if (column[other] === column[index]) return other
  if (step === 'up') return undefined
  // Nothing below in this column: what stands lower elsewhere is still further on.
  const end = tops[index]! + heights[index]!
  for (let other = index + 1; other < tops.length; other += 1) if (tops[other]! + heights[other]! > end) return other
  return undefined
}
