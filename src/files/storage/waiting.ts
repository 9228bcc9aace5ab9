/**
 * Waits for `work`, but no longer than until `signal` aborts, whether or not the work heeds it.
 *
 * @param putAway Gets what the work gives when nobody waits for it any more, such as an open file.
 * @throws The reason.
 */
export const unlessAborted = async <T>(
  work: Promise<T>,
  signal: AbortSignal,
  putAway: (late: T) => unknown = () => {},
): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  promise.catch(() => {})
  try {
    signal.throwIfAborted()
    signal.addEventListener('abort', onAbort, { once: true })
    return await Promise.race([work, promise])
  } catch (error) {
    // If it was the work that failed there is nothing to put away.
    work.then(putAway).catch(() => {})
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
