import type { Clock } from '../clock.ts'
import type { Database } from '../db/index.ts'
import type { Log } from '../log/index.ts'
import type { Attempt, Handler } from './attempt.ts'
import type { ClaimRepo } from './claims.ts'

export interface KeeperOptions {
  readonly database: Database
  readonly claims: ClaimRepo
  readonly clock: Clock
  readonly log: Log
  readonly runningOf: (name: string) => readonly Attempt[]
}

/** Renews the leases of what runs, those of one name together, every third of the lease. */
export const leaseKeeper = ({ database, claims, clock, log, runningOf }: KeeperOptions) => {
  const timers: NodeJS.Timeout[] = []
  const beating = new Set<string>()

  const beat = async ({ name, leaseMs }: Handler): Promise<void> => {
    const mine = runningOf(name)
    for (const attempt of mine) attempt.checkLease()
    // A database that hangs is asked once, not once more every beat.
    if (mine.length === 0 || beating.has(name)) return
    beating.add(name)
    const askedAtMs = clock.monotonicMs()
    try {
      const jobs = mine.map(({ job }) => job)
      const kept = await database.transaction((tx) => claims.renew(tx, jobs, leaseMs))
      for (const attempt of mine) attempt.renewed(kept.has(attempt.job.token), askedAtMs)
    } catch (error) {
      log.warn({ err: error, job: name }, 'The leases of running jobs could not be renewed')
    } finally {
      beating.delete(name)
    }
  }

  return {
    start(handlers: Iterable<Handler>): void {
      for (const handler of handlers) timers.push(setInterval(() => void beat(handler), handler.leaseMs / 3))
    },
    stop(): void {
      for (const timer of timers.splice(0)) clearInterval(timer)
    },
  }
}
