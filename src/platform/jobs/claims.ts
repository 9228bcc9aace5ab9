import { sql } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Database, Db } from '../db/index.ts'
import { randomBase62 } from '../ids.ts'
import { jobSql, state } from './job-sql.ts'

/** A job in one attempt. Only who shows the token may end it. */
export interface ClaimedJob {
  readonly id: string
  readonly name: string
  readonly token: string
  readonly payload: string
  readonly attempt: number
  readonly maxAttempts: number
}

/** How an attempt ended. */
export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly error: string }
  | { readonly kind: 'dead'; readonly error: string }
  /** Given back as if it had not been taken. */
  | { readonly kind: 'release'; readonly delayMs: number }

export interface Settlement {
  readonly job: Pick<ClaimedJob, 'id' | 'name' | 'token'>
  readonly ending: Ending
}

/** The columns of a job that nobody runs. */
export const NO_LEASE = { lease_owner: null, lease_token: null, lease_until: null }

export type ClaimRepo = ReturnType<typeof claimRepo>

/** Jobs as the workers see them: to be claimed, kept, and ended by who still holds them. */
export const claimRepo = (database: Database, clock: Clock, owner: string) => {
  const { now, inMs, unlocked, notify, hurry } = jobSql(database, clock)

  const finish = async (db: Db, { job, ending }: Settlement): Promise<boolean> => {
    const row = await db
      .updateTable('jobs')
      .set({ ...NO_LEASE, ...stateAfter(ending) })
      .where('id', '=', job.id)
      .where('lease_token', '=', job.token)
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  }

  const stateAfter = (ending: Ending) => {
    if (ending.kind === 'dead') return { state: state('dead'), last_error: ending.error, finished_at: now() }
    if (ending.kind === 'retry')
      return { state: state('delayed'), last_error: ending.error, run_at: inMs(ending.delayMs) }
    const attempts = sql<number>`attempts - 1`
    if (ending.kind === 'release' && ending.delayMs > 0)
      return { state: state('delayed'), attempts, run_at: inMs(ending.delayMs) }
    return { state: state('ready'), attempts }
  }

  const deleteDone = async (db: Db, done: readonly Settlement[]): Promise<number> => {
    if (done.length === 0) return 0
    const rows = await db
      .deleteFrom('jobs')
      .where(
        'id',
        'in',
        done.map(({ job }) => job.id),
      )
      // A token belongs to one attempt of one job, so the two lists cannot match crosswise.
      .where(
        'lease_token',
        'in',
        done.map(({ job }) => job.token),
      )
      .returning('id')
      .execute()
    return rows.length
  }

  return {
    /** Takes up to `limit` jobs, most urgent first. */
    async claim(tx: Db, name: string, leaseMs: number, limit: number): Promise<ClaimedJob[]> {
      const next = tx
        .selectFrom('jobs')
        .select('id')
        .where('name', '=', name)
        .where('state', '=', state('ready'))
        .orderBy('priority', 'desc')
        .orderBy('run_at')
        .orderBy('id')
        .limit(limit)
      const batch = randomBase62(16)
      const rows = await tx
        .with('picked', () => unlocked(next))
        .updateTable('jobs')
        .set({
          state: state('running'),
          attempts: sql<number>`attempts + 1`,
          lease_owner: owner,
          lease_token: sql<string>`cast(${batch} as text) || id`,
          lease_until: inMs(leaseMs),
          started_at: sql<number>`coalesce(started_at, ${now()})`,
        })
        .where('id', 'in', (eb) => eb.selectFrom('picked').select('id'))
        .returning(['id', 'name', 'payload', 'attempts', 'max_attempts', 'priority', 'run_at'])
        .execute()
      // An update returns its rows in any order.
      rows.sort((a, b) => b.priority - a.priority || a.run_at - b.run_at || (a.id < b.id ? -1 : 1))
      return rows.map(({ id, payload, attempts, max_attempts }) => {
        return { id, name, payload, token: batch + id, attempt: attempts, maxAttempts: max_attempts }
      })
    },

    /**
     * Ends attempts, of those that still hold their lease.
     *
     * @returns How many did not: somebody else has the job, or it was cancelled.
     */
    async settle(tx: Db, settlements: readonly Settlement[]): Promise<number> {
      // A caller that cancels several running jobs locks in its own order; of two that wait for each other it is us
      // who give up, before the server picks one of the two.
      if (settlements.length > 1) await hurry(tx)
      let held = await deleteDone(
        tx,
        settlements.filter(({ ending }) => ending.kind === 'done'),
      )
      for (const settlement of settlements) {
        const { job, ending } = settlement
        if (ending.kind === 'done' || !(await finish(tx, settlement))) continue
        held++
        if (ending.kind === 'release') await notify(tx, ending.delayMs > 0 ? '' : job.name)
      }
      return settlements.length - held
    },

    /** @returns The tokens that were renewed; the others are lost. */
    async renew(tx: Db, jobs: readonly Pick<ClaimedJob, 'id' | 'token'>[], leaseMs: number): Promise<Set<string>> {
      if (jobs.length > 1) await hurry(tx)
      const rows = await tx
        .updateTable('jobs')
        .set({ lease_until: inMs(leaseMs) })
        .where(
          'id',
          'in',
          jobs.map(({ id }) => id),
        )
        .where(
          'lease_token',
          'in',
          jobs.map(({ token }) => token),
        )
        .returning('lease_token')
        .execute()
      return new Set(rows.map(({ lease_token }) => lease_token ?? ''))
    },
  }
}
