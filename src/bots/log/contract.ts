import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { bytes, endpoint } from '../../platform/http/contract.ts'
import { BotPath, ok, PageQuery } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const { BOT_NOT_FOUND } = BotErrors

export const LogErrors = defineErrors({
  BOT_ERROR_NOT_FOUND: [404, 'Error not found'],
})

export const readLog = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/log',
  scope: 'bots:read',
  summary: 'Follow what a bot does, as it happens',
  description: [
    'An event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html). Events: `run` with a whole run as',
    'of `GET …/runs`, when it has ended, and with its id; `begin`, `call` and `flood` in between, while they happen,',
    'without an id. With `Last-Event-ID` (or `?after=`) it begins with the runs since that one, at most 500; `gap` says',
    'that there were more. A comment comes every 15 seconds.',
  ].join(' '),
  params: BotPath,
  query: z.object({ after: z.string().max(64).optional().describe('The id of a run.') }),
  returns: [200, bytes('text/event-stream')],
  errors: { BOT_NOT_FOUND },
})

/** What failed, once however often it did. */
export const BotError = z
  .object({
    id: z.string(),
    command: z.string(),
    line: z.int().nullable(),
    type: z.string(),
    message: z.string().describe('Of the last time.'),
    count: z.int(),
    first_seen_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime(),
    last_run_id: z.string(),
    resolved: z.boolean().describe('Until it happens again.'),
    resolved_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'BotError' })
export type BotError = z.infer<typeof BotError>

export const listBotErrors = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/errors',
  scope: 'bots:read',
  summary: 'List what failed in a bot, by command, line and type, the latest first',
  params: BotPath,
  query: PageQuery.extend({
    state: z.enum(['open', 'resolved', 'all']).default('open'),
  }),
  returns: [200, ok(z.object({ errors: z.array(BotError), next_cursor: z.string().nullable() }))],
  errors: { BOT_NOT_FOUND },
})

const ErrorPath = BotPath.extend({ errorid: z.string().max(64) })

export const resolveBotError = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/errors/:errorid/resolve',
  scope: 'bots:write',
  summary: 'Mark an error as resolved, until it happens again',
  params: ErrorPath,
  returns: [200, ok(BotError)],
  errors: { BOT_NOT_FOUND, BOT_ERROR_NOT_FOUND: LogErrors.BOT_ERROR_NOT_FOUND },
})

export const clearBotErrors = endpoint({
  method: 'DELETE',
  path: '/v2/bots/:botid/errors',
  scope: 'bots:write',
  summary: 'Forget the errors of a bot',
  params: BotPath,
  returns: [200, ok(z.object({ cleared: z.int() }))],
  errors: { BOT_NOT_FOUND },
})

export const getStatistics = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/statistics',
  scope: 'bots:read',
  summary: 'Get the figures of a bot: users, updates and runs by day',
  params: BotPath,
  query: z.object({ days: z.coerce.number<string>().int().min(1).max(90).default(30) }),
  returns: [
    200,
    ok(
      z.object({
        users: z.object({
          total: z.int(),
          active_24h: z.int(),
          active_7d: z.int(),
          active_30d: z.int(),
          blocked: z.int(),
          blocked_bot: z.int(),
        }),
        runs_24h: z.object({
          total: z.int(),
          failed: z.int(),
          average_ms: z.number().nullable(),
          slowest_ms: z.number().nullable(),
        }),
        days: z
          .array(
            z.object({
              day: z.iso.date(),
              updates: z.int(),
              runs: z.int(),
              errors: z.int(),
              new_users: z.int(),
            }),
          )
          .describe(
            'Of UTC, the oldest first, without gaps. A crash of the server costs the count of its last seconds.',
          ),
      }),
    ),
  ],
  errors: { BOT_NOT_FOUND },
})

export const logContracts = [readLog, listBotErrors, resolveBotError, clearBotErrors, getStatistics] as const
