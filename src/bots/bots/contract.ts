import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, Flag, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const {
  BOT_NOT_FOUND,
  BOT_NEEDS_TOKEN,
  TOKEN_FORMAT_INVALID,
  TOKEN_REFUSED,
  TOKEN_IN_USE,
  TELEGRAM_UNREACHABLE,
  VERSION_INVALID,
} = BotErrors

/**
 * Telegram's own form: the bot's number, a colon, and the secret. The shortest that the published API shows has 29
 * signs. What is no text at all gets the same answer as a text of another form.
 */
export const BotToken = z.preprocess(
  (given: string | undefined) => (given === undefined || typeof given === 'string' ? given : ''),
  z.string().regex(/^[1-9]\d{0,14}:[A-Za-z0-9_-]{29,80}$/, 'Invalid bot token format'),
)
export const BotName = z.string().trim().normalize('NFC').min(1).max(64)

export const Bot = z
  .object({
    botid: z.string(),
    bot_name: z.string(),
    bot_username: z.string(),
    status: z
      .enum(['working', 'stopped', 'cloned', 'transferred'])
      .describe('`cloned` and `transferred`: stopped, and in need of a token.'),
    needs_token: z.boolean().describe('It cannot be started before it has a token.'),
    simulated: z.boolean(),
    problem: z.string().nullable().describe('Why the bot does not work although it was started, with what to do.'),
    version: z.string(),
    folder: z.string().nullable(),
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
  summary: 'Delete a bot; it stops at once, and stays in the trash for 90 days',
  params: BotPath,
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND },
})

export const updateBotToken = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/update-bot-token',
  scope: 'bots:write',
  summary: 'Give a bot another Telegram token',
  description:
    'It goes on as it was: working or stopped. With `simulated` instead of a token, it moves to the simulator.',
  params: BotPath,
  body: z
    .object({ token: BotToken.optional(), bot_token: BotToken.optional(), simulated: Flag.default(false) })
    .refine(({ token, bot_token, simulated }) => ((token ?? bot_token) === undefined) === simulated, {
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
    errors: { BOT_NOT_FOUND, ...(verb === 'stop' ? {} : { BOT_NEEDS_TOKEN }) },
  })

export const startBot = power('start', 'Start a bot: it takes updates from now on')
export const stopBot = power('stop', 'Stop a bot; Telegram keeps its updates for a day')
export const restartBot = power('restart', 'Stop a bot and start it again')

export const updateBotVersion = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/version',
  scope: 'bots:write',
  summary: 'Say for which version of the library a bot is written',
  params: BotPath,
  // What is no text is no version either, and gets the same answer with the list.
  body: z.object({ version: z.preprocess((given) => (typeof given === 'string' ? given : ''), z.string()) }),
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, VERSION_INVALID },
})

export const getWebhookHealth = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/webhook-health',
  scope: 'bots:read',
  summary: 'See what Telegram says of the webhook of a bot',
  params: BotPath,
  returns: [
    200,
    ok(
      z.object({
        receives_by: z.enum(['polling', 'webhook']),
        url: z.string().describe('Without its secret parts; empty where Telegram knows none.'),
        pending_update_count: z.int(),
        last_error_at: z.iso.datetime().nullable(),
        last_error: z.string().nullable(),
        warning: z.string().nullable().describe('What is wrong, with what to do.'),
      }),
    ),
  ],
  errors: { BOT_NOT_FOUND, BOT_NEEDS_TOKEN, TOKEN_REFUSED, TELEGRAM_UNREACHABLE },
})

const FolderName = z.string().trim().max(64).nullable()

export const listBotFolders = endpoint({
  method: 'GET',
  path: '/v2/bot-folders',
  scope: 'bots:read',
  summary: 'List the folders of bots, with the bots in them',
  returns: [
    200,
    z.object({ ok: z.literal(true), folders: z.array(z.object({ name: z.string(), bots: z.array(z.string()) })) }),
  ],
})

export const moveBotToFolder = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/move-to-folder',
  scope: 'bots:write',
  summary: 'Put a bot into a folder',
  params: BotPath,
  body: z.object({ folder: FolderName.describe('Null or empty: in no folder.') }),
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND },
})

export const listDeletedBots = endpoint({
  method: 'GET',
  path: '/v2/trash/bots',
  scope: 'bots:read',
  summary: 'List the deleted bots, last deleted first',
  returns: [
    200,
    ok(
      z.array(
        Bot.pick({ botid: true, bot_name: true, bot_username: true, simulated: true }).extend({
          deleted_at: z.iso.datetime(),
          purged_after: z.iso.datetime().describe('When it is deleted for good.'),
        }),
      ),
    ),
  ],
})

export const restoreBot = endpoint({
  method: 'POST',
  path: '/v2/trash/bots/:botid/restore',
  scope: 'bots:write',
  summary: 'Bring a deleted bot back, stopped',
  description: 'If another bot has its token by now, it comes back without one.',
  params: BotPath,
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND },
})

export const purgeBot = endpoint({
  method: 'DELETE',
  path: '/v2/trash/bots/:botid',
  scope: 'bots:write',
  summary: 'Delete a bot in the trash for good, with all that it has',
  params: BotPath,
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND },
})

export const botContracts = [
  createBot,
  listBots,
  getBot,
  deleteBot,
  updateBotToken,
  updateBotVersion,
  startBot,
  stopBot,
  restartBot,
  getWebhookHealth,
  listBotFolders,
  moveBotToFolder,
  listDeletedBots,
  restoreBot,
  purgeBot,
] as const
