/** One finished call, for logs and run records. It never holds the token. */
export interface ApiCall {
  /** Undefined when the token named no bot. */
  botId: number | undefined
  /** As Telegram spells it, or as it was called when there is no such method. */
  method: string
  params: Readonly<Record<string, unknown>>
  status: number
  body: unknown
  durationMs: number
}

export type ApiCallListener = (call: ApiCall) => void

export const journal = () => {
  const listeners = new Set<ApiCallListener>()
  return {
    tell(call: ApiCall): void {
      for (const listener of listeners) listener(call)
    },
    /** @returns How to stop listening. */
    listen(listener: ApiCallListener): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
