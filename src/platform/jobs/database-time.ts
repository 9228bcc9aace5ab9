import { type RawBuilder, sql } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Database } from '../db/index.ts'

/**
 * The moment, in milliseconds, by the clock that all owners of a lease share: PostgreSQL's own, because clocks of hosts
 * differ. SQLite has one server process, so its clock it is.
 */
export const databaseNow = ({ dialect }: Database, clock: Clock): RawBuilder<number> =>
  dialect === 'postgres'
    ? // Not clock_timestamp(): an index cannot be searched by a value that changes while the query runs.
      sql<number>`(extract(epoch from statement_timestamp()) * 1000)::bigint`
    : sql<number>`${clock.now().getTime()}`
