import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Database, Db, Tables } from '../db/index.ts'
import { databaseNow } from './database-time.ts'

export type JobState = 'ready' | 'delayed' | 'running' | 'dead'

declare module '../db/tables.ts' {
  interface Tables {
    jobs: {
      id: string
      name: string
      key: string | null
      state: JobState
      priority: number
      run_at: number
      attempts: number
      max_attempts: number
      payload: string
      lease_owner: string | null
      lease_token: string | null
      lease_until: number | null
      last_error: string | null
      created_at: number
      started_at: number | null
      finished_at: number | null
    }
  }
}

/** The channel on which PostgreSQL tells all processes that jobs of a name can be claimed; empty: look at the clock. */
export const JOBS_CHANNEL = 'latchkey_jobs'

/** A literal, because an index over one state is used only where the query names that state itself. */
export const state = (name: JobState): RawBuilder<JobState> => sql.lit(name)

/** A query for the ids of jobs. */
export type JobIds = SelectQueryBuilder<Tables, 'jobs', { id: string }>

/** What queries about jobs share, and where the two databases differ. */
export const jobSql = (database: Database, clock: Clock) => {
  const postgres = database.dialect === 'postgres'
  const now = (): RawBuilder<number> => databaseNow(database, clock)
  return {
    now,
    inMs: (delayMs: number): RawBuilder<number> => sql<number>`${now()} + ${delayMs}`,

    /** Only rows that no other transaction holds, and those for us alone. */
    unlocked: (query: JobIds): JobIds => (postgres ? query.forUpdate().skipLocked() : query),

    /** Keeps others from claiming the rows until the transaction ends; on SQLite nobody else could. */
    held: (query: JobIds): JobIds => (postgres ? query.forShare() : query),

    /** Wakes every process that waits for jobs of `name`, when the transaction commits. */
    async notify(db: Db, name: string): Promise<void> {
      if (postgres) await sql`select pg_notify(${JOBS_CHANNEL}, ${name})`.execute(db)
    },

    /** Makes the transaction fail rather than wait long for somebody else's rows. */
    async hurry(tx: Db): Promise<void> {
      if (postgres) await sql`select set_config('lock_timeout', '500ms', true)`.execute(tx)
    },
  }
}
