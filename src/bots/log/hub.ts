import type { Run } from '../runs/contract.ts'

/** What followers of a bot are told. Only `run` has an id, because only runs can be found again. */
export interface LogEvent {
  readonly event: 'begin' | 'call' | 'run' | 'flood'
  readonly id: string | null
  readonly data: unknown
}

export type LogListener = (event: LogEvent) => void

export type LogHub = ReturnType<typeof logHub>

/** From those who run commands to those who watch. What nobody watches costs a look into a map. */
export const logHub = () => {
  const listeners = new Map<string, Set<LogListener>>()
  const closing = new AbortController()

  return {
    /** Aborts when the server stops: streams end. */
    closed: closing.signal,
    close: (): void => closing.abort(),
    watches: (botId: string): boolean => listeners.has(botId),
    tell(botId: string, event: LogEvent): void {
      for (const listener of listeners.get(botId) ?? []) listener(event)
    },
    /** @returns How to stop listening. */
    listen(botId: string, listener: LogListener): () => void {
      const known = listeners.get(botId) ?? new Set()
      known.add(listener)
      listeners.set(botId, known)
      return () => {
        known.delete(listener)
        if (known.size === 0) listeners.delete(botId)
      }
    },
  }
}

export const runEvent = (run: Run): LogEvent => ({ event: 'run', id: run.id, data: run })
