import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../log/index.ts'
import type { Lease, Leases } from './leases.ts'

const LEASE_MS = 60_000
const RETRY_MS = 60_000
const SHORTEST_WAIT_MS = 50
// A timer cannot wait for more than 24 days.
const LONGEST_WAIT_MS = 86_400_000

export interface Duty {
  /** Aborts the signal of a call that is under way and waits for its end. */
  stop(): Promise<void>
}

/**
 * Calls `work` every `intervalMs`, in one process of all that share the database, and again at once in another when
 * that one dies over it. The interval is kept across restarts: between two calls the lease rests in the database, held by
 * nobody. After a failure the next call comes within a minute.
 */
export const every = (
  { leases, log }: { leases: Leases; log: Log },
  name: string,
  intervalMs: number,
  work: (signal: AbortSignal) => Promise<void>,
): Duty => {
  const stopping = new AbortController()
  const { signal } = stopping

  const perform = async (lease: Lease): Promise<void> => {
    let restMs = intervalMs
    try {
      await work(AbortSignal.any([lease.signal, signal]))
    } catch (error) {
      restMs = signal.aborted ? 0 : Math.min(intervalMs, RETRY_MS)
      if (!signal.aborted) log.error({ err: error, duty: name }, 'A recurring duty failed')
    }
    await lease.release(restMs)
  }

  const turn = async (): Promise<number> => {
    try {
      const lease = await leases.acquire(`every:${name}`, LEASE_MS)
      if (lease !== undefined) await perform(lease)
      return await leases.freeInMs(`every:${name}`)
    } catch (error) {
      log.warn({ err: error, duty: name }, 'A recurring duty could not ask for its lease')
      return RETRY_MS
    }
  }

  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      const waitMs = Math.min(intervalMs, LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, (await turn()) + 1))
      // Rejects when it is told to stop, which the loop sees by itself.
      if (!signal.aborted) await wait(waitMs, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  const finished = loop()
  return {
    async stop() {
      stopping.abort(new Error('The server is stopping.'))
      await finished
    },
  }
}
