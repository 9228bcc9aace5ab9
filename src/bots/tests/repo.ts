import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    bot_tests: {
      id: string
      bot_id: string
      account_id: string
      name: string
      body: string
      last_passed: number | null
      last_run_at: number | null
      created_at: number
      updated_at: number
    }
  }
}

export interface TestRow {
  readonly id: string
  readonly name: string
  /** JSON, a `TestBody`. */
  readonly body: string
  readonly last_passed: number | null
  readonly last_run_at: number | null
  readonly created_at: number
  readonly updated_at: number
}

const COLUMNS = ['id', 'name', 'body', 'last_passed', 'last_run_at', 'created_at', 'updated_at'] as const

export const testRepo = (db: Db, accountId: string, botId: string) => {
  const rows = () =>
    db.selectFrom('bot_tests').select(COLUMNS).where('account_id', '=', accountId).where('bot_id', '=', botId)
  return {
    async insert(row: TestRow): Promise<void> {
      await db
        .insertInto('bot_tests')
        .values({ ...row, account_id: accountId, bot_id: botId })
        .execute()
    },
    /** In the order in which they were made. */
    list: (): Promise<TestRow[]> => rows().orderBy('id').execute(),
    find: (id: string): Promise<TestRow | undefined> => rows().where('id', '=', id).executeTakeFirst(),
    async count(): Promise<number> {
      const { total } = await db
        .selectFrom('bot_tests')
        .select((eb) => eb.fn.countAll<number>().as('total'))
        .where('account_id', '=', accountId)
        .where('bot_id', '=', botId)
        .executeTakeFirstOrThrow()
      return Number(total)
    },
    async update(id: string, fields: Partial<Omit<TestRow, 'id' | 'created_at'>>): Promise<void> {
      await db
        .updateTable('bot_tests')
        .set(fields)
        .where('account_id', '=', accountId)
        .where('bot_id', '=', botId)
        .where('id', '=', id)
        .execute()
    },
    /** @returns Whether there was one. */
    async delete(id: string): Promise<boolean> {
      const deleted = await db
        .deleteFrom('bot_tests')
        .where('account_id', '=', accountId)
        .where('bot_id', '=', botId)
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst()
      return deleted !== undefined
    },
  }
}
