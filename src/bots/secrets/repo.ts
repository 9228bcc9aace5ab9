import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    bot_secrets: {
      bot_id: string
      name: string
      account_id: string
      sealed: Buffer
      created_at: number
      updated_at: number
    }
  }
}

export interface SecretRow {
  readonly name: string
  readonly created_at: number
  readonly updated_at: number
}

export const secretRepo = (db: Db) => ({
  /** By name. */
  list: (accountId: string, botId: string): Promise<SecretRow[]> =>
    of(db, accountId, botId).select(['name', 'created_at', 'updated_at']).orderBy('name').execute(),
  listSealed: (accountId: string, botId: string): Promise<{ name: string; sealed: Buffer }[]> =>
    of(db, accountId, botId).select(['name', 'sealed']).execute(),
  async upsert(accountId: string, botId: string, name: string, sealed: Buffer, nowMs: number): Promise<void> {
    await db
      .insertInto('bot_secrets')
      .values({ bot_id: botId, account_id: accountId, name, sealed, created_at: nowMs, updated_at: nowMs })
      .onConflict((oc) => oc.columns(['bot_id', 'name']).doUpdateSet({ sealed, updated_at: nowMs }))
      .execute()
  },
  /** @returns Whether there was such a secret. */
  async delete(accountId: string, botId: string, name: string): Promise<boolean> {
    const deleted = await db
      .deleteFrom('bot_secrets')
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('name', '=', name)
      .returning('name')
      .executeTakeFirst()
    return deleted !== undefined
  },
})

const of = (db: Db, accountId: string, botId: string) =>
  db.selectFrom('bot_secrets').where('account_id', '=', accountId).where('bot_id', '=', botId)
