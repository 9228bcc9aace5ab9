import type { Clock } from '../../../platform/clock.ts'

export interface BucketOptions {
  readonly clock: Clock
  readonly perMinute: number
  /** So many at once after a quiet time. */
  readonly burst: number
  /** How long a minute takes; 60 000 but in tests. */
  readonly minuteMs: number
}

export type TokenBucket = ReturnType<typeof tokenBucket>

/** How often something may be done: evenly, with a small burst after a quiet time. */
export const tokenBucket = ({ clock, perMinute, burst, minuteMs }: BucketOptions) => {
  let rate = perMinute
  let tokens = burst
  let filledAtMs = clock.monotonicMs()

  const fill = (): void => {
    const now = clock.monotonicMs()
    tokens = Math.min(burst, tokens + ((now - filledAtMs) / minuteMs) * rate)
    filledAtMs = now
  }

  return {
    /** @returns Milliseconds until one is free. */
    waitMs(): number {
      fill()
      // Rounding must not make a wait that ends a hair too early, over and over.
      return tokens >= 1 - 1e-9 ? 0 : Math.ceil(((1 - tokens) / rate) * minuteMs)
    },
    take(): void {
      fill()
      tokens -= 1
    },
    /** What was taken was not used. */
    giveBack(): void {
      tokens = Math.min(burst, tokens + 1)
    },
    /** Nothing of a burst is left: somebody else may have had it. */
    drain(): void {
      fill()
      tokens = Math.min(tokens, 0)
    },
    tokens(): number {
      fill()
      return Math.max(0, tokens)
    },
    rate: () => rate,
    setRate(perMinute: number): void {
      fill()
      rate = perMinute
    },
  }
}
