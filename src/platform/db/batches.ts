// Few sizes, because each is a statement of its own, and statements are kept prepared.
const SIZES = [64, 8, 1] as const

/** Cuts rows into batches for statements that take several at once, in order. */
export function* inBatches<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  let start = 0
  for (const size of SIZES) {
    for (; rows.length - start >= size; start += size) yield rows.slice(start, start + size)
  }
}
