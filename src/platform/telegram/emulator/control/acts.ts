import { AppError } from '../../../errors.ts'
import { addMessage, botUser } from '../dialogs.ts'
import type { Dialog, Message, StoredMessage } from '../state.ts'
import { deliver, type World } from '../world.ts'
import { toContent, type UserContent } from './content.ts'
import { ControlErrors } from './errors.ts'
import { getBot, getChatOf, isPresent, type Person, putPerson } from './shared.ts'

interface OnMessage {
  botId: number
  user: Person
  chatId: number
  messageId: number
}

/** What people do with messages that are there already. */
export const actControl = (world: World) => ({
  /** Changes a message of the person. @throws {AppError} SIMULATOR_CHAT_NOT_FOUND, SIMULATOR_MESSAGE_NOT_FOUND */
  editAsUser({ botId, user: person, chatId, messageId, ...content }: OnMessage & UserContent) {
    const bot = getBot(world, botId)
    const dialog = getChatOf(world, botId, chatId)
    const stored = getMessage(world, dialog, messageId)
    const user = putPerson(world, person)
    if (stored.message.from?.id !== user.id) throw new AppError(ControlErrors.SIMULATOR_MESSAGE_NOT_FOUND)
    const body = toContent(world, { bot, sender: user, content })
    Object.assign(stored.message, body, { edit_date: world.time.unixSeconds() })
    world.store.changed()
    return { update_id: tell(world, dialog, botId, 'edited_message', stored.message) }
  },

  /**
   * Reacts to a message; no emoji takes the reaction back.
   *
   * @throws {AppError} SIMULATOR_CHAT_NOT_FOUND, SIMULATOR_MESSAGE_NOT_FOUND
   * @see https://core.telegram.org/bots/api#messagereactionupdated
   */
  react({ botId, user: person, chatId, messageId, emoji }: OnMessage & { emoji: readonly string[] }) {
    const dialog = getChatOf(world, botId, chatId)
    const stored = getMessage(world, dialog, messageId)
    const user = putPerson(world, person)
    const before = stored.reactions?.[user.id] ?? []
    stored.reactions = { ...stored.reactions, [user.id]: [...emoji] }
    world.store.changed()
    const change = {
      chat: dialog.chat,
      message_id: messageId,
      user,
      date: world.time.unixSeconds(),
      old_reaction: before.map(toReaction),
      new_reaction: emoji.map(toReaction),
    }
    return { update_id: tell(world, dialog, botId, 'message_reaction', change) }
  },

  /**
   * Sends a result of an inline query into a chat with the bot, and tells the bot what was chosen.
   *
   * @throws {AppError} SIMULATOR_CHAT_NOT_FOUND, SIMULATOR_RESULT_NOT_FOUND
   */
  chooseInline({ botId, user: person, chatId, inlineQueryId, resultId }: ChosenResult) {
    const bot = getBot(world, botId)
    const query = world.inlineQueries.get(inlineQueryId)
    const result = query?.botId === botId ? query.results?.find((item) => idOf(item) === resultId) : undefined
    if (result === undefined) throw new AppError(ControlErrors.SIMULATOR_RESULT_NOT_FOUND)
    const dialog = getChatOf(world, botId, chatId)
    const from = putPerson(world, person)
    const message = addMessage(world, { bot, dialog, from, content: { via_bot: botUser(bot), ...contentOf(result) } })
    const chosen = { result_id: resultId, from, query: query?.query ?? '' }
    deliver(world, bot, 'chosen_inline_result', chosen, `chat:${chatId}`)
    return { update_id: tell(world, dialog, botId, 'message', message), message: structuredClone(message) }
  },
})

export interface ChosenResult {
  botId: number
  user: Person
  chatId: number
  inlineQueryId: string
  resultId: string
}

const toReaction = (emoji: string) => ({ type: 'emoji', emoji })

const getMessage = ({ store }: World, dialog: Dialog, messageId: number): StoredMessage => {
  const stored = store.message(dialog, messageId)
  if (!stored) throw new AppError(ControlErrors.SIMULATOR_MESSAGE_NOT_FOUND)
  return stored
}

/** Where there are many, only administrators hear of reactions. */
const hears = ({ chat, botId, members }: Dialog, id: number, type: string): boolean => {
  if (chat.type === 'private') return botId === id
  return type === 'message_reaction' ? members[id] === 'administrator' : isPresent(members[id])
}

const tell = (world: World, dialog: Dialog, askedId: number, type: string, body: unknown): number | null => {
  const told = world.store
    .bots()
    .filter(({ id }) => hears(dialog, id, type))
    .map((bot) => [bot.id, deliver(world, bot, type, body, `chat:${dialog.chat.id}`)] as const)
  return told.find(([id]) => id === askedId)?.[1] ?? null
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const idOf = (result: unknown): unknown => (isRecord(result) ? result.id : undefined)

/** What a person sees of a result: its text, or what it is called. */
const contentOf = (result: unknown): Partial<Message> => {
  if (!isRecord(result)) return {}
  const { input_message_content: input, caption, title, reply_markup } = result
  const text = isRecord(input) && typeof input.message_text === 'string' ? input.message_text : (caption ?? title)
  return {
    text: typeof text === 'string' ? text : '',
    ...(isRecord(reply_markup) && { reply_markup }),
  }
}
