import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    commands: {
      id: string
      account_id: string
      bot_id: string
      name: string
      code: string
      is_pinned: number
      admin_only: number
      folder: string | null
      created_at: number
      updated_at: number
      deleted_at: number | null
    }
  }
}

export interface CommandRow {
  readonly id: string
  readonly name: string
  readonly code: string
  readonly is_pinned: number
  readonly admin_only: number
  readonly folder: string | null
  readonly created_at: number
}

export interface CommandChange {
  readonly name?: string
  readonly code?: string
  readonly isPinned?: boolean
  readonly adminOnly?: boolean
  readonly folder?: string | null
}

export type CommandRepo = ReturnType<typeof commandRepo>

export const commandRepo = (db: Db) => ({
  /** @returns false, with nothing written, if the bot has a command of that name. */
  async insert(accountId: string, botId: string, command: CommandRow): Promise<boolean> {
    const inserted = await db
      .insertInto('commands')
      .values({ ...command, account_id: accountId, bot_id: botId, updated_at: command.created_at, deleted_at: null })
      .onConflict((oc) => oc.columns(['bot_id', 'name']).where('deleted_at', 'is', null).doNothing())
      .returning('id')
      .executeTakeFirst()
    return inserted !== undefined
  },
  find: (accountId: string, botId: string, name: string): Promise<CommandRow | undefined> =>
    db
      .selectFrom('commands')
      .select(COLUMNS)
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('name', '=', name)
      .where('deleted_at', 'is', null)
      .executeTakeFirst(),
  list: (accountId: string, botId: string): Promise<CommandRow[]> =>
    db
      .selectFrom('commands')
      .select(COLUMNS)
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('deleted_at', 'is', null)
      .orderBy('is_pinned', 'desc')
      .orderBy('created_at')
      .orderBy('id')
      .execute(),
  async count(accountId: string, botId: string): Promise<number> {
    const { count } = await db
      .selectFrom('commands')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow()
    return count
  },
  /** @returns Whether there was such a command. */
  async update(accountId: string, botId: string, name: string, change: CommandChange, nowMs: number): Promise<boolean> {
    const updated = await db
      .updateTable('commands')
      .set({
        updated_at: nowMs,
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.code === undefined ? {} : { code: change.code }),
        ...(change.isPinned === undefined ? {} : { is_pinned: change.isPinned ? 1 : 0 }),
        ...(change.adminOnly === undefined ? {} : { admin_only: change.adminOnly ? 1 : 0 }),
        ...(change.folder === undefined ? {} : { folder: change.folder }),
      })
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('name', '=', name)
      .where('deleted_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    return updated !== undefined
  },
  /** The row stays, so that the command can be brought back. */
  async markDeleted(accountId: string, botId: string, name: string, nowMs: number): Promise<boolean> {
    const deleted = await db
      .updateTable('commands')
      .set({ deleted_at: nowMs })
      .where('account_id', '=', accountId)
      .where('bot_id', '=', botId)
      .where('name', '=', name)
      .where('deleted_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    return deleted !== undefined
  },
})

const COLUMNS = ['id', 'name', 'code', 'is_pinned', 'admin_only', 'folder', 'created_at'] as const
