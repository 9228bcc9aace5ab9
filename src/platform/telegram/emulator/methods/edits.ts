import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { getDialog, hasRight } from '../dialogs.ts'
import { badRequest } from '../failure.ts'
import { toMarkup } from '../markup.ts'
import { MEDIA_KINDS, takeMedia } from '../media.ts'
import { method } from '../method.ts'
import { chatId, flag, integer, json, text } from '../params.ts'
import type { Message } from '../state.ts'
import type { Call } from '../world.ts'
import { parseInputMedia, readInputMedia } from './media.ts'
import {
  captionContent,
  captioned,
  entityList,
  lengthOf,
  linkPreview,
  MAX_TEXT_LENGTH,
  replyMarkup,
  textContent,
} from './sending.ts'

const NOT_MODIFIED =
  'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message'

const target = { chat_id: chatId, message_id: integer, inline_message_id: text }

interface Target {
  chat_id: string
  message_id: number
  inline_message_id: string
}

/** @throws {ApiFailure} 400 unless the message is there and the bot wrote it. */
const getEditable = (call: Call, { chat_id, message_id, inline_message_id }: Target): Message => {
  if (chat_id === '' && message_id === 0) {
    throw badRequest(inline_message_id === '' ? 'message identifier is not specified' : 'MESSAGE_ID_INVALID')
  }
  const dialog = getDialog(call, call.bot, chat_id)
  if (message_id === 0) throw badRequest('message identifier is not specified')
  const stored = call.store.message(dialog, message_id)
  if (!stored) throw badRequest('message to edit not found')
  const isOwn =
    dialog.chat.type === 'channel'
      ? stored.authorId === call.bot.id || hasRight(dialog, call.bot.id, 'can_edit_messages')
      : stored.message.from?.id === call.bot.id
  if (!isOwn || stored.message.forward_origin !== undefined) throw badRequest("message can't be edited")
  return stored.message
}

const TEXT = ['text', 'entities', 'link_preview_options']
const CAPTION = ['caption', 'caption_entities']

/** Puts new members in place of the old ones, and the keyboard with them: one that is not given again goes. */
const replaceMembers = (
  call: Call,
  message: Message,
  names: readonly string[],
  members: Record<string, unknown>,
): Message => {
  const replaced = [...names, 'reply_markup']
  const current = Object.fromEntries(replaced.map((member) => [member, message[member]]))
  const next = { ...Object.fromEntries(replaced.map((member) => [member, undefined])), ...members }
  if (isDeepStrictEqual(current, next)) throw badRequest(NOT_MODIFIED)
  Object.assign(message, next, { edit_date: call.time.unixSeconds() })
  for (const member of replaced) if (message[member] === undefined) delete message[member]
  call.store.changed()
  return message
}

const editMessageText = method(
  z.object({
    text,
    parse_mode: text,
    entities: entityList,
    link_preview_options: linkPreview,
    disable_web_page_preview: flag,
    reply_markup: replyMarkup,
    ...target,
  }),
  (call, params) => {
    const content = textContent(call, params)
    const { inline } = toMarkup(params.reply_markup)
    const message = getEditable(call, params)
    if (message.text === undefined) throw badRequest('there is no text in the message to edit')
    if (lengthOf(content.text) > MAX_TEXT_LENGTH) throw badRequest('MESSAGE_TOO_LONG')
    return replaceMembers(call, message, TEXT, { ...content, ...(inline && { reply_markup: inline }) })
  },
)

const hasMedia = (message: Message) => MEDIA_KINDS.some((kind) => message[kind] !== undefined)

const editMessageCaption = method(z.object({ ...captioned, reply_markup: replyMarkup, ...target }), (call, params) => {
  const content = captionContent(call, params)
  const { inline } = toMarkup(params.reply_markup)
  const message = getEditable(call, params)
  if (!hasMedia(message)) throw badRequest('there is no caption in the message to edit')
  return replaceMembers(call, message, CAPTION, { ...content, ...(inline && { reply_markup: inline }) })
})

const editMessageMedia = method(
  z.object({ media: json("can't parse input media JSON object"), reply_markup: replyMarkup, ...target }),
  async (call, params) => {
    const { kind, input, details, caption } = await readInputMedia(call, parseInputMedia(params.media))
    const { inline } = toMarkup(params.reply_markup)
    const message = getEditable(call, params)
    const names = [...MEDIA_KINDS, ...CAPTION, ...TEXT]
    const media = await takeMedia(call, kind, input, details)
    return replaceMembers(call, message, names, { ...media, ...caption, ...(inline && { reply_markup: inline }) })
  },
)

const editMessageReplyMarkup = method(z.object({ reply_markup: replyMarkup, ...target }), (call, params) => {
  const { inline } = toMarkup(params.reply_markup)
  return replaceMembers(call, getEditable(call, params), [], { reply_markup: inline })
})

export const editMethods = { editMessageText, editMessageCaption, editMessageMedia, editMessageReplyMarkup }
