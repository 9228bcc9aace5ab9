import { badRequest, forbidden } from './failure.ts'
import type { Bot, Chat, Dialog, MemberStatus, Message, StoredMessage, User } from './state.ts'
import type { World } from './world.ts'

export const botUser = ({ id, firstName, username }: Bot): User => ({
  id,
  is_bot: true,
  first_name: firstName,
  username,
})

/** Finds a user among people and bots. */
export const findUser = ({ store }: World, id: number): User | undefined => {
  const bot = store.bot(id)
  return bot ? botUser(bot) : store.user(id)
}

/**
 * The chat that a bot names, whether it may write there or not.
 *
 * @throws {ApiFailure} 400 `chat_id is empty`, `chat not found`, or that the group became a supergroup.
 */
export const getDialog = (world: World, bot: Bot, chatId: string): Dialog => {
  if (chatId === '') throw badRequest('chat_id is empty')
  const dialog = chatId.startsWith('@')
    ? world.store.sharedDialogByUsername(chatId.slice(1))
    : world.store.dialog(bot.id, Number(chatId))
  if (!dialog) {
    if (world.store.bot(Number(chatId))) throw forbidden("bots can't send messages to bots")
    throw badRequest('chat not found')
  }
  if (dialog.migratedTo !== null) {
    const parameters = { migrate_to_chat_id: dialog.migratedTo }
    throw badRequest('group chat was upgraded to a supergroup chat', parameters)
  }
  return dialog
}

const NOUNS = { private: 'private', group: 'group', supergroup: 'supergroup', channel: 'channel' }

export const memberStatus = ({ members }: Dialog, userId: number): MemberStatus => members[userId] ?? 'left'

/** @throws {ApiFailure} as {@link getDialog}, and 403 where the bot may not write. */
export const getWritableDialog = (world: World, bot: Bot, chatId: string): Dialog => {
  const dialog = getDialog(world, bot, chatId)
  if (dialog.blocked) throw forbidden('bot was blocked by the user')
  const status = memberStatus(dialog, bot.id)
  const noun = NOUNS[dialog.chat.type]
  if (status === 'kicked') throw forbidden(`bot was kicked from the ${noun} chat`)
  if (status === 'left') throw forbidden(`bot is not a member of the ${noun} chat`)
  if (dialog.chat.type === 'channel' && !hasRight(dialog, bot.id, 'can_post_messages')) {
    throw badRequest('need administrator rights in the channel chat')
  }
  if (dialog.closedFor !== undefined) throw badRequest(dialog.closedFor)
  return dialog
}

/** @see https://core.telegram.org/bots/api#chatmemberadministrator */
export type AdministratorRight =
  | 'can_post_messages'
  | 'can_edit_messages'
  | 'can_delete_messages'
  | 'can_pin_messages'
  | 'can_restrict_members'
  | 'can_promote_members'
  | 'can_change_info'
  | 'can_invite_users'

/** What an administrator may do that others may not; everything, unless it was withheld. */
export const hasRight = (dialog: Dialog, userId: number, right: AdministratorRight): boolean => {
  const status = memberStatus(dialog, userId)
  if (status === 'creator') return true
  return status === 'administrator' && !dialog.withheldRights[userId]?.includes(right)
}

/** Private chats and basic groups of a bot share one series of message ids; the others each have their own. */
const nextMessageId = (bot: Bot, dialog: Dialog): number => {
  if (dialog.chat.type === 'private' || dialog.chat.type === 'group') {
    const id = Math.max(bot.nextMessageId, dialog.nextMessageId)
    bot.nextMessageId = id + 1
    dialog.nextMessageId = id + 1
    return id
  }
  dialog.nextMessageId += 1
  return dialog.nextMessageId - 1
}

/** What a message holds besides who sent it, where and when. */
export type Content = Record<string, unknown>

export interface NewMessage {
  /** The bot in whose view of the chat the message gets its number. */
  bot: Bot
  dialog: Dialog
  from: User
  /** Members before the content, such as where it was forwarded from. */
  origin?: Record<string, unknown>
  replyTo?: Message | undefined
  content: Content
  keyboard?: Record<string, unknown> | undefined
}

/** Writes a message into a chat, and into nobody's queue. Its members stand in the order in which Telegram sends them. */
export const addMessage = (world: World, { bot, dialog, from, origin, replyTo, content, keyboard }: NewMessage) => {
  const { chat } = dialog
  const message: Message = {
    message_id: nextMessageId(bot, dialog),
    ...(chat.type === 'channel' ? { sender_chat: chat } : { from }),
    chat,
    date: world.time.unixSeconds(),
    ...origin,
    ...(replyTo && { reply_to_message: withoutReply(replyTo) }),
    ...content,
  }
  const stored: StoredMessage = {
    message,
    ...(chat.type === 'channel' && from.is_bot && { authorId: from.id }),
    ...(keyboard && { keyboard }),
  }
  world.store.addMessage(dialog, stored)
  return message
}

/** A reply shows the message it answers, and not what that one answered. */
const withoutReply = ({ reply_to_message: _, ...message }: Message): Message => message

/** @returns A chat as messages show it. */
export const privateChat = ({ id, first_name, last_name, username }: User): Chat => ({
  id,
  first_name,
  ...(last_name !== undefined && { last_name }),
  ...(username !== undefined && { username }),
  type: 'private',
})
