import type { Db } from '../../platform/db/index.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    bot_tasks: {
      id: string
      bot_id: string
      account_id: string
      state: TaskState
      command: string
      options: string
      params: string | null
      user_id: number | null
      chat_id: number | null
      run_at: number
      run_id: string | null
      created_at: number
      finished_at: number | null
    }
  }
}

export type TaskState = 'pending' | 'held' | 'done' | 'failed' | 'cancelled'

export interface TaskRow {
  readonly id: string
  readonly bot_id: string
  readonly account_id: string
  readonly state: TaskState
  readonly command: string
  /** JSON. */
  readonly options: string
  readonly params: string | null
  readonly user_id: number | null
  readonly chat_id: number | null
  readonly run_at: number
  readonly run_id: string | null
  readonly created_at: number
  readonly finished_at: number | null
}

export type TaskRepo = ReturnType<typeof taskRepo>

const WAITING: readonly TaskState[] = ['pending', 'held']
const FINISHED: readonly TaskState[] = ['done', 'failed', 'cancelled']

export const taskRepo = (db: Db) => ({
  async insert(row: TaskRow): Promise<void> {
    await db.insertInto('bot_tasks').values(row).execute()
  },
  /** Names no account: the queue knows the id only. */
  find: (id: string): Promise<TaskRow | undefined> =>
    db.selectFrom('bot_tasks').selectAll().where('id', '=', id).executeTakeFirst(),
  /** Those that wait in the order of their time, those that are over the last first. */
  list: (
    accountId: string,
    botId: string,
    which: 'waiting' | 'finished',
    after: { readonly runAt: number; readonly id: string } | undefined,
    limit: number,
  ): Promise<TaskRow[]> => {
    const sign = which === 'waiting' ? '>' : '<'
    const order = which === 'waiting' ? 'asc' : 'desc'
    return db
      .selectFrom('bot_tasks')
      .selectAll()
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .where('state', 'in', which === 'waiting' ? WAITING : FINISHED)
      .$if(after !== undefined, (query) =>
        query.where((eb) =>
          eb.or([
            eb('run_at', sign, after?.runAt ?? 0),
            eb.and([eb('run_at', '=', after?.runAt ?? 0), eb('id', sign, after?.id ?? '')]),
          ]),
        ),
      )
      .orderBy('run_at', order)
      .orderBy('id', order)
      .limit(limit)
      .execute()
  },
  async countWaiting(accountId: string, botId: string): Promise<number> {
    const { count } = await db
      .selectFrom('bot_tasks')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .where('state', 'in', WAITING)
      .executeTakeFirstOrThrow()
    return count
  },
  /** How many were made for one user, or for nobody, since a moment. */
  async countCreated(accountId: string, botId: string, userId: number | null, sinceMs: number): Promise<number> {
    const { count } = await db
      .selectFrom('bot_tasks')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('bot_id', '=', botId)
      .where('account_id', '=', accountId)
      .where('user_id', userId === null ? 'is' : '=', userId)
      .where('created_at', '>=', sinceMs)
      .executeTakeFirstOrThrow()
    return count
  },
  /** @returns false if it does not wait any more. */
  async finish(
    id: string,
    state: 'done' | 'failed' | 'cancelled',
    runId: string | null,
    nowMs: number,
  ): Promise<boolean> {
    const row = await db
      .updateTable('bot_tasks')
      .set({ state, run_id: runId, finished_at: nowMs })
      .where('id', '=', id)
      .where('state', 'in', WAITING)
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  },
  /** It was due, and the bot does not work. */
  async hold(id: string): Promise<void> {
    await db
      .updateTable('bot_tasks')
      .set({ state: 'held' })
      .where('id', '=', id)
      .where('state', '=', 'pending')
      .execute()
  },
  /** @returns Those that wait for the bot. */
  listHeld: (botId: string): Promise<TaskRow[]> =>
    db
      .selectFrom('bot_tasks')
      .selectAll()
      .where('bot_id', '=', botId)
      .where('state', '=', 'held')
      .orderBy('run_at')
      .orderBy('id')
      .limit(500)
      .execute(),
  /** @returns false if it is not held any more. */
  async release(id: string): Promise<boolean> {
    const row = await db
      .updateTable('bot_tasks')
      .set({ state: 'pending' })
      .where('id', '=', id)
      .where('state', '=', 'held')
      .returning('id')
      .executeTakeFirst()
    return row !== undefined
  },
  /** Of every account: what is over is kept for a while only. */
  async deleteFinishedBefore(ms: number): Promise<void> {
    await db.deleteFrom('bot_tasks').where('finished_at', '<', ms).execute()
  },
})
