/** Like `source`, but a source that hangs does not hold up an abort. @throws The reason of the signal. */
export async function* untilAborted(source: AsyncIterable<Buffer>, signal: AbortSignal): AsyncIterable<Buffer> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  promise.catch(() => {})
  signal.throwIfAborted()
  signal.addEventListener('abort', onAbort, { once: true })
  const pieces = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await Promise.race([pieces.next(), promise])
      if (next.done === true) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    pieces.return?.().catch(() => {})
  }
}
