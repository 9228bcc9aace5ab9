import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { BotToken } from '../bots/contract.ts'
import { BotPath, Flag, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const {
  BOT_NOT_FOUND,
  USER_NOT_FOUND,
  TRANSFER_TO_OWNER,
  TOKEN_FORMAT_INVALID,
  TOKEN_REFUSED,
  TOKEN_IN_USE,
  TELEGRAM_UNREACHABLE,
} = BotErrors

export const transferBot = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/transfer-bot',
  scope: 'bots:write',
  summary: 'Give a bot to another account',
  description:
    'It goes with its commands, their versions, its users and what its code keeps. Its token, its secrets, the addresses of its webhooks, its log and its list of administrators do not: they are yours. The other account gives it a token.',
  params: BotPath,
  body: z.object({ to_email: z.string('to_email is required').trim().min(1, 'to_email is required').max(254) }),
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, USER_NOT_FOUND, TRANSFER_TO_OWNER },
})

export const cloneBot = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/clone-bot',
  scope: 'bots:write',
  summary: 'Copy a bot with its commands and settings',
  description: 'Without a token the copy is stopped until it has one. Secrets are not copied.',
  params: BotPath,
  body: z
    .object({
      new_token: BotToken.optional(),
      simulated: Flag.default(false).describe('The copy lives on the simulator.'),
      include_data: Flag.default(false).describe('Also what the code of the bot keeps.'),
    })
    .refine(({ new_token, simulated }) => new_token === undefined || !simulated, {
      error: 'Invalid bot token format',
      path: ['new_token'],
    }),
  returns: [200, ok(z.object({ botid: z.string(), message: z.string() }))],
  errors: { BOT_NOT_FOUND, TOKEN_FORMAT_INVALID, TOKEN_REFUSED, TOKEN_IN_USE, TELEGRAM_UNREACHABLE },
})

export const transferContracts = [transferBot, cloneBot] as const
