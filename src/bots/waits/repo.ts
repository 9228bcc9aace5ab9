import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    bot_waits: {
      bot_id: string
      user_id: number
      chat_id: number
      account_id: string
      command: string | null
      options: string
      cancel_at_command: number
      set_by_update: number | null
      claimed_by_update: number | null
      claimed_command: string | null
      claimed_options: string | null
      created_at: number
      expires_at: number | null
    }
  }
}

/** Where an answer is waited for: everything a wait is found by. */
export interface WaitPlace {
  readonly accountId: string
  readonly botId: string
  readonly userId: number
  readonly chatId: number
}

/**
 * What is waited for, and what has been taken. An update may be handled a second time after a crash, and then it must
 * find what it found the first time: so a wait that was taken stays until the run is recorded, and what the run itself
 * waits for next stands beside it.
 */
export interface WaitRow {
  readonly user_id: number
  readonly chat_id: number
  /** Null while nothing new is waited for. */
  readonly command: string | null
  /** JSON. */
  readonly options: string
  readonly cancel_at_command: number
  readonly set_by_update: number | null
  readonly claimed_by_update: number | null
  readonly claimed_command: string | null
  readonly claimed_options: string | null
  readonly created_at: number
  readonly expires_at: number | null
}

export interface NewWait {
  readonly command: string
  /** JSON. */
  readonly options: string
  readonly cancelAtCommand: boolean
  readonly setByUpdate: number | null
  readonly expiresAt: number | null
}

export type WaitRepo = ReturnType<typeof waitRepo>

export const waitRepo = (db: Db) => ({
  find: ({ accountId, botId, userId, chatId }: WaitPlace): Promise<WaitRow | undefined> =>
    db
      .selectFrom('bot_waits')
      .select(COLUMNS)
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .where('chat_id', '=', chatId)
      .executeTakeFirst(),
  /** In place of what was waited for so far; what is being answered right now stays. */
  async put({ accountId, botId, userId, chatId }: WaitPlace, wait: NewWait, nowMs: number): Promise<void> {
    const set = {
      command: wait.command,
      options: wait.options,
      cancel_at_command: wait.cancelAtCommand ? 1 : 0,
      set_by_update: wait.setByUpdate,
      created_at: nowMs,
      expires_at: wait.expiresAt,
    }
    await db
      .insertInto('bot_waits')
      .values({
        ...set,
        bot_id: botId,
        account_id: accountId,
        user_id: userId,
        chat_id: chatId,
        claimed_by_update: null,
        claimed_command: null,
        claimed_options: null,
      })
      .onConflict((oc) => oc.columns(['bot_id', 'user_id', 'chat_id']).doUpdateSet(set))
      .execute()
  },
  /** What is waited for is taken by an update. */
  async claim({ accountId, botId, userId, chatId }: WaitPlace, updateId: number, row: WaitRow): Promise<void> {
    await db
      .updateTable('bot_waits')
      .set({
        claimed_by_update: updateId,
        claimed_command: row.command,
        claimed_options: row.options,
        command: null,
        expires_at: null,
      })
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .where('chat_id', '=', chatId)
      .execute()
  },
  /** The update that took it is handled: what is waited for next stays. */
  async settle({ accountId, botId, userId, chatId }: WaitPlace): Promise<void> {
    const here = db
      .deleteFrom('bot_waits')
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .where('chat_id', '=', chatId)
    await here.where('command', 'is', null).execute()
    await db
      .updateTable('bot_waits')
      .set({ claimed_by_update: null, claimed_command: null, claimed_options: null, set_by_update: null })
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .where('user_id', '=', userId)
      .where('chat_id', '=', chatId)
      .execute()
  },
  /** @returns How many were waited for. */
  async clear(accountId: string, botId: string, where: { userId?: number; chatId?: number } = {}): Promise<number> {
    const cleared = await db
      .deleteFrom('bot_waits')
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .$if(where.userId !== undefined, (query) => query.where('user_id', '=', where.userId ?? 0))
      .$if(where.chatId !== undefined, (query) => query.where('chat_id', '=', where.chatId ?? 0))
      .returning('command')
      .execute()
    return cleared.filter(({ command }) => command !== null).length
  },
  /** What is waited for, the longest first. */
  list: (
    accountId: string,
    botId: string,
    where: { userId?: number | undefined; chatId?: number | undefined },
    nowMs: number,
    limit: number,
  ): Promise<WaitRow[]> =>
    db
      .selectFrom('bot_waits')
      .select(COLUMNS)
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .where('command', 'is not', null)
      .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', nowMs)]))
      .$if(where.userId !== undefined, (query) => query.where('user_id', '=', where.userId ?? 0))
      .$if(where.chatId !== undefined, (query) => query.where('chat_id', '=', where.chatId ?? 0))
      .orderBy('created_at')
      .orderBy('user_id')
      .orderBy('chat_id')
      .limit(limit)
      .execute(),
  /** Of every account: nobody waits for these any more. */
  async deleteExpired(nowMs: number): Promise<void> {
    await db.deleteFrom('bot_waits').where('expires_at', '<=', nowMs).where('claimed_by_update', 'is', null).execute()
  },
})

const COLUMNS = [
  'user_id',
  'chat_id',
  'command',
  'options',
  'cancel_at_command',
  'set_by_update',
  'claimed_by_update',
  'claimed_command',
  'claimed_options',
  'created_at',
  'expires_at',
] as const
