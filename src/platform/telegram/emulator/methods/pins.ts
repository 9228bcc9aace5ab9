import { z } from 'zod'
import { getWritableDialog, hasRight } from '../dialogs.ts'
import { badRequest } from '../failure.ts'
import { method } from '../method.ts'
import { chatId, flag, integer } from '../params.ts'
import type { Dialog, Message } from '../state.ts'
import type { Call, World } from '../world.ts'
import { post } from './sending.ts'

/** The newest of the pinned messages, which is what a chat shows. */
export const pinnedMessage = ({ store }: World, dialog: Dialog): Message | undefined =>
  store.message(dialog, Math.max(0, ...dialog.pinned))?.message

/** @throws {ApiFailure} 400 where the bot may not pin. */
const getPinDialog = (call: Call, chat: string): Dialog => {
  const dialog = getWritableDialog(call, call.bot, chat)
  const { type } = dialog.chat
  const right = type === 'channel' ? 'can_edit_messages' : 'can_pin_messages'
  if ((type === 'supergroup' || type === 'channel') && !hasRight(dialog, call.bot.id, right)) {
    throw badRequest('not enough rights to manage pinned messages in the chat')
  }
  return dialog
}

const pinChatMessage = method(
  z.object({ chat_id: chatId, message_id: integer, disable_notification: flag }),
  (call, { chat_id, message_id }) => {
    const dialog = getPinDialog(call, chat_id)
    const message = call.store.message(dialog, message_id)?.message
    if (!message) throw badRequest('message to pin not found')
    if (dialog.pinned.includes(message_id)) return true
    dialog.pinned.push(message_id)
    // The chat shows that something was pinned, and that takes a number too.
    const { reply_to_message: _, pinned_message: __, ...shown } = message
    post(call, { dialog, content: { pinned_message: shown } })
    return true
  },
)

const unpinChatMessage = method(z.object({ chat_id: chatId, message_id: integer }), (call, { chat_id, message_id }) => {
  const dialog = getPinDialog(call, chat_id)
  const target = message_id === 0 ? Math.max(0, ...dialog.pinned) : message_id
  if (!call.store.message(dialog, target)) throw badRequest('message to unpin not found')
  dialog.pinned = dialog.pinned.filter((id) => id !== target)
  call.store.changed()
  return true
})

const unpinAllChatMessages = method(z.object({ chat_id: chatId }), (call, { chat_id }) => {
  getPinDialog(call, chat_id).pinned = []
  call.store.changed()
  return true
})

export const pinMethods = { pinChatMessage, unpinChatMessage, unpinAllChatMessages }
