import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { parseCursor, toCursor } from '../../platform/http/cursor.ts'
import { newId } from '../../platform/ids.ts'
import type { JobQueue, JobRun } from '../../platform/jobs/index.ts'
import type { Log } from '../../platform/log/index.ts'
import { commandRepo } from '../commands/repo.ts'
import { BotErrors } from '../errors.ts'
import type { Conductor } from '../gateway/conductor.ts'
import type { Deployments } from '../gateway/deployments.ts'
import type { LiveBots } from '../gateway/live-bots.ts'
import type { Json } from '../sandbox/index.ts'
import { type Task, TimerErrors } from './contract.ts'
import { timerJob } from './jobs.ts'
import { type TaskRow, taskRepo } from './repo.ts'

export interface TimerServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly jobs: JobQueue
  readonly bots: LiveBots
  readonly deployments: Deployments
  readonly conductor: Conductor
}

export interface NewTask {
  readonly command: string
  readonly afterMs: number
  readonly options: Json
  readonly params: string | null
  readonly userId: number | null
  readonly chatId: number | null
}

export type TimerService = ReturnType<typeof timerService>

const SHORTEST_MS = 100
const LONGEST_MS = 366 * 86_400_000
const MAX_WAITING = 50_000
const MAX_PER_MINUTE = 60
const KEPT_MS = 7 * 86_400_000

const toTask = (row: TaskRow): Task => ({
  id: row.id,
  state: row.state,
  command: row.command,
  options: JSON.parse(row.options),
  params: row.params,
  user_id: row.user_id,
  chat_id: row.chat_id,
  run_at: new Date(row.run_at).toISOString(),
  run_id: row.run_id,
  created_at: new Date(row.created_at).toISOString(),
  finished_at: row.finished_at === null ? null : new Date(row.finished_at).toISOString(),
})

