import type { Db, SqlDialect } from '../../platform/db/index.ts'

/** What a plan allows. Null is without limit. */
export interface Plan {
  readonly id: string
  readonly api: number
  readonly max_bytes: number | null
  readonly max_file_bytes: number | null
  readonly max_links: number | null
  readonly max_seats: number | null
  readonly max_keys: number | null
  readonly per_minute_cap: number | null
  readonly per_day: number | null
}

export type PlanChange = { readonly [K in keyof Omit<Plan, 'id'>]?: Plan[K] }

export type PlanRepo = ReturnType<typeof planRepo>

export const planRepo = (db: Db) => ({
  ofAccount: (accountId: string): Promise<Plan> =>
    db
      .selectFrom('plans')
      .innerJoin('accounts', 'accounts.plan_id', 'plans.id')
      .selectAll('plans')
      .where('accounts.id', '=', accountId)
      .executeTakeFirstOrThrow(),
  /** With how many accounts have each; those that were deleted do not count. */
  list: (): Promise<(Plan & { accounts: number })[]> =>
    db
      .selectFrom('plans')
      .selectAll('plans')
      .select((eb) =>
        eb
          .selectFrom('accounts')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .whereRef('accounts.plan_id', '=', 'plans.id')
          .where('accounts.status', '<>', 'deleted')
          .$asScalar()
          .$notNull()
          .as('accounts'),
      )
      .orderBy('plans.id')
      .execute(),
  /** @returns The plan as it is now; undefined if there is none. */
  update: (id: string, change: PlanChange): Promise<Plan | undefined> =>
    Object.keys(change).length === 0
      ? db.selectFrom('plans').selectAll().where('id', '=', id).executeTakeFirst()
      : db.updateTable('plans').set(change).where('id', '=', id).returningAll().executeTakeFirst(),
  /** Makes changes that count something of an account take turns. SQLite's transactions do that already. */
  async lockAccount(accountId: string, dialect: SqlDialect): Promise<void> {
    const query = db.selectFrom('accounts').select('id').where('id', '=', accountId)
    await (dialect === 'postgres' ? query.forNoKeyUpdate() : query).execute()
  },
})
