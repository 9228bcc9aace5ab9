import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    command_versions: {
      command_id: string
      number: number
      account_id: string
      bot_id: string
      name: string
      code: string
      saved_at: number
      saved_by: string
    }
  }
}

/** A command as it was saved once. */
export interface VersionRow {
  readonly number: number
  readonly name: string
  readonly code: string
  readonly saved_at: number
  /** Who saved it: `key:…`, `session:…`; `system` for what was there before versions were. */
  readonly saved_by: string
}

export type VersionRepo = ReturnType<typeof versionRepo>

export const versionRepo = (db: Db) => ({
  async insert(accountId: string, botId: string, commandId: string, version: VersionRow): Promise<void> {
    await db
      .insertInto('command_versions')
      .values({ ...version, account_id: accountId, bot_id: botId, command_id: commandId })
      .execute()
  },
  /** Newest first, without code. */
  list: (accountId: string, commandId: string): Promise<Omit<VersionRow, 'code'>[]> =>
    db
      .selectFrom('command_versions')
      .select(['number', 'name', 'saved_at', 'saved_by'])
      .where('account_id', '=', accountId)
      .where('command_id', '=', commandId)
      .orderBy('number', 'desc')
      .execute(),
  find: (accountId: string, commandId: string, number: number): Promise<VersionRow | undefined> =>
    db
      .selectFrom('command_versions')
      .select(['number', 'name', 'code', 'saved_at', 'saved_by'])
      .where('account_id', '=', accountId)
      .where('command_id', '=', commandId)
      .where('number', '=', number)
      .executeTakeFirst(),
  async deleteUpTo(accountId: string, commandId: string, number: number): Promise<void> {
    await db
      .deleteFrom('command_versions')
      .where('account_id', '=', accountId)
      .where('command_id', '=', commandId)
      .where('number', '<=', number)
      .execute()
  },
})
