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
      /** JSON: texts. */
      aliases: string
      version: number
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
  /** JSON, see `parseAliases`. */
  readonly aliases: string
  /** The number of its newest version. */
  readonly version: number
  readonly created_at: number
  readonly updated_at: number
}

export type CommandColumns = Partial<Omit<CommandRow, 'id' | 'created_at'>>

/** A deleted command, without its code. */
export interface TrashedCommand {
  readonly id: string
  readonly name: string
  readonly folder: string | null
  readonly deleted_at: number
}

export type CommandRepo = ReturnType<typeof commandRepo>

/** The aliases out of their column. */
export const parseAliases = (json: string): string[] => JSON.parse(json)

export const commandRepo = (db: Db) => ({
  /** @returns false, with nothing written, if the bot has a command of that name. */
  async insert(accountId: string, botId: string, command: CommandRow): Promise<boolean> {
    const inserted = await db
      .insertInto('commands')
      .values({ ...command, account_id: accountId, bot_id: botId, deleted_at: null })
      .onConflict((oc) => oc.columns(['bot_id', 'name']).where('deleted_at', 'is', null).doNothing())
      .returning('id')
      .executeTakeFirst()
    return inserted !== undefined
  },
  find: (accountId: string, botId: string, name: string): Promise<CommandRow | undefined> =>
    alive(db, accountId, botId).select(COLUMNS).where('name', '=', name).executeTakeFirst(),
  list: (accountId: string, botId: string): Promise<CommandRow[]> =>
    alive(db, accountId, botId)
      .select(COLUMNS)
      .orderBy('is_pinned', 'desc')
      .orderBy('created_at')
      .orderBy('id')
      .execute(),
  /** Without code, which may be large. */
  listNames: (accountId: string, botId: string): Promise<Pick<CommandRow, 'id' | 'name' | 'aliases'>[]> =>
    alive(db, accountId, botId).select(['id', 'name', 'aliases']).execute(),
  async count(accountId: string, botId: string): Promise<number> {
    const { count } = await alive(db, accountId, botId)
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return count
  },
  async update(accountId: string, id: string, columns: CommandColumns): Promise<void> {
    await db.updateTable('commands').set(columns).where('id', '=', id).where('account_id', '=', accountId).execute()
  },
  /** The row stays, so that the command can be brought back. */
  async markDeleted(accountId: string, id: string, nowMs: number): Promise<void> {
    await db
      .updateTable('commands')
      .set({ deleted_at: nowMs })
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .execute()
  },
})

/** The commands of a bot that were deleted, until it is time. */
export const commandTrashRepo = (db: Db) => ({
  /** Last deleted first. */
  list: (accountId: string, botId: string): Promise<TrashedCommand[]> =>
    trashed(db, accountId, botId).orderBy('deleted_at', 'desc').orderBy('id', 'desc').execute(),
  find: (accountId: string, botId: string, id: string): Promise<TrashedCommand | undefined> =>
    trashed(db, accountId, botId).where('id', '=', id).executeTakeFirst(),
  /** Under a name that no other command has. */
  async restore(accountId: string, id: string, name: string, nowMs: number): Promise<void> {
    await db
      .updateTable('commands')
      .set({ deleted_at: null, name, updated_at: nowMs })
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .execute()
  },
  /** With its versions. */
  async delete(accountId: string, id: string): Promise<void> {
    await db.deleteFrom('commands').where('id', '=', id).where('account_id', '=', accountId).execute()
  },
  /** Of every account. @returns How many were deleted; call again while it is `limit`. */
  async deleteExpired(beforeMs: number, limit: number): Promise<number> {
    const expired = db.selectFrom('commands').select('id').where('deleted_at', '<', beforeMs).limit(limit)
    const deleted = await db.deleteFrom('commands').where('id', 'in', expired).returning('id').execute()
    return deleted.length
  },
})

const alive = (db: Db, accountId: string, botId: string) =>
  db
    .selectFrom('commands')
    .where('account_id', '=', accountId)
    .where('bot_id', '=', botId)
    .where('deleted_at', 'is', null)

const trashed = (db: Db, accountId: string, botId: string) =>
  db
    .selectFrom('commands')
    .select(['id', 'name', 'folder'])
    .select((eb) => eb.ref('deleted_at').$notNull().as('deleted_at'))
    .where('account_id', '=', accountId)
    .where('bot_id', '=', botId)
    .where('deleted_at', 'is not', null)

const COLUMNS = [
  'id',
  'name',
  'code',
  'is_pinned',
  'admin_only',
  'folder',
  'aliases',
  'version',
  'created_at',
  'updated_at',
] as const
