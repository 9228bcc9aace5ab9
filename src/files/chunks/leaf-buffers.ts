/** Buffers that stay when nobody uses them. */
const MAX_IDLE = 8

/** A download has one leaf being read and up to three on their way into the socket; with many at once, fewer. */
const PER_TRANSFER = 4
/** While one of many waits for its only one, the others keep disk and processor busy. */
const LEAST_PER_TRANSFER = 1
/** For all transfers together, as long as each has the least. */
const ALL_TOGETHER = 16

export type LeafBuffers = ReturnType<typeof leafBuffers>

/** The buffers of one transfer. Of a transfer that fails none goes back: a write under way may still read from it. */
export interface BorrowedBuffers {
  /** Waits while all buffers of this transfer are in use. Never resolves once the transfer was ended. */
  take(): Promise<Buffer>
  /** Only when nobody will read or write the buffer any more. */
  giveBack(buffer: Buffer): void
  /** The transfer is over, however it ended. What is still on its way may be given back later. */
  end(): void
}

/**
 * Memory for leaves that are sent, used again and again. Fresh memory for every megabyte costs more than checking it:
 * page faults, and a garbage collection for every 32 MiB.
 */
export const leafBuffers = (leafBytes: number) => {
  const idle: Buffer[] = []
  let transfers = 0
  const share = (): number => Math.max(LEAST_PER_TRANSFER, Math.min(PER_TRANSFER, Math.floor(ALL_TOGETHER / transfers)))

  const borrow = (): BorrowedBuffers => {
    const waiting: ((buffer: Buffer) => void)[] = []
    let taken = 0
    let hasEnded = false
    transfers += 1
    const take = (): Promise<Buffer> => {
      if (taken >= share()) return new Promise((resolve) => waiting.push(resolve))
      taken += 1
      return Promise.resolve(idle.pop() ?? Buffer.allocUnsafeSlow(leafBytes))
    }
    const giveBack = (buffer: Buffer): void => {
      const next = taken <= share() ? waiting.shift() : undefined
      if (next !== undefined) {
        next(buffer)
        return
      }
      taken -= 1
      if (idle.length < MAX_IDLE) idle.push(buffer)
    }
    const end = (): void => {
      if (!hasEnded) transfers -= 1
      hasEnded = true
    }
    return { take, giveBack, end }
  }

  return { borrow }
}
