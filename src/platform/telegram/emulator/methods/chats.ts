import { z } from 'zod'
import { type AdministratorRight, findUser, getDialog, getWritableDialog, hasRight, memberStatus } from '../dialogs.ts'
import { badRequest, forbidden } from '../failure.ts'
import { method } from '../method.ts'
import { chatId, text, userId } from '../params.ts'
import type { Dialog } from '../state.ts'
import type { Call } from '../world.ts'
import { pinnedMessage } from './pins.ts'

/** @see https://core.telegram.org/bots/api#sendchataction */
const ACTIONS = new Set([
  'typing',
  'upload_photo',
  'record_video',
  'upload_video',
  'record_voice',
  'upload_voice',
  'record_audio',
  'upload_audio',
  'upload_document',
  'choose_sticker',
  'find_location',
  'record_video_note',
  'upload_video_note',
  'cancel',
])

const sendChatAction = method(z.object({ chat_id: chatId, action: text }), (call, { chat_id, action }) => {
  if (!ACTIONS.has(action.toLowerCase())) throw badRequest('wrong parameter action in request')
  getWritableDialog(call, call.bot, chat_id)
  return true
})

/** @throws {ApiFailure} 403 for a chat from which the bot was removed; and for one that it left. */
const getReadableDialog = (call: Call, chat_id: string): Dialog => {
  const dialog = getDialog(call, call.bot, chat_id)
  const noun = dialog.chat.type
  if (memberStatus(dialog, call.bot.id) === 'kicked') throw forbidden(`bot was kicked from the ${noun} chat`)
  if (memberStatus(dialog, call.bot.id) === 'left') throw forbidden(`bot is not a member of the ${noun} chat`)
  return dialog
}

const getChat = method(z.object({ chat_id: chatId }), (call, { chat_id }) => {
  const dialog = getReadableDialog(call, chat_id)
  const { chat } = dialog
  const pinned = pinnedMessage(call, dialog)
  return {
    ...chat,
    ...(pinned && { pinned_message: pinned }),
    accent_color_id: Math.abs(chat.id) % 7,
    max_reaction_count: 11,
    accepted_gift_types: {
      unlimited_gifts: false,
      limited_gifts: false,
      unique_gifts: false,
      premium_subscription: false,
    },
  }
})

const getChatMember = method(z.object({ chat_id: chatId, user_id: userId }), (call, { chat_id, user_id }) => {
  const dialog = getDialog(call, call.bot, chat_id)
  const user = findUser(call, user_id)
  if (!user) throw badRequest('user not found')
  const status = memberStatus(dialog, user_id)
  const rights = status === 'administrator' ? rightsOf(dialog, user_id) : {}
  return { user, status, ...rights, ...(status === 'kicked' && { until_date: 0 }) }
})

const RIGHTS: readonly AdministratorRight[] = [
  'can_post_messages',
  'can_edit_messages',
  'can_delete_messages',
  'can_pin_messages',
]

const rightsOf = (dialog: Dialog, memberId: number) => ({
  can_be_edited: false,
  is_anonymous: false,
  can_manage_chat: true,
  ...Object.fromEntries(RIGHTS.map((right) => [right, hasRight(dialog, memberId, right)])),
})

const getChatAdministrators = method(z.object({ chat_id: chatId }), (call, { chat_id }) => {
  const dialog = getReadableDialog(call, chat_id)
  return Object.entries(dialog.members).flatMap(([id, status]) => {
    const user = findUser(call, Number(id))
    if (!user || (status !== 'administrator' && status !== 'creator')) return []
    return [{ user, status, ...(status === 'administrator' && rightsOf(dialog, user.id)) }]
  })
})

const getChatMemberCount = method(z.object({ chat_id: chatId }), (call, { chat_id }) => {
  const { members } = getDialog(call, call.bot, chat_id)
  return Object.values(members).filter((status) => status !== 'left' && status !== 'kicked').length
})

export const chatMethods = { sendChatAction, getChat, getChatAdministrators, getChatMember, getChatMemberCount }
