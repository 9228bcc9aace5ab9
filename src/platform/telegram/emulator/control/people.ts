import { AppError } from '../../../errors.ts'
import { addMessage } from '../dialogs.ts'
import type { Bot, CallbackQuery, Chat, Dialog, Message, User } from '../state.ts'
import { deliver, type World } from '../world.ts'
import { toContent, type UserContent } from './content.ts'
import { ControlErrors } from './errors.ts'
import {
  type ChatSpec,
  getBot,
  getChatOf,
  isPresent,
  newCallbackId,
  openDialog,
  type Person,
  putCallback,
  putInlineQuery,
  putPerson,
  setBlocked,
} from './shared.ts'

export interface UserMessage extends UserContent {
  botId: number
  user: Person
  /** The person's private chat with the bot unless given. */
  chat?: ChatSpec | undefined
  /** Id of the message that this one answers. */
  replyTo?: number | undefined
  /** Of the file that is sent, so that the bot can download it. */
  bytes?: Buffer | undefined
}

export interface SentMessage {
  /** Null when the bot has not asked for such updates. */
  update_id: number | null
  message: Message
}

export interface ButtonPress {
  botId: number
  user: Person
  chatId: number
  messageId: number
  data: string
}

export interface PressedButton {
  /** Null when the bot has not asked for such updates. */
  update_id: number | null
  callbackQueryId: string
}

/** What people do: write, press buttons, and stop talking to a bot. */
export const peopleControl = (world: World) => ({
  /** Adds a person, or changes what is known of one. */
  addUser: (person: Person): User => putPerson(world, person),

  /** Makes the private chat of a person with a bot, or a shared chat with both in it, as if it had begun before. */
  openChat: ({ botId, user, chat }: { botId: number; user: Person; chat?: ChatSpec | undefined }): Chat =>
    openDialog(world, getBot(world, botId), putPerson(world, user), chat).chat,

  /**
   * Writes as a person. The first message begins the chat, and one to a bot that the person had blocked unblocks it.
   *
   * @throws {AppError} SIMULATOR_BOT_NOT_FOUND, SIMULATOR_MESSAGE_EMPTY, SIMULATOR_MESSAGE_NOT_FOUND,
   * SIMULATOR_SENDER_BANNED
   */
  sendAsUser({ botId, user: person, chat, replyTo, bytes, ...content }: UserMessage): SentMessage {
    const { store } = world
    const bot = getBot(world, botId)
    const user = putPerson(world, person)
    const body = toContent(world, { bot, sender: user, content, bytes })
    const dialog = openDialog(world, bot, user, chat)
    if (!isPresent(dialog.members[user.id])) throw new AppError(ControlErrors.SIMULATOR_SENDER_BANNED)
    const replied = replyTo === undefined ? undefined : store.message(dialog, replyTo)?.message
    if (replyTo !== undefined && !replied) throw new AppError(ControlErrors.SIMULATOR_MESSAGE_NOT_FOUND)
    if (dialog.blocked) setBlocked(world, bot.id, user.id, false)

    const message = addMessage(world, { bot, dialog, from: user, replyTo: replied, content: body })
    return { update_id: tellMembers(world, dialog, message, bot), message: structuredClone(message) }
  },

  /**
   * Presses a button that the message now has.
   *
   * @throws {AppError} SIMULATOR_BOT_NOT_FOUND, SIMULATOR_CHAT_NOT_FOUND, SIMULATOR_MESSAGE_NOT_FOUND,
   * SIMULATOR_BUTTON_NOT_FOUND
   */
  pressButton({ botId, user: person, chatId, messageId, data }: ButtonPress): PressedButton {
    const { store } = world
    const bot = getBot(world, botId)
    const dialog = getChatOf(world, botId, chatId)
    const message = store.message(dialog, messageId)?.message
    if (!message) throw new AppError(ControlErrors.SIMULATOR_MESSAGE_NOT_FOUND)
    if (!hasButton(message, data)) throw new AppError(ControlErrors.SIMULATOR_BUTTON_NOT_FOUND)

    const from = putPerson(world, person)
    const callbackQueryId = newCallbackId(world, from)
    putCallback(world, botId, callbackQueryId)
    const query = { id: callbackQueryId, from, message, chat_instance: chatInstance(dialog), data }
    return { update_id: deliver(world, bot, 'callback_query', query, `user:${from.id}`), callbackQueryId }
  },

  /** Types the bot's name and a query into the input field of a chat. @throws {AppError} SIMULATOR_BOT_NOT_FOUND */
  askInline({
    botId,
    user: person,
    query,
    offset = '',
  }: {
    botId: number
    user: Person
    query: string
    offset?: string | undefined
  }) {
    const from = putPerson(world, person)
    const inlineQueryId = newCallbackId(world, from)
    putInlineQuery(world, botId, inlineQueryId, query)
    const asked = { id: inlineQueryId, from, query, offset, chat_type: 'sender' }
    return { update_id: deliver(world, getBot(world, botId), 'inline_query', asked, `user:${from.id}`), inlineQueryId }
  },

  /** The results that the bot gave: null before it has, undefined for a query that is over. */
  inlineResults: (inlineQueryId: string): unknown[] | null | undefined =>
    world.inlineQueries.get(inlineQueryId)?.results,

  /** What the bot answered to a button press: null before it has, undefined for a press that is over. */
  callbackAnswer: (callbackQueryId: string): CallbackQuery['answer'] | undefined =>
    world.store.callbackQuery(callbackQueryId)?.answer,

  /** The bot may not write to this person any more, and is told so. */
  blockBot: (botId: number, userId: number): void => setBlocked(world, botId, userId, true),
  unblockBot: (botId: number, userId: number): void => setBlocked(world, botId, userId, false),
})

/** @returns The update's id for the bot in question; other bots in the chat get theirs. */
const tellMembers = (world: World, dialog: Dialog, message: Message, asked: Bot): number | null => {
  const type = dialog.chat.type === 'channel' ? 'channel_post' : 'message'
  const others = world.store.bots().filter(({ id }) => id !== asked.id && isPresent(dialog.members[id]))
  const [id = null] = [asked, ...others].map((bot) => deliver(world, bot, type, message, `chat:${dialog.chat.id}`))
  return id
}

/** Stays the same for one chat. */
const chatInstance = ({ botId, chat }: Dialog): string => `${(BigInt(botId ?? 0) << 31n) ^ BigInt(chat.id)}`

const hasButton = ({ reply_markup }: Message, data: string): boolean => {
  const rows = reply_markup?.inline_keyboard
  return Array.isArray(rows) && rows.flat().some((button: { callback_data?: unknown }) => button.callback_data === data)
}
