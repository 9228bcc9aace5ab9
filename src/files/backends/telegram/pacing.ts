import type { Clock } from '../../../platform/clock.ts'

/** Smaller uploads are not paced by the server. */
const PACED_ABOVE_BYTES = 100_000
const SECONDS_PER_BYTE = 1e-7
const MIN_SECONDS = 0.2
const MAX_SECONDS = 0.9
/** Ours and the server's clock do not tick alike, and what is sent evenly does not arrive evenly. */
const MARGIN = 1.1

/**
 * Keeps uploads of one size apart by as much as the Bot API server lets them through: of equal sizes one bot gets one
 * per 0.2 to 0.9 s, and is refused for a minute when it sends many faster than that.
 *
 * @see https://github.com/tdlib/telegram-bot-api
 */
export const equalSizePace = ({ clock, secondMs }: { clock: Clock; secondMs: number }) => {
  const nextAtMs = new Map<number, number>()

  const forget = (now: number): void => {
    for (const [size, at] of nextAtMs) if (at <= now) nextAtMs.delete(size)
  }

  return {
    /** @returns Milliseconds until an upload of this size may start. */
    waitMs: (sizeBytes: number): number => Math.max(0, (nextAtMs.get(sizeBytes) ?? 0) - clock.monotonicMs()),
    started(sizeBytes: number): void {
      if (sizeBytes <= PACED_ABOVE_BYTES) return
      const now = clock.monotonicMs()
      forget(now)
      const seconds = Math.min(Math.max(sizeBytes * SECONDS_PER_BYTE, MIN_SECONDS), MAX_SECONDS)
      nextAtMs.set(sizeBytes, now + seconds * MARGIN * secondMs)
    },
  }
}

export type EqualSizePace = ReturnType<typeof equalSizePace>
