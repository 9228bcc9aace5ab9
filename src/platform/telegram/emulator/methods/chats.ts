import { z } from 'zod'
import { findUser, getDialog, getWritableDialog, memberStatus } from '../dialogs.ts'
import { badRequest } from '../failure.ts'
import { method } from '../method.ts'
import { chatId, text, userId } from '../params.ts'

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

const getChat = method(z.object({ chat_id: chatId }), (call, { chat_id }) => {
  const { chat } = getDialog(call, call.bot, chat_id)
  return {
    ...chat,
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
  return { user, status: memberStatus(dialog, user_id) }
})

const getChatMemberCount = method(z.object({ chat_id: chatId }), (call, { chat_id }) => {
  const { members } = getDialog(call, call.bot, chat_id)
  return Object.values(members).filter((status) => status !== 'left' && status !== 'kicked').length
})

export const chatMethods = { sendChatAction, getChat, getChatMember, getChatMemberCount }
