import { sql } from 'kysely'
import type { Database, Db } from '../../platform/db/index.ts'
import type { Tokenless } from './tokenless.ts'

export interface TrashedBot {
  readonly id: string
  readonly name: string
  readonly username: string
  readonly simulated: number
  readonly telegram_id: number
  readonly token_hash: Buffer
  readonly deleted_at: number
}

/** A bot for which it is time. */
export interface ExpiredBot {
  readonly id: string
  readonly account_id: string
}

export const botTrashRepo = (db: Db) => ({
  /** Last deleted first. */
  list: (accountId: string): Promise<TrashedBot[]> =>
    trashed(db, accountId).orderBy('deleted_at', 'desc').orderBy('id').execute(),
  find: (accountId: string, id: string): Promise<TrashedBot | undefined> =>
    trashed(db, accountId).where('id', '=', id).executeTakeFirst(),
  /** Locks the row, so that one of several who want the same does it. @returns Whether it is in the trash. */
  async lock(accountId: string, id: string): Promise<boolean> {
    const row = await db
      .updateTable('bots')
      .set((eb) => ({ revision: eb('revision', '+', 1) }))
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .where('deleted_at', 'is not', null)
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  },
  /** @param token What it comes back with where another bot has its own token by now. */
  async restore(accountId: string, id: string, nowMs: number, token: Tokenless | undefined): Promise<void> {
    await db
      .updateTable('bots')
      .set({ deleted_at: null, status: 'stopped', updated_at: nowMs, ...token })
      .where('account_id', '=', accountId)
      .where('id', '=', id)
      .execute()
  },
  /** Of every account. */
  listExpired: (beforeMs: number, limit: number): Promise<ExpiredBot[]> =>
    db
      .selectFrom('bots')
      .select(['id', 'account_id'])
      .where('deleted_at', '<', beforeMs)
      .orderBy('deleted_at')
      .limit(limit)
      .execute(),
  async delete(accountId: string, id: string): Promise<void> {
    await db.deleteFrom('bots').where('account_id', '=', accountId).where('id', '=', id).execute()
  },
})

const trashed = (db: Db, accountId: string) =>
  db
    .selectFrom('bots')
    .select(['id', 'name', 'username', 'simulated', 'telegram_id', 'token_hash'])
    .select((eb) => eb.ref('deleted_at').$notNull().as('deleted_at'))
    .where('account_id', '=', accountId)
    .where('deleted_at', 'is not', null)

/**
 * The tables that hold what belongs to a bot: each row of theirs names the bot and its account. They are read from the
 * database, because a table that somebody forgot to list would keep a bot's data for another account.
 */
export const tablesOfBots = async ({ dialect }: Pick<Database, 'dialect'>, db: Db): Promise<string[]> => {
  const query =
    dialect === 'sqlite'
      ? sql<{ name: string }>`select m.name from sqlite_master m where m.type = 'table'
          and exists (select 1 from pragma_table_info(m.name) c where c.name = 'bot_id')
          and exists (select 1 from pragma_table_info(m.name) c where c.name = 'account_id')`
      : sql<{ name: string }>`select c.table_name as name from information_schema.columns c
          where c.table_schema = current_schema() and c.column_name in ('bot_id', 'account_id')
          group by c.table_name having count(*) = 2`
  return (await query.execute(db)).rows.map(({ name }) => name).sort()
}

/** Deletes all that belongs to a bot out of some of its tables. */
export const deleteFromTables = async (db: Db, tables: readonly string[], accountId: string, botId: string) => {
  for (const table of tables)
    await sql`delete from ${sql.table(table)} where bot_id = ${botId} and account_id = ${accountId}`.execute(db)
}

/** Gives all that belongs to a bot to another account. */
export const moveTables = async (db: Db, tables: readonly string[], from: string, to: string, botId: string) => {
  for (const table of tables)
    await sql`update ${sql.table(table)} set account_id = ${to} where bot_id = ${botId} and account_id = ${from}`.execute(
      db,
    )
}
