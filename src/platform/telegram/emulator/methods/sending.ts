import { z } from 'zod'
import { addMessage, botUser, type Content, findUser } from '../dialogs.ts'
import { formatText } from '../entities/text.ts'
import { badRequest } from '../failure.ts'
import { toMarkup } from '../markup.ts'
import { chatId, flag, integer, json, shaped, text } from '../params.ts'
import { type Dialog, Entity, type Message } from '../state.ts'
import { type Call, deliver, type World } from '../world.ts'

/** Characters of a text after its markup is parsed. @see https://core.telegram.org/bots/api#sendmessage */
export const MAX_TEXT_LENGTH = 4096
const MAX_CAPTION_LENGTH = 1024

export const replyMarkup = json("can't parse reply keyboard markup JSON object")
export const Entities = z.array(Entity)
export const entityList = shaped(Entities, "can't parse entities JSON object")
export const linkPreview = shaped(z.record(z.string(), z.unknown()), "can't parse link preview options JSON object")

const replyParameters = shaped(
  z.looseObject({
    message_id: z.coerce.number(),
    chat_id: z.union([z.string(), z.number()]).optional(),
    allow_sending_without_reply: z.boolean().optional(),
  }),
  "can't parse reply parameters JSON object",
)

const MAX_MESSAGE_IDS = 100

export const messageIds = json("can't parse message identifiers JSON object")

/** @throws {ApiFailure} 400 unless it is a list of 1 to 100. */
export const toMessageIds = (decoded: unknown): number[] => {
  if (!Array.isArray(decoded) || decoded.length === 0) throw badRequest('message identifiers are not specified')
  if (decoded.length > MAX_MESSAGE_IDS) throw badRequest('too many message identifiers specified')
  return decoded.map(Number)
}

/** What every method that writes into a chat takes. */
export const sending = {
  reply_parameters: replyParameters,
  reply_to_message_id: integer,
  allow_sending_without_reply: flag,
  reply_markup: replyMarkup,
  disable_notification: flag,
  protect_content: flag,
  chat_id: chatId,
}

interface TextParams {
  text: string
  parse_mode: string
  entities: readonly Entity[] | undefined
  link_preview_options: Record<string, unknown> | undefined
  disable_web_page_preview: boolean
}

/** @throws {ApiFailure} 400 for an empty text and for markup that does not parse; the length is the caller's to check. */
export const textContent = (call: Call, params: TextParams) => {
  if (params.text === '') throw badRequest('message text is empty')
  const formatted = formatText({
    text: params.text,
    parseMode: params.parse_mode,
    entities: params.entities,
    findUser: (id) => findUser(call, id),
  })
  if (formatted.text === '') throw badRequest('text must be non-empty')
  const preview = params.link_preview_options ?? (params.disable_web_page_preview ? { is_disabled: true } : undefined)
  return {
    text: formatted.text,
    ...(formatted.entities.length > 0 && { entities: formatted.entities }),
    ...(preview && { link_preview_options: preview }),
  }
}

/** Telegram counts characters, and a character outside the basic plane once. */
export const lengthOf = (value: string): number => [...value].length

interface ReplyParams {
  reply_parameters: z.output<typeof replyParameters>
  reply_to_message_id: number
  allow_sending_without_reply: boolean
}

const findReplied = ({ store }: World, dialog: Dialog, params: ReplyParams): Message | undefined => {
  const { reply_parameters, reply_to_message_id, allow_sending_without_reply } = params
  const messageId = reply_parameters?.message_id ?? reply_to_message_id
  if (messageId === 0) return undefined
  const replied = store.message(dialog, messageId)?.message
  const mayLack = reply_parameters?.allow_sending_without_reply ?? allow_sending_without_reply
  if (!replied && !mayLack) throw badRequest('message to be replied not found')
  return replied
}

/** What every method that sends a caption takes. */
export const captioned = { caption: text, parse_mode: text, caption_entities: entityList }

interface CaptionParams {
  caption: string
  parse_mode: string
  caption_entities: readonly Entity[] | undefined
}

/** @throws {ApiFailure} 400 for markup that does not parse, and when it is too long. */
export const captionContent = (call: Call, params: CaptionParams) => {
  const { text, entities } = formatText({
    text: params.caption,
    parseMode: params.parse_mode,
    entities: params.caption_entities,
    findUser: (id) => findUser(call, id),
  })
  if (lengthOf(text) > MAX_CAPTION_LENGTH) throw badRequest('message caption is too long')
  return text === '' ? {} : { caption: text, ...(entities.length > 0 && { caption_entities: entities }) }
}

interface PostParams extends ReplyParams {
  reply_markup: unknown
  protect_content: boolean
}

interface Post {
  dialog: Dialog
  content: Content
  origin?: Record<string, unknown>
  params?: PostParams
  /** Flood control has let it through already. */
  isCharged?: boolean
}

/**
 * Writes a message of the bot into a chat.
 *
 * @throws {ApiFailure} 400 for a keyboard or a reply that cannot be, 429 when the chat or the bot has had enough.
 */
export const post = (call: Call, { dialog, content, origin, params, isCharged }: Post): Message => {
  const { inline, keyboard } = toMarkup(params?.reply_markup)
  const replyTo = params && findReplied(call, dialog, params)
  if (!isCharged) call.flood.charge(call.bot, dialog)
  const message = addMessage(call, {
    bot: call.bot,
    dialog,
    from: botUser(call.bot),
    ...(origin && { origin }),
    replyTo,
    content: {
      ...content,
      ...(params?.protect_content && { has_protected_content: true }),
      ...(inline && { reply_markup: inline }),
    },
    keyboard,
  })
  tellOtherBots(call, dialog, message)
  return message
}

/** Bots do not see each other's messages, but perhaps each other's posts in a channel. */
const tellOtherBots = (call: Call, { chat, members }: Dialog, message: Message): void => {
  if (chat.type !== 'channel' || !call.rules.tellsOtherBots) return
  const others = call.store.bots().filter(({ id }) => id !== call.bot.id && members[id] === 'administrator')
  for (const bot of others) deliver(call, bot, 'channel_post', message, `chat:${chat.id}`)
}
