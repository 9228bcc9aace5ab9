import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, Flag, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const { BOT_NOT_FOUND, TOKEN_FORMAT_INVALID, TOKEN_REFUSED, TOKEN_IN_USE, TELEGRAM_UNREACHABLE } = BotErrors

/**
 * Telegram's own form: the bot's number, a colon, and the secret. The shortest that the published API shows has 29
 * signs. What is no text at all gets the same answer as a text of another form.
 */
const BotToken = z.preprocess(
  (given: string | undefined) => (given === undefined || typeof given === 'string' ? given : ''),
  z.string().regex(/^[1-9]\d{0,14}:[A-Za-z0-9_-]{29,80}$/, 'Invalid bot token format'),
)
const BotName = z.string().trim().normalize('NFC').min(1).max(64)

export const Bot = z
  .object({
    botid: z.string(),
    bot_name: z.string(),
    bot_username: z.string(),
    status: z.enum(['working', 'stopped']),
    simulated: z.boolean(),
    problem: z.string().nullable().describe('Why the bot does not work although it was started, with what to do.'),
    version: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Bot' })
export type Bot = z.infer<typeof Bot>

export const createBot = endpoint({
  method: 'POST',
  path: '/v2/create-bot',
  scope: 'bots:write',
  summary: 'Create a bot',
  description:
    'With a token from BotFather, the bot is stopped until it is started. With `simulated`, it needs no token, lives on the simulator and works at once.',
  body: z
    .object({ bot_token: BotToken.optional(), bot_name: BotName.optional(), simulated: Flag.default(false) })
    .refine(({ bot_token, simulated }) => (bot_token === undefined) === simulated, {
      error: 'Invalid bot token format',
      path: ['bot_token'],
    }),
  returns: [200, ok(z.object({ botid: z.string(), bot_name: z.string(), bot_username: z.string() }))],
  errors: { TOKEN_FORMAT_INVALID, TOKEN_REFUSED, TOKEN_IN_USE, TELEGRAM_UNREACHABLE },
})

export const listBots = endpoint({
  method: 'GET',
  path: '/v2/bots',
  scope: 'bots:read',
  summary: 'List bots',
  returns: [200, ok(z.array(Bot))],
})

export const getBot = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid',
  scope: 'bots:read',
  summary: 'Get a bot',
  params: BotPath,
  returns: [200, ok(Bot)],
  errors: { BOT_NOT_FOUND },
})

export const deleteBot = endpoint({
  method: 'DELETE',
  path: '/v2/bots/:botid',
  scope: 'bots:write',
  summary: 'Delete a bot; it stops at once',
  params: BotPath,
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND },
})

export const updateBotToken = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/update-bot-token',
  scope: 'bots:write',
  summary: 'Give a bot another Telegram token',
  params: BotPath,
  body: z
    .object({ token: BotToken.optional(), bot_token: BotToken.optional() })
    .refine(({ token, bot_token }) => (token ?? bot_token) !== undefined, {
      error: 'Invalid bot token format',
      path: ['token'],
    }),
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, TOKEN_FORMAT_INVALID, TOKEN_REFUSED, TOKEN_IN_USE, TELEGRAM_UNREACHABLE },
})

const power = <const Verb extends 'start' | 'stop' | 'restart'>(verb: Verb, summary: string) =>
  endpoint({
    method: 'POST',
    path: `/v2/bots/:botid/${verb}`,
    scope: 'bots:write',
    summary,
    params: BotPath,
    returns: [200, ok(z.string())],
    errors: { BOT_NOT_FOUND },
  })

export const startBot = power('start', 'Start a bot: it takes updates from now on')
export const stopBot = power('stop', 'Stop a bot; Telegram keeps its updates for a day')
export const restartBot = power('restart', 'Stop a bot and start it again')

export const botContracts = [
  createBot,
  listBots,
  getBot,
  deleteBot,
  updateBotToken,
  startBot,
  stopBot,
  restartBot,
] as const
