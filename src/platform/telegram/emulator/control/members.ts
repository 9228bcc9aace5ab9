import { AppError } from '../../../errors.ts'
import { addMessage, botUser } from '../dialogs.ts'
import type { Bot, Dialog, MemberStatus, User } from '../state.ts'
import { deliver, type World } from '../world.ts'
import { ControlErrors } from './errors.ts'
import {
  type ChatSpec,
  getBot,
  isPresent,
  newDialog,
  type Person,
  putPerson,
  setBlocked,
  tellStanding,
} from './shared.ts'

export interface MemberChange {
  botId: number
  /** Made when it is not there, with the bot in it. */
  chat: ChatSpec
  /** Undefined: the bot itself. */
  user?: Person | undefined
  status: MemberStatus
  /** Who does it; whom it is about unless given. */
  by?: Person | undefined
}

/** How people come into chats, leave them, and become more or less there. */
export const memberControl = (world: World) => ({
  /**
   * Changes what somebody is in a chat, and tells bots as Telegram does: an administrator gets `chat_member`, the bot
   * itself `my_chat_member`, and everybody in a group sees who came and who went.
   *
   * @returns The last update for the bot in question; null when it gets none.
   * @throws {AppError} SIMULATOR_BOT_NOT_FOUND, SIMULATOR_CHAT_NOT_FOUND
   */
  changeMember({ botId, chat, user: person, status, by }: MemberChange): { update_id: number | null } {
    const bot = getBot(world, botId)
    const member = person === undefined ? botUser(bot) : putPerson(world, person)
    const from = by === undefined ? member : putPerson(world, by)
    if (chat.type === 'private') return blockedOrNot(world, bot, chat.id, status)
    const dialog = world.store.dialog(botId, chat.id) ?? made(world, bot, chat)
    const before = dialog.members[member.id] ?? 'left'
    if (before === status) return { update_id: null }
    dialog.members[member.id] = status
    world.store.putDialog(dialog)
    const told = member.is_bot
      ? tellStanding(world, { bot, dialog, from, before, after: status })
      : tellAdministrators(world, dialog, { bot, from, member, before, after: status })
    return { update_id: showChange(world, dialog, { bot, from, member, before, after: status }) ?? told }
  },
})

/** A private chat knows one change only: the person blocks the bot, or lets it write again. */
const blockedOrNot = (world: World, bot: Bot, userId: number, status: MemberStatus): { update_id: number | null } => {
  const before = bot.nextUpdateId
  setBlocked(world, bot.id, userId, status === 'kicked' || status === 'left')
  return { update_id: bot.nextUpdateId > before ? bot.nextUpdateId - 1 : null }
}

const made = ({ store }: World, bot: Bot, spec: ChatSpec): Dialog => {
  if (spec.id >= 0) throw new AppError(ControlErrors.SIMULATOR_CHAT_NOT_FOUND)
  const dialog = newDialog(bot, { ...spec, title: spec.title ?? '' })
  dialog.members[bot.id] = spec.type === 'channel' ? 'administrator' : 'member'
  store.putDialog(dialog)
  return dialog
}

interface Change {
  bot: Bot
  from: User
  member: User
  before: MemberStatus
  after: MemberStatus
}

/** @see https://core.telegram.org/bots/api#update The bot must be an administrator to get `chat_member`. */
const tellAdministrators = (world: World, dialog: Dialog, { bot, from, member, before, after }: Change) => {
  const change = {
    chat: dialog.chat,
    from,
    date: world.time.unixSeconds(),
    old_chat_member: { user: member, status: before },
    new_chat_member: { user: member, status: after },
  }
  const told = world.store
    .bots()
    .filter(({ id }) => dialog.members[id] === 'administrator')
    .map((other) => [other.id, deliver(world, other, 'chat_member', change, `chat:${dialog.chat.id}`)] as const)
  return told.find(([id]) => id === bot.id)?.[1] ?? null
}

/** Groups say who came and who went; channels do not. */
const showChange = (world: World, dialog: Dialog, { bot, from, member, before, after }: Change): number | null => {
  if (dialog.chat.type === 'channel' || isPresent(before) === isPresent(after)) return null
  const content = isPresent(after) ? { new_chat_members: [member] } : { left_chat_member: member }
  const message = addMessage(world, { bot, dialog, from, content })
  const told = world.store
    .bots()
    .filter(({ id }) => isPresent(dialog.members[id]))
    .map((other) => [other.id, deliver(world, other, 'message', message, `chat:${dialog.chat.id}`)] as const)
  return told.find(([id]) => id === bot.id)?.[1] ?? null
}
