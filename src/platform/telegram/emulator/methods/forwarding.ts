import { z } from 'zod'
import { type Content, getDialog, getWritableDialog } from '../dialogs.ts'
import { badRequest } from '../failure.ts'
import { toMarkup } from '../markup.ts'
import { method } from '../method.ts'
import { chatId, flag, integer, text } from '../params.ts'
import type { Message } from '../state.ts'
import type { Call } from '../world.ts'
import { captionContent, entityList, messageIds, post, sending, toMessageIds } from './sending.ts'

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

/**
 * Many at once: those that are not there are passed over.
 *
 * @throws {ApiFailure} 400 when the ids are not in order, and when nothing is left.
 */
const getSources = (call: Call, fromChatId: string, given: unknown, verb: 'forward' | 'copy'): Message[] => {
  const ids = toMessageIds(given)
  if (ids.some((id, index) => id <= (ids[index - 1] ?? 0))) {
    throw badRequest('message identifiers must be in a strictly increasing order')
  }
  const dialog = getDialog(call, call.bot, fromChatId)
  const sources = ids
    .flatMap((id) => call.store.message(dialog, id)?.message ?? [])
    .filter(({ has_protected_content }) => has_protected_content !== true)
  if (sources.length === 0) throw badRequest(`there are no messages to ${verb}`)
  return sources
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
    return post(call, { dialog, origin: forwardOrigin(source), content: contentOf(source) })
  },
)

const forwardMessages = method(
  z.object({ chat_id: chatId, from_chat_id: chatId, message_ids: messageIds }),
  (call, params) => {
    const dialog = getWritableDialog(call, call.bot, params.chat_id)
    const sources = getSources(call, params.from_chat_id, params.message_ids, 'forward')
    call.flood.charge(call.bot, dialog, sources.length)
    return sources.map((source) => {
      const forwarded = { dialog, origin: forwardOrigin(source), content: contentOf(source), isCharged: true }
      return { message_id: post(call, forwarded).message_id }
    })
  },
)

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
    toMarkup(params.reply_markup)
    const dialog = getWritableDialog(call, call.bot, params.chat_id)
    const source = getSource(call, params.from_chat_id, params.message_id, 'copy')
    const content = contentOf(source)
    if (typeof params.caption === 'string' && content.text === undefined) {
      const { caption: _, caption_entities: __, ...bare } = content
      const given = captionContent(call, { ...params, caption: params.caption })
      const { message_id } = post(call, { dialog, content: { ...bare, ...given }, params })
      return { message_id }
    }
    const { message_id } = post(call, { dialog, content, params })
    return { message_id }
  },
)

const copyMessages = method(
  z.object({ chat_id: chatId, from_chat_id: chatId, message_ids: messageIds, remove_caption: flag }),
  (call, params) => {
    const dialog = getWritableDialog(call, call.bot, params.chat_id)
    const sources = getSources(call, params.from_chat_id, params.message_ids, 'copy')
    call.flood.charge(call.bot, dialog, sources.length)
    return sources.map((source) => {
      const { caption, caption_entities, ...bare } = contentOf(source)
      const content = params.remove_caption ? bare : contentOf(source)
      return { message_id: post(call, { dialog, content, isCharged: true }).message_id }
    })
  },
)

export const forwardingMethods = { forwardMessage, forwardMessages, copyMessage, copyMessages }
