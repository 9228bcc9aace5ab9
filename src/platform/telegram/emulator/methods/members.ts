import { z } from 'zod'
import { isPresent, tellStanding } from '../control/shared.ts'
import { type AdministratorRight, botUser, findUser, getDialog, hasRight, memberStatus } from '../dialogs.ts'
import { badRequest, forbidden } from '../failure.ts'
import { method } from '../method.ts'
import { chatId, flag, shaped, text, userId } from '../params.ts'
import type { Dialog, MemberStatus, User } from '../state.ts'
import { type Call, deliver } from '../world.ts'

const PRIVATE = "chat member status can't be changed in private chats"

/** @throws {ApiFailure} 400 where the bot may not do that, 403 where it is not. */
const getManaged = (call: Call, chat: string, right: AdministratorRight, refusal: string): Dialog => {
  const dialog = getDialog(call, call.bot, chat)
  if (dialog.chat.type === 'private') throw badRequest(PRIVATE)
  const noun = dialog.chat.type
  if (!isPresent(memberStatus(dialog, call.bot.id))) throw forbidden(`bot is not a member of the ${noun} chat`)
  if (!hasRight(dialog, call.bot.id, right)) throw badRequest(refusal)
  return dialog
}

const getUser = (call: Call, id: number): User => {
  const user = findUser(call, id)
  if (!user) throw badRequest('PARTICIPANT_ID_INVALID')
  return user
}

/** Changes what somebody is, and tells the other administrators among the bots, as Telegram does. */
const change = (call: Call, dialog: Dialog, member: User, after: MemberStatus): void => {
  const before = memberStatus(dialog, member.id)
  if (before === after) return
  dialog.members[member.id] = after
  call.store.changed()
  const body = {
    chat: dialog.chat,
    from: botUser(call.bot),
    date: call.time.unixSeconds(),
    old_chat_member: { user: member, status: before },
    new_chat_member: { user: member, status: after },
  }
  for (const bot of call.store.bots())
    if (dialog.members[bot.id] === 'administrator') deliver(call, bot, 'chat_member', body, `chat:${dialog.chat.id}`)
}

const RESTRICT = 'not enough rights to restrict/unrestrict chat member'

const getRestrictable = (call: Call, chat: string, id: number) => {
  const dialog = getManaged(call, chat, 'can_restrict_members', RESTRICT)
  const member = getUser(call, id)
  const status = memberStatus(dialog, id)
  if (status === 'creator') throw badRequest("can't remove chat owner")
  if (status === 'administrator') throw badRequest('user is an administrator of the chat')
  return { dialog, member, status }
}

const leaveChat = method(z.object({ chat_id: chatId }), (call, { chat_id }) => {
  const dialog = getDialog(call, call.bot, chat_id)
  if (dialog.chat.type === 'private') throw badRequest(PRIVATE)
  const before = memberStatus(dialog, call.bot.id)
  if (!isPresent(before)) throw forbidden(`bot is not a member of the ${dialog.chat.type} chat`)
  dialog.members[call.bot.id] = 'left'
  call.store.changed()
  tellStanding(call, { bot: call.bot, dialog, from: botUser(call.bot), before, after: 'left' })
  return true
})

const banChatMember = method(z.object({ chat_id: chatId, user_id: userId }), (call, { chat_id, user_id }) => {
  const { dialog, member } = getRestrictable(call, chat_id, user_id)
  change(call, dialog, member, 'kicked')
  return true
})

const unbanChatMember = method(
  z.object({ chat_id: chatId, user_id: userId, only_if_banned: flag }),
  (call, { chat_id, user_id, only_if_banned }) => {
    const { dialog, member, status } = getRestrictable(call, chat_id, user_id)
    // Somebody who is there leaves by it, unless the bot asks for the banned only.
    if (status === 'kicked' || !only_if_banned) change(call, dialog, member, 'left')
    return true
  },
)

const Permissions = z.record(z.string(), z.unknown())

const restrictChatMember = method(
  z.object({
    chat_id: chatId,
    user_id: userId,
    permissions: shaped(Permissions, "can't parse permissions JSON object"),
  }),
  (call, { chat_id, user_id, permissions }) => {
    const { dialog, member, status } = getRestrictable(call, chat_id, user_id)
    if (dialog.chat.type !== 'supergroup') throw badRequest('method is available only for supergroups')
    if (!isPresent(status)) throw badRequest('USER_NOT_PARTICIPANT')
    const allowsAll = permissions !== undefined && permissions.can_send_messages === true
    change(call, dialog, member, allowsAll ? 'member' : 'restricted')
    return true
  },
)

const RIGHTS: readonly AdministratorRight[] = [
  'can_post_messages',
  'can_edit_messages',
  'can_delete_messages',
  'can_pin_messages',
  'can_restrict_members',
  'can_promote_members',
  'can_change_info',
  'can_invite_users',
]
const promotion = Object.fromEntries(RIGHTS.map((right) => [right, flag]))

const promoteChatMember = method(
  z.looseObject({ chat_id: chatId, user_id: userId, can_manage_chat: flag, ...promotion }),
  (call, params) => {
    const dialog = getManaged(call, params.chat_id, 'can_promote_members', 'not enough rights')
    const member = getUser(call, params.user_id)
    if (memberStatus(dialog, member.id) === 'creator') throw badRequest("can't remove chat owner")
    const given = RIGHTS.filter((right) => params[right] === true)
    dialog.withheldRights[member.id] = RIGHTS.filter((right) => params[right] !== true)
    change(call, dialog, member, given.length > 0 || params.can_manage_chat ? 'administrator' : 'member')
    return true
  },
)

const CHANGE_INFO = 'not enough rights to change chat title'

const setChatTitle = method(z.object({ chat_id: chatId, title: text }), (call, { chat_id, title }) => {
  const dialog = getManaged(call, chat_id, 'can_change_info', CHANGE_INFO)
  if (title.trim() === '') throw badRequest('title must be non-empty')
  dialog.chat = { ...dialog.chat, title: title.slice(0, 128) }
  call.store.changed()
  return true
})

const setChatDescription = method(
  z.object({ chat_id: chatId, description: text }),
  (call, { chat_id, description }) => {
    const dialog = getManaged(call, chat_id, 'can_change_info', 'not enough rights to set chat description')
    const { description: before = '', ...chat } = dialog.chat
    if (before === description) throw badRequest('chat description is not modified')
    dialog.chat = { ...chat, ...(description !== '' && { description: description.slice(0, 255) }) }
    call.store.changed()
    return true
  },
)

const INVITE = 'not enough rights to manage chat invite link'
const inviteLink = (call: Call) => `https://t.me/+sim${call.store.next('nextFileId').toString(36).padStart(13, '0')}`

const exportChatInviteLink = method(z.object({ chat_id: chatId }), (call, { chat_id }) => {
  getManaged(call, chat_id, 'can_invite_users', INVITE)
  return inviteLink(call)
})

const createChatInviteLink = method(
  z.object({ chat_id: chatId, name: text, creates_join_request: flag }),
  (call, { chat_id, name, creates_join_request }) => {
    getManaged(call, chat_id, 'can_invite_users', INVITE)
    return {
      invite_link: inviteLink(call),
      ...(name !== '' && { name }),
      creator: botUser(call.bot),
      creates_join_request,
      is_primary: false,
      is_revoked: false,
    }
  },
)

export const memberMethods = {
  leaveChat,
  banChatMember,
  unbanChatMember,
  restrictChatMember,
  promoteChatMember,
  setChatTitle,
  setChatDescription,
  exportChatInviteLink,
  createChatInviteLink,
}