/** Commands that run later, once each: a job brings the moment, a row says whether it has run. */
export const timerService = (options: TimerServiceOptions) => {
  const { database, clock, log, jobs, bots, deployments, conductor } = options
  const nowMs = (): number => clock.now().getTime()

  const assertRoom = async (tx: Db, accountId: string, botId: string, userId: number | null): Promise<void> => {
    const tasks = taskRepo(tx)
    if ((await tasks.countCreated(accountId, botId, userId, nowMs() - 60_000)) >= MAX_PER_MINUTE)
      throw new AppError(TimerErrors.TASK_RATE_LIMITED, { retryAfterSeconds: 60 })
    if ((await tasks.countWaiting(accountId, botId)) >= MAX_WAITING) throw new AppError(TimerErrors.TASK_LIMIT_REACHED)
  }

  const enqueue = (db: Db, { id, run_at }: Pick<TaskRow, 'id' | 'run_at'>): Promise<string | undefined> =>
    jobs.enqueue(db, timerJob, { taskId: id }, { key: id, runAt: new Date(run_at) })

  /** The command of a task is gone: nobody will ever see it run. */
  const fail = async (task: TaskRow): Promise<void> => {
    log.warn({ botId: task.bot_id, taskId: task.id }, 'a timer names a command that is not there any more')
    await taskRepo(database.db).finish(task.id, 'failed', null, nowMs())
  }

  /** What was due while the bot was stopped runs now. */
  const release = async (botId: string): Promise<void> => {
    for (;;) {
      const held = await taskRepo(database.db).listHeld(botId)
      if (held.length === 0) return
      await database.transaction(async (tx) => {
        for (const task of held) if (await taskRepo(tx).release(task.id)) await enqueue(tx, task)
      })
    }
  }

  const fire = async ({ taskId }: { taskId: string }, { signal }: JobRun): Promise<void> => {
    const task = await taskRepo(database.db).find(taskId)
    // It has run: the process was killed between its record and the end of the job. Or it was cancelled.
    if (task === undefined || (task.state !== 'pending' && task.state !== 'held')) return
    const bot = await bots.find(task.bot_id)
    if (bot === undefined) {
      await taskRepo(database.db).hold(task.id)
      // Whoever started it in between has not seen this task.
      if ((await bots.find(task.bot_id)) !== undefined) await release(task.bot_id)
      return
    }
    const deployment = await deployments.get(bot.account_id, bot.id)
    const command = deployment.commands.get(task.command)
    if (command === undefined) return fail(task)
    const run = await conductor.perform(
      bot,
      deployment,
      {
        trigger: 'timer',
        updateId: null,
        command,
        params: task.params,
        options: JSON.parse(task.options),
        updateType: null,
        text: null,
        message: null,
        call: null,
        chat: null,
        chatId: task.chat_id,
        chatType: null,
        userId: task.user_id,
        settle: async (tx, { id }) => {
          await taskRepo(tx).finish(task.id, 'done', id, nowMs())
        },
      },
      signal,
    )
    if (run.outcome === 'closed') throw new Error('The server stopped while the command of a timer ran.')
  }

  return {
    /**
     * @throws {AppError} TASK_TIME_INVALID, TASK_RATE_LIMITED, TASK_LIMIT_REACHED, COMMAND_NOT_FOUND. The bot must be
     * known to be the account's.
     */
    async create(accountId: string, botId: string, task: NewTask): Promise<Task> {
      const { command, afterMs, params, userId, chatId } = task
      if (!(afterMs >= SHORTEST_MS && afterMs <= LONGEST_MS)) throw new AppError(TimerErrors.TASK_TIME_INVALID)
      const row: TaskRow = {
        id: newId('task'),
        bot_id: botId,
        account_id: accountId,
        state: 'pending',
        command,
        options: JSON.stringify(task.options),
        params,
        user_id: userId,
        chat_id: chatId,
        run_at: nowMs() + Math.round(afterMs),
        run_id: null,
        created_at: nowMs(),
        finished_at: null,
      }
      await database.transaction(async (tx) => {
        if ((await commandRepo(tx).find(accountId, botId, command)) === undefined)
          throw new AppError(BotErrors.COMMAND_NOT_FOUND)
        await assertRoom(tx, accountId, botId, userId)
        await taskRepo(tx).insert(row)
        await enqueue(tx, row)
      })
      return toTask(row)
    },
    /** @throws {AppError} TASK_NOT_FOUND also for one that has begun to run, or is over */
    async cancel(accountId: string, botId: string, id: string): Promise<void> {
      await database.transaction(async (tx) => {
        const task = await taskRepo(tx).find(id)
        if (task === undefined || task.account_id !== accountId || task.bot_id !== botId)
          throw new AppError(TimerErrors.TASK_NOT_FOUND)
        if (!(await taskRepo(tx).finish(id, 'cancelled', null, nowMs()))) throw new AppError(TimerErrors.TASK_NOT_FOUND)
        await jobs.cancel(tx, timerJob, id)
      })
    },
    async list(
      accountId: string,
      botId: string,
      { state, limit, cursor }: { state: 'waiting' | 'finished'; limit: number; cursor?: string | undefined },
    ) {
      const which = ['bot-tasks', botId, state]
      const at = cursor === undefined ? undefined : parseCursor(cursor, which)
      const after = at === undefined ? undefined : { runAt: at.createdAt, id: at.id }
      const rows = await taskRepo(database.db).list(accountId, botId, state, after, limit + 1)
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return {
        tasks: rows.slice(0, limit).map(toTask),
        next_cursor: last === undefined ? null : toCursor({ createdAt: last.run_at, id: last.id }, which),
      }
    },
    release,
    /** Before the queue starts. */
    handle: (): void => jobs.handle(timerJob, fire),
    forgetFinished: (): Promise<void> => taskRepo(database.db).deleteFinishedBefore(nowMs() - KEPT_MS),
  }
}
