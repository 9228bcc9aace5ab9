import { sql } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Database, Db } from '../db/index.ts'
import { NO_LEASE } from './claims.ts'
import { type JobIds, type JobState, jobSql, state } from './job-sql.ts'
import { isOwnerDead } from './leases.ts'

/** A job whose state was changed by time. */
export interface MovedJob {
  readonly id: string
  readonly name: string
  readonly state: JobState
}

const LOST = 'The process that ran it ended or stopped answering.'
const SWEEP_ROWS = 500

export type SweepRepo = ReturnType<typeof sweepRepo>

/** What time does to jobs: the delayed become due, and leases end. */
export const sweepRepo = (database: Database, clock: Clock, owner: string) => {
  const { now, unlocked, notify } = jobSql(database, clock)

  /** Takes the lease away; the job gets another attempt if it has one left. */
  const expire = async (db: Db, overdue: JobIds): Promise<MovedJob[]> =>
    db
      .with('picked', () => unlocked(overdue))
      .updateTable('jobs')
      .set({
        ...NO_LEASE,
        state: sql<JobState>`case when attempts >= max_attempts then 'dead' else 'ready' end`,
        finished_at: sql<number | null>`case when attempts >= max_attempts then ${now()} end`,
        last_error: LOST,
      })
      .where('id', 'in', (eb) => eb.selectFrom('picked').select('id'))
      .returning(['id', 'name', 'state'])
      .execute()

  const ripen = async (db: Db): Promise<MovedJob[]> => {
    const ripe = db
      .selectFrom('jobs')
      .select('id')
      .where('state', '=', state('delayed'))
      .where('run_at', '<=', now())
      .orderBy('run_at')
      .limit(SWEEP_ROWS)
    return db
      .with('picked', () => unlocked(ripe))
      .updateTable('jobs')
      .set({ state: state('ready') })
      .where('id', 'in', (eb) => eb.selectFrom('picked').select('id'))
      .returning(['id', 'name', 'state'])
      .execute()
  }

  /** Whoever holds the lease of a job that runs, and is known not to be there any more. */
  const deadOwners = async (db: Db): Promise<string[]> => {
    const rows = await db
      .selectFrom('jobs')
      .select('lease_owner')
      .distinct()
      .where('state', '=', state('running'))
      .execute()
    return rows.flatMap(({ lease_owner: by }) => (by !== null && by !== owner && isOwnerDead(by) ? [by] : []))
  }

  return {
    /**
     * Moves what time has changed: delayed jobs that are due, running ones whose lease is over or whose owner is dead.
     *
     * @returns The leases that were found over, and whether more is left to move.
     */
    async sweep(tx: Db): Promise<{ expired: MovedJob[]; more: boolean }> {
      const dead = await deadOwners(tx)
      const overdue = tx
        .selectFrom('jobs')
        .select('id')
        .where('state', '=', state('running'))
        .where((eb) =>
          eb.or([eb('lease_until', '<=', now()), ...(dead.length === 0 ? [] : [eb('lease_owner', 'in', dead)])]),
        )
        .limit(SWEEP_ROWS)
      const ripe = await ripen(tx)
      const expired = await expire(tx, overdue)
      const names = new Set([...ripe, ...expired].filter((job) => job.state === 'ready').map(({ name }) => name))
      for (const name of names) await notify(tx, name)
      return { expired, more: Math.max(ripe.length, expired.length) === SWEEP_ROWS }
    },

    /** Where there can be only one server process: whoever else holds a lease is dead. */
    async takeOver(tx: Db): Promise<MovedJob[]> {
      await tx.updateTable('leases').set({ owner: null, held_until: 0 }).where('owner', '!=', owner).execute()
      const orphans = tx.selectFrom('jobs').select('id').where('state', '=', state('running'))
      return expire(tx, orphans.where('lease_owner', '!=', owner))
    },

    /** @returns Milliseconds until `sweep` has something to move; undefined if nothing is delayed or running. */
    async nextSweepMs(db: Db): Promise<number | undefined> {
      const { rows } = await sql<{ delayed: number | null; running: number | null; now: number }>`select
        (select run_at from jobs where state = 'delayed' order by run_at limit 1) as delayed,
        (select lease_until from jobs where state = 'running' order by lease_until limit 1) as running,
        ${now()} as now`.execute(db)
      const moments = [rows[0]?.delayed, rows[0]?.running].filter((moment) => typeof moment === 'number')
      return moments.length === 0 ? undefined : Math.max(0, Math.min(...moments) - Number(rows[0]?.now))
    },
  }
}
