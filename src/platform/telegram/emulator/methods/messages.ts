import { z } from 'zod'
import { addMessage, botUser, type Content, findUser, getDialog, getWritableDialog } from '../dialogs.ts'
import { formatText } from '../entities/text.ts'
import { badRequest } from '../failure.ts'
import { toMarkup } from '../markup.ts'
import { method } from '../method.ts'
import { chatId, flag, integer, json, shaped, text } from '../params.ts'
import { type Dialog, Entity, type Message } from '../state.ts'
import type { Call, World } from '../world.ts'

/** Characters of a text after its markup is parsed. @see https://core.telegram.org/bots/api#sendmessage */
export const MAX_TEXT_LENGTH = 4096
const MAX_CAPTION_LENGTH = 1024
/** Telegram lets nobody delete for both sides what is older. @see https://core.telegram.org/bots/api#deletemessage */
const DELETABLE_SECONDS = 48 * 3600
const MAX_DELETED_AT_ONCE = 100

export const replyMarkup = json("can't parse reply keyboard markup JSON object")
export const entityList = shaped(z.array(Entity), "can't parse entities JSON object")
export const linkPreview = shaped(z.record(z.string(), z.unknown()), "can't parse link preview options JSON object")

const replyParameters = shaped(
  z.looseObject({
    message_id: z.coerce.number(),
    chat_id: z.union([z.string(), z.number()]).optional(),
    allow_sending_without_reply: z.boolean().optional(),
  }),
  "can't parse reply parameters JSON object",
)

