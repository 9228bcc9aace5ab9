/** What a chunk is to this decision. */
export interface SizedChunk {
  readonly start_at: number
  readonly size_bytes: number
}

/**
 * Which of the last chunks are to become one.
 *
 * Each request that brings bytes leaves a chunk that is shorter than the others. A client that sends little at a time
 * would make a file of many thousands. So, like the digits of a binary counter, chunks at the end are joined when one is
 * not larger than all behind it: a byte is written again at most once each time its chunk doubles, and a chunk is never
 * larger than `chunkBytes`.
 *
 * @param last The last chunks of an upload, in file order.
 * @returns Those to join: at least two, or none.
 */
export const toMerge = <C extends SizedChunk>(last: readonly C[], chunkBytes: number): readonly C[] => {
  let totalBytes = 0
  let count = 0
  for (const { size_bytes } of last.toReversed()) {
    if (count > 0 && (size_bytes > totalBytes || size_bytes + totalBytes > chunkBytes)) break
    totalBytes += size_bytes
    count += 1
  }
  return count < 2 ? [] : last.slice(-count)
}
