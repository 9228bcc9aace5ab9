export interface RowRange {
  /** The first row that exists. */
  readonly first: number
  /** The one after the last. */
  readonly last: number
}

/** Rows outside the view that exist nevertheless, so that scrolling a little shows no gap. */
const AROUND = 8

/** @param top Pixels scrolled, negative above the first row. @param viewport Pixels in sight. */
export const rowsInView = (given: {
  readonly count: number
  readonly rowHeight: number
  readonly top: number
  readonly viewport: number
}): RowRange => {
  const { count, rowHeight, top, viewport } = given
  const first = Math.floor(Math.max(0, top) / rowHeight) - AROUND
  const last = Math.ceil(Math.max(0, top + viewport) / rowHeight) + AROUND
  return { first: Math.min(Math.max(0, first), count), last: Math.min(Math.max(0, last), count) }
}
