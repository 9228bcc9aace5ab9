import { z } from 'zod'
import { getDialog, getWritableDialog, hasRight } from '../dialogs.ts'
import { badRequest } from '../failure.ts'
import { toMarkup } from '../markup.ts'
import { method } from '../method.ts'
import { chatId, flag, integer, text } from '../params.ts'
import type { Dialog, StoredMessage } from '../state.ts'
import type { Call } from '../world.ts'
import {
  entityList,
  lengthOf,
  linkPreview,
  MAX_TEXT_LENGTH,
  messageIds,
  post,
  sending,
  textContent,
  toMessageIds,
} from './sending.ts'

/** Telegram lets nobody delete for both sides what is older. @see https://core.telegram.org/bots/api#deletemessage */
const DELETABLE_SECONDS = 48 * 3600

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
    // What is wrong with the keyboard is said before what is wrong with the chat.
    toMarkup(params.reply_markup)
    const dialog = getWritableDialog(call, call.bot, params.chat_id)
    if (lengthOf(content.text) > MAX_TEXT_LENGTH) throw badRequest('message is too long')
    return post(call, { dialog, content, params })
  },
)

/** In a private chat a bot may delete what either side wrote, elsewhere what it wrote itself or may as an administrator. */
const mayDelete = ({ bot, time, rules }: Call, dialog: Dialog, { message, authorId }: StoredMessage): boolean => {
  const mayDeleteOthers = hasRight(dialog, bot.id, 'can_delete_messages')
  const isOld = time.nowMs() - message.date * 1000 > time.toMs(DELETABLE_SECONDS)
  if (isOld && !(rules.deletesOldPosts && mayDeleteOthers)) return false
  if (dialog.chat.type === 'private' || mayDeleteOthers) return true
  if (dialog.chat.type === 'channel') return authorId === bot.id && hasRight(dialog, bot.id, 'can_post_messages')
  return message.from?.id === bot.id
}

const deleteMessage = method(z.object({ chat_id: chatId, message_id: integer }), (call, { chat_id, message_id }) => {
  const dialog = getDialog(call, call.bot, chat_id)
  if (message_id === 0) throw badRequest('message identifier is not specified')
  const stored = call.store.message(dialog, message_id)
  if (!stored) throw badRequest('message to delete not found')
  if (!mayDelete(call, dialog, stored)) throw badRequest("message can't be deleted")
  call.store.deleteMessage(dialog, message_id)
  return true
})

const deleteMessages = method(
  z.object({ chat_id: chatId, message_ids: messageIds }),
  (call, { chat_id, message_ids }) => {
    const dialog = getDialog(call, call.bot, chat_id)
    const found = toMessageIds(message_ids).flatMap((id) => call.store.message(dialog, id) ?? [])
    if (!found.every((stored) => mayDelete(call, dialog, stored))) throw badRequest("message can't be deleted")
    for (const { message } of found) call.store.deleteMessage(dialog, message.message_id)
    return true
  },
)

export const messageMethods = { sendMessage, deleteMessage, deleteMessages }