/** What every method that writes into a chat takes. */
const sending = {
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

const sendMessage = method(
  z.object({
    text,
    parse_mode: text,
    entities: entityList,
    link_preview_options: linkPreview,
    disable_web_page_preview: flag,
    ...sending,
  }),
  (call, params) => {
    const content = textContent(call, params)
    const { inline, keyboard } = toMarkup(params.reply_markup)
    const dialog = getWritableDialog(call, call.bot, params.chat_id)
    const replyTo = findReplied(call, dialog, params)
    if (lengthOf(content.text) > MAX_TEXT_LENGTH) throw badRequest('message is too long')
    call.flood.charge(call.bot, dialog)
    return addMessage(call, {
      bot: call.bot,
      dialog,
      from: botUser(call.bot),
      replyTo,
      content: {
        ...content,
        ...(params.protect_content && { has_protected_content: true }),
        ...(inline && { reply_markup: inline }),
      },
      keyboard,
    })
  },
)

/** What belongs to a message's place and history, and does not travel with its content. */
const NOT_CONTENT = new Set([
  'message_id',
  'from',
  'sender_chat',
  'chat',
  'date',
  'edit_date',
  'reply_to_message',
  'reply_markup',
  'forward_origin',
  'forward_from',
  'forward_from_chat',
  'forward_from_message_id',
  'forward_date',
  'has_protected_content',
])

const contentOf = (message: Message): Content =>
  Object.fromEntries(Object.entries(message).filter(([member]) => !NOT_CONTENT.has(member)))

const getSource = (call: Call, fromChatId: string, messageId: number, verb: string): Message => {
  const source = call.store.message(getDialog(call, call.bot, fromChatId), messageId)?.message
  if (!source) throw badRequest(`message to ${verb} not found`)
  if (source.has_protected_content === true)
    throw badRequest(`the message can't be ${verb === 'copy' ? 'copied' : 'forwarded'}`)
  return source
}

/** Both spellings of where a forwarded message comes from: the new one, and the members it replaced. */
const forwardOrigin = (source: Message): Record<string, unknown> => {
  if (source.forward_origin) {
    const { forward_origin, forward_from, forward_date } = source
    return { forward_origin, ...(forward_from !== undefined && { forward_from }), forward_date }
  }
  const { from, date, chat, message_id } = source
  return from
    ? { forward_origin: { type: 'user', sender_user: from, date }, forward_from: from, forward_date: date }
    : {
        forward_origin: { type: 'channel', chat, message_id, date },
        forward_from_chat: chat,
        forward_from_message_id: message_id,
        forward_date: date,
      }
}

const forwardMessage = method(
  z.object({ chat_id: chatId, from_chat_id: chatId, message_id: integer }),
  (call, params) => {
    const dialog = getWritableDialog(call, call.bot, params.chat_id)
    const source = getSource(call, params.from_chat_id, params.message_id, 'forward')
    call.flood.charge(call.bot, dialog)
    const from = botUser(call.bot)
    return addMessage(call, {
      bot: call.bot,
      dialog,
      from,
      origin: forwardOrigin(source),
      content: contentOf(source),
    })
  },
)

const captionContent = (
  call: Call,
  params: { caption: string; parse_mode: string; caption_entities: Entity[] | undefined },
) => {
  const { text, entities } = formatText({
    text: params.caption,
    parseMode: params.parse_mode,
    entities: params.caption_entities,
    findUser: (id) => findUser(call, id),
  })
  if (lengthOf(text) > MAX_CAPTION_LENGTH) throw badRequest('message caption is too long')
  return text === '' ? {} : { caption: text, ...(entities.length > 0 && { caption_entities: entities }) }
}

const copyMessage = method(
  z.object({
    from_chat_id: chatId,
    message_id: integer,
    caption: z.unknown().optional(),
    parse_mode: text,
    caption_entities: entityList,
    ...sending,
  }),
  (call, params) => {
    const { inline, keyboard } = toMarkup(params.reply_markup)
    const dialog = getWritableDialog(call, call.bot, params.chat_id)
    const source = getSource(call, params.from_chat_id, params.message_id, 'copy')
    const replyTo = findReplied(call, dialog, params)
    const { caption, caption_entities, ...content } = contentOf(source)
    const given = typeof params.caption === 'string' && content.text === undefined ? params.caption : undefined
    const captioned =
      given === undefined
        ? { ...(caption !== undefined && { caption }), ...(caption_entities !== undefined && { caption_entities }) }
        : captionContent(call, { ...params, caption: given })
    call.flood.charge(call.bot, dialog)
    const message = addMessage(call, {
      bot: call.bot,
      dialog,
      from: botUser(call.bot),
      replyTo,
      content: { ...content, ...captioned, ...(inline && { reply_markup: inline }) },
      keyboard,
    })
    return { message_id: message.message_id }
  },
)

/** In a private chat a bot may delete what either side wrote, in a group what it wrote itself or as an administrator. */
const mayDelete = ({ bot, time }: Call, dialog: Dialog, message: Message): boolean => {
  if (time.nowMs() - message.date * 1000 > time.toMs(DELETABLE_SECONDS)) return false
  const isOwn = message.from?.id === bot.id
  return isOwn || dialog.chat.type === 'private' || dialog.members[bot.id] === 'administrator'
}

const deleteMessage = method(z.object({ chat_id: chatId, message_id: integer }), (call, { chat_id, message_id }) => {
  const dialog = getDialog(call, call.bot, chat_id)
  if (message_id === 0) throw badRequest('message identifier is not specified')
  const stored = call.store.message(dialog, message_id)
  if (!stored) throw badRequest('message to delete not found')
  if (!mayDelete(call, dialog, stored.message)) throw badRequest("message can't be deleted")
  call.store.deleteMessage(dialog, message_id)
  return true
})

const deleteMessages = method(
  z.object({ chat_id: chatId, message_ids: json("can't parse message identifiers JSON object") }),
  (call, { chat_id, message_ids }) => {
    const dialog = getDialog(call, call.bot, chat_id)
    if (!Array.isArray(message_ids) || message_ids.length === 0) {
      throw badRequest('message identifiers are not specified')
    }
    if (message_ids.length > MAX_DELETED_AT_ONCE) throw badRequest('too many message identifiers specified')
    const found = message_ids.flatMap((id) => call.store.message(dialog, Number(id)) ?? [])
    if (!found.every(({ message }) => mayDelete(call, dialog, message))) throw badRequest("message can't be deleted")
    for (const { message } of found) call.store.deleteMessage(dialog, message.message_id)
    return true
  },
)

export const messageMethods = { sendMessage, forwardMessage, copyMessage, deleteMessage, deleteMessages }
