import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, Flag, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const { BOT_NOT_FOUND } = BotErrors

export const MAX_ADMINS = 100
const MAX_CHAIN = 50
/** With paid broadcasts. @see https://core.telegram.org/bots/api#sendmessage, `allow_paid_broadcast` */
const MAX_MESSAGES_PER_SECOND = 1_000

/** A number; in a form-encoded body, which has texts only, its digits. */
const Count = z.preprocess(
  (given) => (typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given),
  z.int(),
)

/** How a bot behaves. What was never set is as the defaults say. */
export const BotSettings = z
  .object({
    default_parse_mode: z
      .enum(['HTML', 'Markdown', 'MarkdownV2'])
      .nullable()
      .default(null)
      .describe('Given to Telegram with every text for which the code names none.'),
    commands_always_win: Flag.default(true).describe(
      'A message that is the name of a command runs that command, also while the bot waits for an answer.',
    ),
    chain_cap: Count.pipe(z.int().min(1).max(MAX_CHAIN))
      .default(3)
      .describe('How many commands one update may start, the first one included.'),
    messages_per_second: Count.pipe(z.int().min(1).max(MAX_MESSAGES_PER_SECOND))
      .default(30)
      .describe(
        'How fast the bot may send, answers and broadcasts together. Telegram takes 30 a second, and more from bots that pay for it.',
      ),
    receives_by: z.enum(['polling', 'webhook']).default('polling').describe('How updates come from Telegram.'),
    token_visible: Flag.default(false).describe('Whether code can read the token of the bot.'),
    cards_bridge: Flag.default(false).describe('Whether code may save and find cards of the account.'),
    files_bridge: Flag.default(false).describe('Whether code may keep and read files of the account.'),
    admins: z
      .array(z.int().min(1))
      .max(MAX_ADMINS)
      .default([])
      .describe('Telegram user ids. Only these people can run commands that are `admin_only`.'),
  })
  .meta({ id: 'BotSettings' })
export type BotSettings = z.infer<typeof BotSettings>

export const getBotSettings = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/settings',
  scope: 'bots:read',
  summary: 'Get the settings of a bot',
  params: BotPath,
  returns: [200, ok(BotSettings)],
  errors: { BOT_NOT_FOUND },
})

const { shape } = BotSettings

export const updateBotSettings = endpoint({
  method: 'PATCH',
  path: '/v2/bots/:botid/settings',
  scope: 'bots:write',
  summary: 'Change settings of a bot; what is not named stays',
  params: BotPath,
  // Without the defaults: what is not named would be set back.
  body: z.object({
    default_parse_mode: shape.default_parse_mode.unwrap().optional(),
    commands_always_win: shape.commands_always_win.unwrap().optional(),
    chain_cap: shape.chain_cap.unwrap().optional(),
    messages_per_second: shape.messages_per_second.unwrap().optional(),
    receives_by: shape.receives_by.unwrap().optional(),
    token_visible: shape.token_visible.unwrap().optional(),
    cards_bridge: shape.cards_bridge.unwrap().optional(),
    files_bridge: shape.files_bridge.unwrap().optional(),
    admins: shape.admins.unwrap().optional(),
  }),
  returns: [200, ok(BotSettings)],
  errors: { BOT_NOT_FOUND },
})

export const settingContracts = [getBotSettings, updateBotSettings] as const
