import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const { BOT_NOT_FOUND } = BotErrors

export const MAX_RUNNING = 3
export const MAX_RUNNING_ALL = 5_000

export const BroadcastErrors = defineErrors({
  BROADCAST_NOT_FOUND: [404, 'Broadcast not found'],
  BROADCAST_LIMIT_REACHED: [409, `You already have ${MAX_RUNNING} running broadcasts.`],
  BROADCAST_CAPACITY: [503, `Server currently at max capacity (${MAX_RUNNING_ALL}). Please try again later.`],
  BROADCAST_COMMAND_UNKNOWN: [404, "Command doesn't exist."],
  BROADCAST_FUNCTION_REFUSED: [400, 'Function is not allowed for broadcasting.'],
  BROADCAST_TOO_FAST: [400, 'That is faster than the bot may send.'],
  BROADCAST_SOURCE_MISSING: [400, "Either 'code' or 'function' must be provided."],
  BROADCAST_NOT_OPEN: [409, 'The broadcast is over. Rerun it instead'],
  BROADCAST_NOT_PAUSED: [409, 'The broadcast is not paused'],
  BROADCAST_CALLBACK_INVALID: [400, 'The callback_url is no public http or https address'],
})

/** Methods of the Bot API that may be broadcast, by the name that they have there. */
export const BROADCAST_METHODS: ReadonlySet<string> = new Set([
  'sendMessage',
  'sendPhoto',
  'sendVideo',
  'sendAnimation',
  'sendAudio',
  'sendDocument',
  'forwardMessage',
  'copyMessage',
  'sendPaidMedia',
  'sendSticker',
  'sendVideoNote',
  'sendVoice',
  'sendLocation',
  'sendVenue',
  'sendContact',
  'sendPoll',
  'sendDice',
  'sendInvoice',
  'sendGame',
  'sendMediaGroup',
  'pinChatMessage',
])

const Speed = z
  .int()
  .min(1)
  .max(1_000)
  .describe(
    'Messages a second: 25 at most, unless `messages_per_second` of the bot was raised. Broadcasts take five sixths of that.',
  )

export const Broadcast = z
  .object({
    broadcast_id: z.string(),
    state: z.enum(['testing', 'running', 'paused', 'stopped', 'done', 'failed']),
    mode: z.enum(['text', 'code', 'command', 'function']),
    speed: z.int().describe('Messages a second.'),
    total_users: z.int(),
    processed: z.int(),
    remaining: z.int(),
    total_success: z.int(),
    total_errors: z.int().describe('Those included who have blocked the bot.'),
    total_blocked: z.int().describe('Who have blocked the bot: it does not write to them any more.'),
    progress_pct: z.number(),
    eta_seconds: z.int().nullable(),
    problem: z.string().nullable().describe('Why it failed or does not go on right now.'),
    hint: z.string().nullable(),
    waits_until: z.iso.datetime().nullable().describe('Telegram asked to wait.'),
    callback_url: z.string().nullable(),
    callback_state: z.enum(['none', 'pending', 'delivered', 'failed']),
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    finished_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Broadcast' })
export type Broadcast = z.infer<typeof Broadcast>

export const createBroadcast = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/broadcasts',
  scope: 'bots:write',
  summary: 'Write to all users of a bot',
  description: [
    'With exactly one of `text`, `code` (Python, run for each user), `command` (a command of the bot, run for each user),',
    'and `function` (a method of the Bot API, with `params`). In texts and captions `{user_name}`, `{first_name}`,',
    '`{username}`, `{user_id}` and `{chat_id}` stand for the user. With `test_chat_id` it goes there first, and to nobody',
    'if that fails. `callback_url` gets a POST with the totals at the end.',
  ].join(' '),
  params: BotPath,
  body: z.object({
    text: z.string().min(1).max(4096).optional(),
    code: z.string().min(1).max(65_536).optional(),
    command: z.string().min(1).max(256).optional(),
    function: z.string().max(64).optional(),
    params: z.record(z.string(), z.json()).default({}),
    speed: Speed.default(8),
    test_chat_id: z.int().optional(),
    callback_url: z.url().max(2048).optional(),
  }),
  returns: [200, ok(Broadcast)],
  errors: { BOT_NOT_FOUND, ...BroadcastErrors },
})

export const listBroadcasts = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/broadcasts',
  scope: 'bots:read',
  summary: 'List the broadcasts of a bot, newest first',
  params: BotPath,
  query: z.object({
    limit: z.coerce.number<string>().int().min(1).max(100).default(20),
    before: z.string().max(64).optional().describe('The id of the last broadcast of the page before.'),
  }),
  returns: [200, ok(z.object({ broadcasts: z.array(Broadcast), next_before: z.string().nullable() }))],
  errors: { BOT_NOT_FOUND },
})

const BroadcastPath = BotPath.extend({ broadcastid: z.string().max(64) })
const { BROADCAST_NOT_FOUND, BROADCAST_NOT_OPEN, BROADCAST_NOT_PAUSED } = BroadcastErrors

export const getBroadcast = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/broadcasts/:broadcastid',
  scope: 'bots:read',
  summary: 'See how far a broadcast is',
  params: BroadcastPath,
  returns: [200, ok(Broadcast)],
  errors: { BOT_NOT_FOUND, BROADCAST_NOT_FOUND },
})

export const setBroadcastSpeed = endpoint({
  method: 'PATCH',
  path: '/v2/bots/:botid/broadcasts/:broadcastid',
  scope: 'bots:write',
  summary: 'Change the speed of a broadcast',
  params: BroadcastPath,
  body: z.object({ speed: Speed }),
  returns: [200, ok(Broadcast)],
  errors: {
    BOT_NOT_FOUND,
    BROADCAST_NOT_FOUND,
    BROADCAST_NOT_OPEN,
    BROADCAST_TOO_FAST: BroadcastErrors.BROADCAST_TOO_FAST,
  },
})

const control = <const Verb extends 'pause' | 'resume' | 'stop' | 'rerun'>(verb: Verb, summary: string) =>
  endpoint({
    method: 'POST',
    path: `/v2/bots/:botid/broadcasts/:broadcastid/${verb}`,
    scope: 'bots:write',
    summary,
    params: BroadcastPath,
    returns: [200, ok(Broadcast)],
    errors: {
      BOT_NOT_FOUND,
      BROADCAST_NOT_FOUND,
      BROADCAST_NOT_OPEN,
      BROADCAST_NOT_PAUSED,
      BROADCAST_LIMIT_REACHED: BroadcastErrors.BROADCAST_LIMIT_REACHED,
    },
  })

export const pauseBroadcast = control('pause', 'Pause a broadcast')
export const resumeBroadcast = control('resume', 'Let a paused broadcast go on')
export const stopBroadcast = control('stop', 'Stop a broadcast for good')
export const rerunBroadcast = control('rerun', 'Make the same broadcast again, to the users of today')

export const clearBroadcasts = endpoint({
  method: 'DELETE',
  path: '/v2/bots/:botid/broadcasts',
  scope: 'bots:write',
  summary: 'Forget the broadcasts that are over',
  params: BotPath,
  returns: [200, ok(z.object({ cleared: z.int() }))],
  errors: { BOT_NOT_FOUND },
})

export const broadcastContracts = [
  createBroadcast,
  listBroadcasts,
  clearBroadcasts,
  getBroadcast,
  setBroadcastSpeed,
  pauseBroadcast,
  resumeBroadcast,
  stopBroadcast,
  rerunBroadcast,
] as const
