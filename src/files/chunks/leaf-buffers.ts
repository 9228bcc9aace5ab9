/** Buffers that stay when nobody uses them. */
const MAX_IDLE = 16

/** A download has one leaf being read and up to three on their way into the socket. */
const PER_TRANSFER = 4

export type LeafBuffers = ReturnType<typeof leafBuffers>

/** The buffers of one transfer. Of a transfer that fails none goes back: a write under way may still read from it. */
export interface BorrowedBuffers {
  /** Waits while all buffers of this transfer are in use. Never resolves once the transfer was ended. */
  take(): Promise<Buffer>
  /** Only when nobody will read or write the buffer any more. */
  giveBack(buffer: Buffer): void
}

/**
 * Memory for leaves that are sent, used again and again. Fresh memory for every megabyte costs more than checking it:
 * page faults, and a garbage collection for every 32 MiB.
 */
export const leafBuffers = (leafBytes: number) => {
  const idle: Buffer[] = []

  const borrow = (): BorrowedBuffers => {
    const waiting: ((buffer: Buffer) => void)[] = []
    let taken = 0
    const take = (): Promise<Buffer> => {
      if (taken === PER_TRANSFER) return new Promise((resolve) => waiting.push(resolve))
      taken += 1
      return Promise.resolve(idle.pop() ?? Buffer.allocUnsafeSlow(leafBytes))
    }
    const giveBack = (buffer: Buffer): void => {
      const next = waiting.shift()
      if (next !== undefined) {
        next(buffer)
        return
      }
      taken -= 1
      if (idle.length < MAX_IDLE) idle.push(buffer)
    }
    return { take, giveBack }
  }

  return { borrow }
}
