import { sql } from 'kysely'
import { type Db, inBatches } from '../../platform/db/index.ts'
import { DAY_MS } from '../../platform/limits/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    api_key_days: { key_id: string; day: number; requests: number }
  }
}

/** What a key did on one day. */
export interface DayUse {
  readonly keyId: string
  /** Whole days since 1970, in UTC. */
  readonly day: number
  readonly requests: number
}

export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS)

export type KeyDaysRepo = ReturnType<typeof keyDaysRepo>

export const keyDaysRepo = (db: Db) => ({
  /**
   * Adds up. Keys that are gone meanwhile are left out, and access tokens of programs too: they live for an hour.
   *
   * @param uses Each key and day once. In the order of keys, or two processes could wait for each other.
   */
  async record(uses: readonly DayUse[]): Promise<void> {
    for (const batch of inBatches(uses)) {
      const rows = batch.map(
        ({ keyId, day, requests }) =>
          sql`(cast(${keyId} as text), cast(${day} as bigint), cast(${requests} as bigint))`,
      )
      await sql`
        insert into api_key_days (key_id, day, requests)
        select used.column1, used.column2, used.column3
        from (values ${sql.join(rows)}) as used
        inner join api_keys on api_keys.id = used.column1
        where api_keys.kind <> 'oauth'
        order by used.column1, used.column2
        on conflict (key_id, day) do update set requests = api_key_days.requests + excluded.requests`.execute(db)
    }
  },
  /** What the account's keys did from a day on. */
  list: (accountId: string, fromDay: number): Promise<DayUse[]> =>
    db
      .selectFrom('api_key_days')
      .innerJoin('api_keys', 'api_keys.id', 'api_key_days.key_id')
      .select(['api_key_days.key_id as keyId', 'api_key_days.day', 'api_key_days.requests'])
      .where('api_keys.account_id', '=', accountId)
      .where('api_key_days.day', '>=', fromDay)
      .execute(),
  async deleteBefore(day: number): Promise<void> {
    await db.deleteFrom('api_key_days').where('day', '<', day).execute()
  },
})
