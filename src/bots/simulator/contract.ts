import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { UserContent } from '../../platform/telegram/emulator/control/content.ts'
import { ControlErrors } from '../../platform/telegram/emulator/control/errors.ts'
import { MemberStatus } from '../../platform/telegram/emulator/state.ts'
import { BotPath, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { Run } from '../runs/contract.ts'
import { SimulatorErrors } from './errors.ts'

const { BOT_NOT_FOUND, BOT_STOPPED, BOT_NOT_SIMULATED, RUN_NOT_FOUND } = BotErrors
const { SIMULATOR_AWAY, SIMULATOR_RUN_NOT_REPLAYABLE } = SimulatorErrors
const {
  SIMULATOR_CHAT_NOT_FOUND,
  SIMULATOR_MESSAGE_NOT_FOUND,
  SIMULATOR_BUTTON_NOT_FOUND,
  SIMULATOR_RESULT_NOT_FOUND,
  SIMULATOR_MESSAGE_EMPTY,
  SIMULATOR_SENDER_BANNED,
  SIMULATOR_UPDATE_INVALID,
} = ControlErrors

const readErrors = { BOT_NOT_FOUND, BOT_NOT_SIMULATED, SIMULATOR_AWAY }
const playErrors = { ...readErrors, BOT_STOPPED }

export const Person = z.object({
  id: z
    .int()
    .min(1)
    .max(2 ** 52),
  first_name: z.string().min(1).max(64),
  last_name: z.string().max(64).optional(),
  username: z.string().max(32).optional(),
  language_code: z.string().max(16).optional(),
})
export type Person = z.infer<typeof Person>

const ChatSpec = z.object({
  id: z.int(),
  type: z.enum(['private', 'group', 'supergroup', 'channel']).default('private'),
  title: z.string().max(128).optional(),
  username: z.string().max(32).optional(),
})

const WaitQuery = z.object({ timeout_ms: z.coerce.number<string>().int().min(0).max(120_000).default(30_000) })

const Anything = z.record(z.string(), z.unknown())

/** What came of playing the user. */
const Played = z
  .object({
    update_id: z.int().nullable().describe('Null when the bot does not ask for updates of this kind.'),
    run: Run.nullable().describe('Null when no command was for it, or when the time ran out before it was done.'),
    done: z.boolean().describe('False when the time ran out first.'),
    messages: z.array(Anything).describe('The chat as the user sees it now.'),
    answer: Anything.nullable().optional().describe('To a pressed button: what the bot answered, if it did.'),
    inline_query_id: z.string().optional(),
    results: z.array(z.unknown()).nullable().optional().describe('To an inline query: what the bot found, if it did.'),
  })
  .meta({ id: 'SimulatorReply' })
export type Played = z.infer<typeof Played>

export const MessageBody = UserContent.extend({
  user: Person.optional(),
  chat: ChatSpec.optional(),
  reply_to_message_id: z.int().optional(),
  edit_message_id: z.int().optional().describe('Changes this message of the user instead of sending one.'),
})

export const CallbackBody = z.object({
  data: z.string().max(64),
  message_id: z.int(),
  chat_id: z.int().optional(),
  user: Person.optional(),
})

export const MemberBody = z.object({
  chat: ChatSpec.describe('Made when it is not there, with the bot in it.'),
  user: Person.optional().describe('Whom it is about; the bot itself unless given.'),
  status: MemberStatus,
  by: Person.optional().describe('Who does it; whom it is about unless given.'),
})

export const ReactionBody = z.object({
  message_id: z.int(),
  chat_id: z.int().optional(),
  emoji: z.array(z.string().min(1).max(16)).max(3).describe('None takes the reaction back.'),
  user: Person.optional(),
})

export const InlineBody = z.object({
  query: z.string().max(256),
  offset: z.string().max(64).optional(),
  user: Person.optional(),
})

export const ChosenBody = z.object({
  inline_query_id: z.string().max(64),
  result_id: z.string().max(64),
  chat_id: z.int().optional(),
  user: Person.optional(),
})

const path = <P extends string>(rest: P) => `/v2/bots/:botid/simulator/${rest}` as const

export const sendMessage = endpoint({
  method: 'POST',
  path: path('messages'),
  scope: 'bots:write',
  summary: 'Write to a simulated bot as a user, and wait for what it does',
  params: BotPath,
  query: WaitQuery,
  body: MessageBody,
  returns: [200, ok(Played)],
  errors: {
    ...playErrors,
    SIMULATOR_MESSAGE_EMPTY,
    SIMULATOR_CHAT_NOT_FOUND,
    SIMULATOR_MESSAGE_NOT_FOUND,
    SIMULATOR_SENDER_BANNED,
  },
})

export const pressButton = endpoint({
  method: 'POST',
  path: path('callbacks'),
  scope: 'bots:write',
  summary: 'Press a button of a simulated bot, and wait for what it does',
  params: BotPath,
  query: WaitQuery,
  body: CallbackBody,
  returns: [200, ok(Played)],
  errors: { ...playErrors, SIMULATOR_CHAT_NOT_FOUND, SIMULATOR_MESSAGE_NOT_FOUND, SIMULATOR_BUTTON_NOT_FOUND },
})

export const sendUpdate = endpoint({
  method: 'POST',
  path: path('updates'),
  scope: 'bots:write',
  summary: 'Hand any update to a simulated bot, and wait for what it does',
  params: BotPath,
  query: WaitQuery,
  body: Anything,
  returns: [200, ok(Played)],
  errors: { ...playErrors, SIMULATOR_UPDATE_INVALID },
})

export const changeMember = endpoint({
  method: 'POST',
  path: path('members'),
  scope: 'bots:write',
  summary: 'Let somebody, or the bot itself, come into a chat, leave it, or become more or less there',
  description:
    'In groups everybody sees who comes and goes. As on Telegram, `chat_member` reaches bots that are administrators of the chat, and `my_chat_member` the bot that it is about. In a private chat, `kicked` means that the person blocks the bot.',
  params: BotPath,
  query: WaitQuery,
  body: MemberBody,
  returns: [200, ok(Played)],
  errors: { ...playErrors, SIMULATOR_CHAT_NOT_FOUND },
})

export const reactToMessage = endpoint({
  method: 'POST',
  path: path('reactions'),
  scope: 'bots:write',
  summary: 'React to a message as a user',
  description: 'As on Telegram, in groups and channels the bot hears of it as an administrator only.',
  params: BotPath,
  query: WaitQuery,
  body: ReactionBody,
  returns: [200, ok(Played)],
  errors: { ...playErrors, SIMULATOR_CHAT_NOT_FOUND, SIMULATOR_MESSAGE_NOT_FOUND },
})

export const askInline = endpoint({
  method: 'POST',
  path: path('inline-queries'),
  scope: 'bots:write',
  summary: 'Ask a simulated bot an inline query, and wait for its results',
  params: BotPath,
  query: WaitQuery,
  body: InlineBody,
  returns: [200, ok(Played)],
  errors: playErrors,
})

export const chooseInline = endpoint({
  method: 'POST',
  path: path('inline-choices'),
  scope: 'bots:write',
  summary: 'Send a result of an inline query into a chat with the bot',
  params: BotPath,
  query: WaitQuery,
  body: ChosenBody,
  returns: [200, ok(Played)],
  errors: { ...playErrors, SIMULATOR_CHAT_NOT_FOUND, SIMULATOR_RESULT_NOT_FOUND },
})

export const replayRun = endpoint({
  method: 'POST',
  path: path('replay'),
  scope: 'bots:write',
  summary: 'Hand the update of an earlier run to the bot once more',
  description:
    'With a new number, and as it was: queries in it can be answered again. The last 200 updates of a bot are kept.',
  params: BotPath,
  query: WaitQuery,
  body: z.object({ run_id: z.string().max(64) }),
  returns: [200, ok(Played)],
  errors: { ...playErrors, RUN_NOT_FOUND, SIMULATOR_RUN_NOT_REPLAYABLE },
})

export const listMessages = endpoint({
  method: 'GET',
  path: path('messages'),
  scope: 'bots:read',
  summary: 'Show a chat of a simulated bot',
  params: BotPath,
  query: z.object({
    chat_id: z.coerce.number<string>().int().optional().describe('Default: the chat of the default user.'),
  }),
  returns: [200, ok(z.object({ messages: z.array(Anything) }))],
  errors: readErrors,
})

export const listChats = endpoint({
  method: 'GET',
  path: path('chats'),
  scope: 'bots:read',
  summary: 'List the chats of a simulated bot, those with the newest messages first',
  params: BotPath,
  returns: [
    200,
    ok(
      z.object({
        chats: z.array(
          z.object({
            chat: Anything,
            messages: z.int().describe('How many are kept.'),
            last_message: Anything.nullable(),
          }),
        ),
      }),
    ),
  ],
  errors: readErrors,
})

export const listPeople = endpoint({
  method: 'GET',
  path: path('users'),
  scope: 'bots:read',
  summary: 'List the people in the chats of a simulated bot',
  params: BotPath,
  returns: [200, ok(z.object({ users: z.array(Anything) }))],
  errors: readErrors,
})

export const resetSimulator = endpoint({
  method: 'POST',
  path: path('reset'),
  scope: 'bots:write',
  summary: 'Forget the chats of a simulated bot',
  description: 'Chats in which other bots of the account are stay. What the code has kept stays too.',
  params: BotPath,
  returns: [200, ok(z.literal('Simulator reset'))],
  errors: readErrors,
})

export const simulatorContracts = [
  sendMessage,
  pressButton,
  sendUpdate,
  changeMember,
  reactToMessage,
  askInline,
  chooseInline,
  replayRun,
  listMessages,
  listChats,
  listPeople,
  resetSimulator,
] as const
