import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { UserContent } from '../../platform/telegram/emulator/control/content.ts'
import { ControlErrors } from '../../platform/telegram/emulator/control/errors.ts'
import { BotPath, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { Run } from '../runs/contract.ts'

const { BOT_NOT_FOUND, BOT_STOPPED, BOT_NOT_SIMULATED } = BotErrors
const {
  SIMULATOR_CHAT_NOT_FOUND,
  SIMULATOR_MESSAGE_NOT_FOUND,
  SIMULATOR_BUTTON_NOT_FOUND,
  SIMULATOR_MESSAGE_EMPTY,
  SIMULATOR_SENDER_BANNED,
  SIMULATOR_UPDATE_INVALID,
} = ControlErrors

const Person = z.object({
  id: z
    .int()
    .min(1)
    .max(2 ** 52),
  first_name: z.string().min(1).max(64),
  last_name: z.string().max(64).optional(),
  username: z.string().max(32).optional(),
  language_code: z.string().max(16).optional(),
})

const ChatSpec = z.object({
  id: z.int(),
  type: z.enum(['private', 'group', 'supergroup', 'channel']).default('private'),
  title: z.string().max(128).optional(),
  username: z.string().max(32).optional(),
})

const WaitQuery = z.object({ timeout_ms: z.coerce.number<string>().int().min(0).max(120_000).default(30_000) })

/** What came of playing the user. */
const Played = z
  .object({
    update_id: z.int().nullable().describe('Null when the bot does not ask for updates of this kind.'),
    run: Run.nullable().describe('Null when no command was for it, or when the time ran out before it was done.'),
    done: z.boolean().describe('False when the time ran out first.'),
    messages: z.array(z.record(z.string(), z.unknown())).describe('The chat as the user sees it now.'),
  })
  .meta({ id: 'SimulatorReply' })

export const sendMessage = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/simulator/messages',
  scope: 'bots:write',
  summary: 'Write to a simulated bot as a user, and wait for what it does',
  params: BotPath,
  query: WaitQuery,
  body: UserContent.extend({
    user: Person.optional(),
    chat: ChatSpec.optional(),
    reply_to_message_id: z.int().optional(),
  }),
  returns: [200, ok(Played)],
  errors: {
    BOT_NOT_FOUND,
    BOT_STOPPED,
    BOT_NOT_SIMULATED,
    SIMULATOR_MESSAGE_EMPTY,
    SIMULATOR_MESSAGE_NOT_FOUND,
    SIMULATOR_SENDER_BANNED,
  },
})

export const pressButton = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/simulator/callbacks',
  scope: 'bots:write',
  summary: 'Press a button of a simulated bot, and wait for what it does',
  params: BotPath,
  query: WaitQuery,
  body: z.object({
    data: z.string().max(64),
    message_id: z.int(),
    chat_id: z.int().optional(),
    user: Person.optional(),
  }),
  returns: [200, ok(Played)],
  errors: {
    BOT_NOT_FOUND,
    BOT_STOPPED,
    BOT_NOT_SIMULATED,
    SIMULATOR_CHAT_NOT_FOUND,
    SIMULATOR_MESSAGE_NOT_FOUND,
    SIMULATOR_BUTTON_NOT_FOUND,
  },
})

export const sendUpdate = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/simulator/updates',
  scope: 'bots:write',
  summary: 'Hand any update to a simulated bot, and wait for what it does',
  params: BotPath,
  query: WaitQuery,
  body: z.record(z.string(), z.unknown()),
  returns: [200, ok(Played)],
  errors: { BOT_NOT_FOUND, BOT_STOPPED, BOT_NOT_SIMULATED, SIMULATOR_UPDATE_INVALID },
})

export const listMessages = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/simulator/messages',
  scope: 'bots:read',
  summary: 'Show a chat of a simulated bot',
  params: BotPath,
  query: z.object({
    chat_id: z.coerce.number<string>().int().optional().describe('Default: the chat of the default user.'),
  }),
  returns: [200, ok(z.object({ messages: z.array(z.record(z.string(), z.unknown())) }))],
  errors: { BOT_NOT_FOUND, BOT_NOT_SIMULATED },
})

export const simulatorContracts = [sendMessage, pressButton, sendUpdate, listMessages] as const
