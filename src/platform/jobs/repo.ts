import { sql } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Database, Db } from '../db/index.ts'
import { newId } from '../ids.ts'
import { type JobState, jobSql, state } from './job-sql.ts'

export interface NewJob {
  readonly name: string
  readonly key: string | undefined
  readonly priority: number
  /** Milliseconds; undefined for now. */
  readonly runAt: number | undefined
  readonly attempts: number
  readonly payload: string
}

const KEY_TRIES = 20

/** Jobs as those see them who ask for work and who look at it. */
export const jobRepo = (database: Database, clock: Clock) => {
  const { now, inMs, held, notify } = jobSql(database, clock)

  const findWaiting = (db: Db, name: string, key: string) => {
    const waiting = db
      .selectFrom('jobs')
      .select('id')
      .where('name', '=', name)
      .where('key', '=', key)
      .where('state', 'in', [state('ready'), state('delayed')])
      .limit(1)
    // Locked, or it could start before the caller's change is committed, and nobody would look at that change.
    return held(waiting).executeTakeFirst()
  }

  const insertRow = async (db: Db, { name, key, priority, runAt, attempts, payload }: NewJob) => {
    const row = {
      id: newId('job'),
      name,
      key: key ?? null,
      priority,
      attempts: 0,
      max_attempts: attempts,
      payload,
      created_at: now(),
      run_at: runAt ?? now(),
      state:
        runAt === undefined
          ? state('ready')
          : sql<JobState>`case when ${runAt} <= ${now()} then 'ready' else 'delayed' end`,
    }
    const inserted = await db
      .insertInto('jobs')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst()
    return inserted?.id
  }

  return {
    notify,

    /** @returns The new job's id; undefined if one of that name and key waits already. */
    async insert(db: Db, job: NewJob): Promise<string | undefined> {
      if (job.key === undefined) return insertRow(db, job)
      for (let tries = 0; tries < KEY_TRIES; tries++) {
        if ((await findWaiting(db, job.name, job.key)) !== undefined) return undefined
        const id = await insertRow(db, job)
        if (id !== undefined) return id
        // Somebody else's was committed in between; if it has started already, ours is new after all.
      }
      throw new Error(`Jobs ${job.name} of one key come and go faster than they can be looked at.`)
    },

    /** Removes those that wait or run; who runs one finds its lease gone. */
    async cancel(db: Db, name: string, key: string): Promise<boolean> {
      const rows = await db
        .deleteFrom('jobs')
        .where('name', '=', name)
        .where('key', '=', key)
        .where('state', '!=', state('dead'))
        .returning('id')
        .execute()
      return rows.length > 0
    },

    async count(db: Db): Promise<{ name: string; state: JobState; count: number }[]> {
      return db
        .selectFrom('jobs')
        .select(['name', 'state', (eb) => eb.fn.countAll<number>().as('count')])
        .groupBy(['name', 'state'])
        .execute()
    },

    /** The last to die first. */
    async listDead(db: Db, limit: number) {
      return db
        .selectFrom('jobs')
        .select(['id', 'name', 'key', 'attempts', 'last_error', 'created_at', 'finished_at'])
        .where('state', '=', state('dead'))
        .orderBy('finished_at', 'desc')
        .limit(limit)
        .execute()
    },

    /** @returns The name of the job; undefined if there is no dead one of that id. */
    async revive(db: Db, id: string): Promise<string | undefined> {
      const row = await db
        .updateTable('jobs')
        .set({ state: state('ready'), attempts: 0, run_at: now(), finished_at: null })
        .where('id', '=', id)
        .where('state', '=', state('dead'))
        .returning('name')
        .executeTakeFirst()
      return row?.name
    },

    /** @returns How many there were. */
    async deleteDead(db: Db, olderThanMs: number): Promise<number> {
      const rows = await db
        .deleteFrom('jobs')
        .where('state', '=', state('dead'))
        .where('finished_at', '<', inMs(-olderThanMs))
        .returning('id')
        .execute()
      return rows.length
    },
  }
}
