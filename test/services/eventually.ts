import { setTimeout as wait } from 'node:timers/promises'

export type EventuallyOptions = {
  /** How long to go on trying; 60 s unless told. */
  deadlineMs?: number
  /** Pause between two tries; 20 ms unless told. */
  everyMs?: number
}

/**
 * Calls `fn` until it neither throws nor rejects, and gives what it returned.
 *
 * @throws The last failure of `fn`, as the `cause` of an error that says how long it was tried.
 */
export const eventually = async <T>(
  fn: () => T | Promise<T>,
  { deadlineMs = 60_000, everyMs = 20 }: EventuallyOptions = {},
): Promise<T> => {
  const giveUpAt = performance.now() + deadlineMs
  for (;;) {
    try {
      return await fn()
    } catch (cause) {
      if (performance.now() < giveUpAt) await wait(everyMs)
      else throw new Error(`Still failing after ${deadlineMs} ms: ${String(cause)}`, { cause })
    }
  }
}
