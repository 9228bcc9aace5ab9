import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const { BOT_NOT_FOUND, RUN_NOT_FOUND } = BotErrors

/** One call to Telegram that a command made. */
export const RunCall = z.object({
  method: z.string(),
  params: z.unknown(),
  result: z.unknown(),
  error: z.string().nullable(),
  duration_ms: z.number(),
})
export type RunCall = z.infer<typeof RunCall>

export const RunError = z.object({
  type: z.string(),
  message: z.string(),
  command: z
    .string()
    .nullable()
    .default(null)
    .describe('Whose line it is: of the command itself, of `~`, or of one that it ran by runCommand.'),
  line: z.int().nullable().describe('1-based, in the code of that command.'),
  traceback: z.string(),
})

/** What started a run. `update` is everything that Telegram sends, `wait` the answer to handleNextCommand. */
export const RunTrigger = z.enum(['update', 'wait', 'timer', 'webhook', 'broadcast', 'test'])
export type RunTrigger = z.infer<typeof RunTrigger>

/** One execution of one command: what it printed, what it called, how it ended. */
export const Run = z
  .object({
    id: z.string(),
    update_id: z.int().nullable().describe('Null where no update started it.'),
    command: z.string(),
    trigger: RunTrigger.describe('`wait`: the answer to handleNextCommand.'),
    outcome: z
      .enum(['ok', 'error', 'time', 'memory', 'calls', 'crash', 'closed'])
      .describe('`time`, `memory` and `calls`: a limit stopped it.'),
    error: RunError.nullable(),
    prints: z.array(z.string()),
    calls: z.array(RunCall),
    warnings: z.array(z.string()).describe('What the owner should know although the command went on.'),
    duration_ms: z.number(),
    python_ms: z.number(),
    started_at: z.iso.datetime(),
  })
  .meta({ id: 'Run' })
export type Run = z.infer<typeof Run>

export const listRuns = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/runs',
  scope: 'bots:read',
  summary: 'List the runs of a bot, newest first',
  params: BotPath,
  query: z.object({
    limit: z.coerce.number<string>().int().min(1).max(100).default(50),
    before: z.string().max(64).optional().describe('The id of the last run of the page before.'),
  }),
  returns: [200, ok(z.object({ runs: z.array(Run), next_before: z.string().nullable() }))],
  errors: { BOT_NOT_FOUND },
})

export const getRun = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/runs/:runid',
  scope: 'bots:read',
  summary: 'Get a run',
  params: BotPath.extend({ runid: z.string().max(64) }),
  returns: [200, ok(Run)],
  errors: { BOT_NOT_FOUND, RUN_NOT_FOUND },
})

export const runContracts = [listRuns, getRun] as const
