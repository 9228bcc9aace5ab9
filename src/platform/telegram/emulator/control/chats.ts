import { type AdministratorRight, botUser } from '../dialogs.ts'
import { localizeFileIds } from '../file-ids.ts'
import type { Chat, MemberStatus, Message } from '../state.ts'
import type { World } from '../world.ts'
import { getChatOf, isPresent, tellStanding } from './shared.ts'

export const chatControl = (world: World) => ({
  /** The chat as the person sees it now, oldest message first; a reply keyboard stands where an inline one would. */
  transcript: (botId: number, chatId: number): Message[] =>
    getChatOf(world, botId, chatId).messages.map(({ message, keyboard, reactions }) =>
      localizeFileIds(
        botId,
        structuredClone({ ...message, ...(keyboard && { reply_markup: keyboard }), ...(reactions && { reactions }) }),
      ),
    ),

  /** The chats that a bot is in. */
  listChats: (botId: number): Chat[] =>
    world.store
      .dialogs()
      .filter((dialog) => dialog.botId === botId || (dialog.botId === null && isPresent(dialog.members[botId])))
      .map(({ chat }) => structuredClone(chat)),

  /** Changes what a bot or a person is in a chat; a bot is told when it is about itself. */
  setMember(botId: number, chatId: number, memberId: number, status: MemberStatus): void {
    const dialog = getChatOf(world, botId, chatId)
    const before = dialog.members[memberId] ?? 'left'
    dialog.members[memberId] = status
    world.store.changed()
    const bot = world.store.bot(memberId)
    if (bot && before !== status) tellStanding(world, { bot, dialog, from: botUser(bot), before, after: status })
  },

  /** What an administrator may not do from now on; everything else is allowed. */
  withholdRights(botId: number, chatId: number, memberId: number, rights: readonly AdministratorRight[]): void {
    getChatOf(world, botId, chatId).withheldRights[memberId] = [...rights]
    world.store.changed()
  },

  /**
   * Nobody can post in the chat any more, as if it was full.
   *
   * @param reason The refusal without its prefix; null opens the chat again.
   */
  closeChat(botId: number, chatId: number, reason: string | null = 'CHAT_WRITE_FORBIDDEN'): void {
    const dialog = getChatOf(world, botId, chatId)
    if (reason === null) delete dialog.closedFor
    else dialog.closedFor = reason
    world.store.changed()
  },

  /** The chat and all of its messages are gone, for every bot. */
  deleteChat: (botId: number, chatId: number): void => world.store.deleteDialog(getChatOf(world, botId, chatId)),

  /** A message is gone, and nobody is told. */
  loseMessage: (botId: number, chatId: number, messageId: number): void =>
    world.store.deleteMessage(getChatOf(world, botId, chatId), messageId),

  /** Turns a group into a supergroup. @returns The id by which it is reached from now on. */
  upgradeGroup(botId: number, chatId: number): number {
    const { store } = world
    const group = getChatOf(world, botId, chatId)
    const id = -1_000_000_000_000 - store.next('nextChatId')
    const chat: Chat = { ...group.chat, id, type: 'supergroup' }
    store.putDialog({ ...group, chat, members: { ...group.members }, nextMessageId: 1, messages: [], pinned: [] })
    group.migratedTo = id
    store.changed()
    return id
  },
})
