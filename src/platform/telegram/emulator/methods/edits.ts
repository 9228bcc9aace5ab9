import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { getDialog } from '../dialogs.ts'
import { badRequest } from '../failure.ts'
import { toMarkup } from '../markup.ts'
import { method } from '../method.ts'
import { chatId, flag, integer, text } from '../params.ts'
import type { Message } from '../state.ts'
import type { Call } from '../world.ts'
import { entityList, lengthOf, linkPreview, MAX_TEXT_LENGTH, replyMarkup, textContent } from './messages.ts'

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
  const isOwn = stored.message.from ? stored.message.from.id === call.bot.id : dialog.chat.type === 'channel'
  if (!isOwn || stored.message.forward_origin !== undefined) throw badRequest("message can't be edited")
  return stored.message
}

/** What `editMessageText` replaces, and what "not modified" compares. */
const CONTENT = ['text', 'entities', 'link_preview_options', 'reply_markup'] as const

const replaceMembers = (call: Call, message: Message, members: Record<string, unknown>): Message => {
  const current = Object.fromEntries(CONTENT.map((member) => [member, message[member]]))
  const next = { ...Object.fromEntries(CONTENT.map((member) => [member, undefined])), ...members }
  if (isDeepStrictEqual(current, next)) throw badRequest(NOT_MODIFIED)
  Object.assign(message, next, { edit_date: call.time.unixSeconds() })
  for (const member of CONTENT) if (message[member] === undefined) delete message[member]
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
    return replaceMembers(call, message, { ...content, ...(inline && { reply_markup: inline }) })
  },
)

const editMessageReplyMarkup = method(z.object({ reply_markup: replyMarkup, ...target }), (call, params) => {
  const { inline } = toMarkup(params.reply_markup)
  const message = getEditable(call, params)
  const { text, entities, link_preview_options } = message
  return replaceMembers(call, message, { text, entities, link_preview_options, reply_markup: inline })
})

export const editMethods = { editMessageText, editMessageReplyMarkup }
