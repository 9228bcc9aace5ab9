import type { z } from 'zod'
import type { Clock } from '../clock.ts'
import type { Database, Db } from '../db/index.ts'
import type { Log } from '../log/index.ts'
import { parsePayload, toHandler } from './attempt.ts'
import { claimRepo } from './claims.ts'
import type { Job, JobHandler } from './job.ts'
import type { JobState } from './job-sql.ts'
import type { Listener } from './listen.ts'
import { jobRepo } from './repo.ts'
import { sweepRepo } from './sweeps.ts'
import { jobWorker } from './worker.ts'

export { type Duty, every } from './every.ts'
export { defineJob, type Job, type JobHandler, type JobRun, Postpone } from './job.ts'
export { type Lease, type Leases, leaseService, processOwner } from './leases.ts'

const POLL_MS = 5_000
// Without notifications a transaction's end is not told. Most are over by then; the poll finds the others.
const UNHEARD_MS = 50

export interface QueueOptions {
  readonly database: Database
  /** PostgreSQL's address, for a connection of the queue's own that hears of new jobs; undefined on SQLite. */
  readonly url: string | undefined
  readonly clock: Clock
  readonly log: Log
  /** `processOwner()`, the same as the leases'. */
  readonly owner: string
  /** How often to look even if nobody told of anything; 5 s unless told. */
  readonly pollMs?: number
}

export interface EnqueueOptions {
  /** Not before; now unless told. */
  readonly runAt?: Date
  /** Makes the job the only one of its name and key that waits. One that runs already does not count. */
  readonly key?: string
  /** Higher first, within the jobs of one name; 0 unless told. */
  readonly priority?: number
}

/** How many jobs of a name there are, by what they wait for. */
export interface JobCounts {
  readonly name: string
  readonly ready: number
  readonly delayed: number
  readonly running: number
  /** Failed for good, and kept to be looked at. */
  readonly dead: number
}

/** A job that failed for good. */
export interface DeadJob {
  readonly id: string
  readonly name: string
  readonly key: string | null
  readonly attempts: number
  readonly error: string
  readonly createdAt: string
  readonly diedAt: string
}

export type JobQueue = ReturnType<typeof jobQueue>

/**
 * Work that survives the process: enqueued in the transaction of the change it belongs to, run at least once by one
 * process at a time, tried again when it fails, and kept as dead when that does not help.
 */
export const jobQueue = ({ database, url, clock, log, owner, pollMs = POLL_MS }: QueueOptions) => {
  const repo = jobRepo(database, clock)
  const claims = claimRepo(database, clock, owner)
  const sweeps = sweepRepo(database, clock, owner)
  const worker = jobWorker({ database, claims, sweeps, clock, log, pollMs })
  let listener: Listener | undefined

  /** Harmless if the transaction is rolled back: who was woken finds nothing. */
  const announce = async (db: Db, name: string, delayMs: number): Promise<void> => {
    // Whoever polls comes by before it is due.
    if (delayMs > pollMs) return
    await repo.notify(db, delayMs > 0 ? '' : name)
    if (listener?.listening()) return
    // On SQLite a look waits for the transaction that has the connection, so it sees what that leaves behind.
    if (delayMs > 0) worker.lookWithin(delayMs + 1)
    else if (database.dialect === 'sqlite' || !db.isTransaction) worker.poke(name)
    else worker.lookWithin(UNHEARD_MS)
  }

  return {
    /**
     * @param db The transaction of the change that the job belongs to: the job exists if that is committed.
     * @returns The job's id; undefined when a job of the same key waits already, which will see the change as well.
     * @throws when the payload does not fit its schema
     */
    async enqueue<S extends z.ZodType>(
      db: Db,
      job: Job<S>,
      payload: z.input<S>,
      { runAt, key, priority = 0 }: EnqueueOptions = {},
    ): Promise<string | undefined> {
      const json = JSON.stringify(payload)
      const parsed = parsePayload(job, json)
      if ('misfit' in parsed) throw new Error(parsed.misfit)
      const row = { name: job.name, key, priority, runAt: runAt?.getTime(), attempts: job.attempts, payload: json }
      const id = await repo.insert(db, row)
      await announce(db, job.name, runAt === undefined ? 0 : Math.max(0, runAt.getTime() - clock.now().getTime()))
      return id
    },

    /**
     * Removes what waits under a key, also between two attempts. One that runs is not tried again, and its signal
     * aborts when its lease would have been renewed.
     *
     * @returns Whether there was any.
     */
    cancel: (db: Db, job: Pick<Job, 'name'>, key: string): Promise<boolean> => repo.cancel(db, job.name, key),

    /** Says what does the work, before `start`. Jobs without a handler here are left to other processes. */
    handle<S extends z.ZodType>(job: Job<S>, handler: JobHandler<S>): void {
      worker.add(toHandler(job, handler))
    },

    async start(): Promise<void> {
      await worker.start()
      if (url === undefined) return
      const { listen } = await import('./listen.ts')
      listener = await listen(url, worker, log)
    },

    /**
     * Takes no more jobs, gives those that run `graceMs` to end and a second more after their signals aborted, and
     * gives the rest back, so that another process has them at once.
     */
    async stop(graceMs: number): Promise<void> {
      await listener?.close()
      listener = undefined
      await worker.stop(graceMs)
    },

    /** Every name that has a handler here or a row in the database. */
    async stats(): Promise<JobCounts[]> {
      const names = worker.handlers().map(({ name }) => name)
      return toCounts(names, await repo.count(database.reader))
    },

    /** The last to die first. */
    async listDead(limit: number): Promise<DeadJob[]> {
      const rows = await repo.listDead(database.db, limit)
      return rows.map(({ id, name, key, attempts, last_error, created_at, finished_at }) => {
        const createdAt = new Date(created_at).toISOString()
        return {
          id,
          name,
          key,
          attempts,
          error: last_error ?? '',
          createdAt,
          diedAt: new Date(finished_at ?? 0).toISOString(),
        }
      })
    },

    /** Gives a dead job all its attempts again. @returns false if there is no such dead job. */
    async revive(db: Db, id: string): Promise<boolean> {
      const name = await repo.revive(db, id)
      if (name !== undefined) await announce(db, name, 0)
      return name !== undefined
    },

    /** @returns How many dead jobs were removed: those that died longer than `olderThanMs` ago. */
    deleteDead: (olderThanMs: number): Promise<number> => repo.deleteDead(database.db, olderThanMs),
  }
}

const toCounts = (names: readonly string[], rows: readonly { name: string; state: JobState; count: number }[]) => {
  const none = { ready: 0, delayed: 0, running: 0, dead: 0 }
  const byName = new Map<string, JobCounts>(names.map((name) => [name, { name, ...none }]))
  for (const { name, state, count } of rows) byName.set(name, { name, ...none, ...byName.get(name), [state]: count })
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
