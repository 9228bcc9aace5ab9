const MIB = 1024 * 1024
/** Few enough to be in the processor's cache still, when the same memory is written again. */
const ALTOGETHER_BYTES = 8 * MIB
/** With many at once, most of what there is has not been written yet, and looking at it again and again is in vain. */
const FOR_EACH_BYTES = 2 * MIB

let senders = 0
let receivedBytes = 0

/**
 * Has the memory of what was received used again soon. Each piece that a socket gives is fresh memory outside of
 * JavaScript's heap, and all that the collector sees of it is a small object: left alone, it comes round when hundreds of
 * megabytes have passed through every cache. An upload costs a fifth less of the processor like this. Needs `gc`, which
 * the launcher exposes, and does nothing without it.
 */
export const receivedMemory = () => {
  let isOpen = true
  senders += 1
  return {
    note(bytes: number): void {
      receivedBytes += bytes
      if (receivedBytes < Math.max(ALTOGETHER_BYTES, senders * FOR_EACH_BYTES)) return
      receivedBytes = 0
      globalThis.gc?.({ type: 'minor', execution: 'sync' })
    },
    end(): void {
      if (isOpen) senders -= 1
      isOpen = false
    },
  }
}
