import { botUser } from '../dialogs.ts'
import type { Chat, MemberStatus, Message } from '../state.ts'
import type { World } from '../world.ts'
import { getChatOf, isPresent, tellStanding } from './shared.ts'

export const chatControl = (world: World) => ({
  /** The chat as the person sees it now, oldest message first; a reply keyboard stands where an inline one would. */
  transcript: (botId: number, chatId: number): Message[] =>
    getChatOf(world, botId, chatId).messages.map(({ message, keyboard }) =>
      structuredClone(keyboard ? { ...message, reply_markup: keyboard } : message),
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

  /** Turns a group into a supergroup. @returns The id by which it is reached from now on. */
  upgradeGroup(botId: number, chatId: number): number {
    const { store } = world
    const group = getChatOf(world, botId, chatId)
    const id = -1_000_000_000_000 - store.next('nextChatId')
    const chat: Chat = { ...group.chat, id, type: 'supergroup' }
    store.putDialog({ ...group, chat, members: { ...group.members }, nextMessageId: 1, messages: [] })
    group.migratedTo = id
    store.changed()
    return id
  },
})
