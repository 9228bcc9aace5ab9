import { setTimeout as sleep } from 'node:timers/promises'
import { toExchangeFault } from './faults.ts'

export interface RetryPolicy {
  /** Tries altogether, the first included. */
  readonly attempts: number
  /** The longest pause before the second try; it doubles with each. */
  readonly baseMs: number
  readonly maxMs: number
}

// A storage that wants a longer pause than this is told of to the caller, who can wait better than we can.
const LONGEST_WAIT_SECONDS = 20

/**
 * Runs `attempt` until it succeeds, fails for good, or was tried often enough. Between two tries it waits a random part
 * of a span that doubles (full jitter): clients that failed together do not come back together. Only for requests that
 * may run twice; all of ours may, because a key names the same bytes for ever.
 *
 * @throws {S3Fault} The last one; the reason of the signal.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export const withRetries = async <T>(
  { attempts, baseMs, maxMs }: RetryPolicy,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt()
    } catch (error) {
      signal?.throwIfAborted()
      const fault = toExchangeFault(error)
      if (fault === undefined) throw error
      const wantedMs = (fault.retryAfterSeconds ?? 0) * 1000
      if (!fault.canRetry || tried >= attempts || wantedMs > LONGEST_WAIT_SECONDS * 1000) throw fault
      const spanMs = Math.min(maxMs, baseMs * 2 ** (tried - 1))
      await pause(wantedMs + Math.random() * spanMs, signal)
    }
  }
}

const pause = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
