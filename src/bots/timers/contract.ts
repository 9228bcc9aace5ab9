import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, ok, PageQuery } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const { BOT_NOT_FOUND, COMMAND_NOT_FOUND } = BotErrors

export const TimerErrors = defineErrors({
  TASK_NOT_FOUND: [404, 'Task not found'],
  TASK_TIME_INVALID: [400, 'A command can be run after 0.1 seconds at the earliest and 366 days at the latest'],
  TASK_LIMIT_REACHED: [403, 'This bot has 50,000 tasks that wait. Cancel some first'],
  TASK_RATE_LIMITED: [429, 'No more than 60 tasks may be made in a minute for one user'],
})

/** A command that runs later, once. */
export const Task = z
  .object({
    id: z.string(),
    state: z
      .enum(['pending', 'held', 'done', 'failed', 'cancelled'])
      .describe('`held`: it was due while the bot was stopped, and runs when the bot works again.'),
    command: z.string(),
    options: z.unknown(),
    params: z.string().nullable(),
    user_id: z.int().nullable(),
    chat_id: z.int().nullable(),
    run_at: z.iso.datetime(),
    run_id: z.string().nullable().describe('The run that came of it.'),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Task' })
export type Task = z.infer<typeof Task>

export const listTasks = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/tasks',
  scope: 'bots:read',
  summary: 'List the commands that a bot runs later, the next first',
  description: 'What runCommandAfter has set. Those that ran are kept for a week.',
  params: BotPath,
  query: PageQuery.extend({
    state: z.enum(['waiting', 'finished']).default('waiting'),
  }),
  returns: [200, ok(z.object({ tasks: z.array(Task), next_cursor: z.string().nullable() }))],
  errors: { BOT_NOT_FOUND },
})

export const createTask = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/tasks',
  scope: 'bots:write',
  summary: 'Run a command later',
  params: BotPath,
  body: z.object({
    command: z.string().min(1).max(256),
    after_seconds: z.number(),
    options: z.json().default(null),
    params: z.string().max(4096).nullable().default(null),
    user_id: z.int().nullable().default(null),
    chat_id: z.int().nullable().default(null),
  }),
  returns: [200, ok(Task)],
  errors: { BOT_NOT_FOUND, COMMAND_NOT_FOUND, ...TimerErrors },
})

export const cancelTask = endpoint({
  method: 'DELETE',
  path: '/v2/bots/:botid/tasks/:taskid',
  scope: 'bots:write',
  summary: 'Cancel a command that waits for its time',
  params: BotPath.extend({ taskid: z.string().max(64) }),
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, TASK_NOT_FOUND: TimerErrors.TASK_NOT_FOUND },
})

export const timerContracts = [listTasks, createTask, cancelTask] as const
