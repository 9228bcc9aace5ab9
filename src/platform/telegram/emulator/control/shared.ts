import { AppError } from '../../../errors.ts'
import { botUser, privateChat } from '../dialogs.ts'
import { type Bot, Chat, type Dialog, type MemberStatus, User } from '../state.ts'
import { lifetimeSeconds } from '../updates.ts'
import { deliver, type World } from '../world.ts'
import { ControlErrors } from './errors.ts'

/** A person, as far as one needs to say; what is not said of a known person stays as it was. */
export interface Person {
  id: number
  first_name: string
  last_name?: string | undefined
  username?: string | undefined
  language_code?: string | undefined
}

/** A chat other than the person's private one; it is made on first use. */
export interface ChatSpec {
  id: number
  type: Chat['type']
  title?: string | undefined
  username?: string | undefined
}

/** @throws {AppError} SIMULATOR_BOT_NOT_FOUND */
export const getBot = ({ store }: World, botId: number): Bot => {
  const bot = store.bot(botId)
  if (!bot) throw new AppError(ControlErrors.SIMULATOR_BOT_NOT_FOUND)
  return bot
}

/** @throws {AppError} SIMULATOR_CHAT_NOT_FOUND */
export const getChatOf = ({ store }: World, botId: number, chatId: number): Dialog => {
  const dialog = store.dialog(botId, chatId)
  if (!dialog) throw new AppError(ControlErrors.SIMULATOR_CHAT_NOT_FOUND)
  return dialog
}

export const isPresent = (status: MemberStatus | undefined) =>
  status !== undefined && status !== 'left' && status !== 'kicked'

export const putPerson = ({ store }: World, person: Person): User => {
  const said = Object.fromEntries(Object.entries(person).filter(([, value]) => value !== undefined))
  const user = User.parse({ ...store.user(person.id), ...said, is_bot: false })
  store.putUser(user)
  return user
}

/** The private chat of a person with a bot, or a shared chat with both in it; made when it is not there. */
export const openDialog = ({ store }: World, bot: Bot, user: User, spec: ChatSpec | undefined): Dialog => {
  const chat = !spec || spec.type === 'private' ? privateChat(user) : Chat.parse(spec)
  const dialog = store.dialog(bot.id, chat.id) ?? newDialog(bot, chat)
  const status = chat.type === 'channel' ? 'administrator' : 'member'
  dialog.chat = { ...dialog.chat, ...chat }
  dialog.members[user.id] ??= status
  dialog.members[bot.id] ??= status
  store.putDialog(dialog)
  return dialog
}

/** A chat with nobody in it yet. */
export const newDialog = (bot: Bot, chat: Chat): Dialog => ({
  botId: chat.type === 'private' ? bot.id : null,
  chat,
  members: {},
  blocked: false,
  migratedTo: null,
  nextMessageId: 1,
  messages: [],
  pinned: [],
  withheldRights: {},
})

interface StandingChange {
  bot: Bot
  dialog: Dialog
  from: User
  before: MemberStatus
  after: MemberStatus
}

/** Telegram tells a bot when its own standing in a chat changes. */
export const tellStanding = (world: World, { bot, dialog, from, before, after }: StandingChange): number | null => {
  const user = botUser(bot)
  const change = {
    chat: dialog.chat,
    from,
    date: world.time.unixSeconds(),
    old_chat_member: { user, status: before },
    new_chat_member: { user, status: after },
  }
  return deliver(world, bot, 'my_chat_member', change, `chat:${dialog.chat.id}`)
}

/** @throws {AppError} SIMULATOR_BOT_NOT_FOUND, SIMULATOR_CHAT_NOT_FOUND */
export const setBlocked = (world: World, botId: number, userId: number, blocked: boolean): void => {
  const bot = getBot(world, botId)
  const dialog = getChatOf(world, botId, userId)
  const from = world.store.user(userId)
  if (dialog.blocked === blocked || !from) return
  dialog.blocked = blocked
  world.store.changed()
  const [before, after] = blocked ? (['member', 'kicked'] as const) : (['kicked', 'member'] as const)
  tellStanding(world, { bot, dialog, from, before, after })
}

/** The bot may answer this query for as long as its update lives. */
export const putInlineQuery = ({ inlineQueries, time }: World, botId: number, id: string, query: string): void => {
  for (const [old, { expiresAtMs }] of inlineQueries) if (expiresAtMs < time.nowMs()) inlineQueries.delete(old)
  const expiresAtMs = time.nowMs() + time.toMs(lifetimeSeconds('inline_query'))
  inlineQueries.set(id, { botId, expiresAtMs, results: null, query })
}

/** Telegram's ids of callback queries are long numbers that begin with the person's id. */
export const newCallbackId = ({ store }: World, { id }: Pick<User, 'id'>): string =>
  ((BigInt(id) << 32n) + BigInt(store.next('nextCallbackId'))).toString()

/** The bot may answer this press for as long as its update lives. */
export const putCallback = ({ store, time }: World, botId: number, id: string): void => {
  const expiresAtMs = time.nowMs() + time.toMs(lifetimeSeconds('callback_query'))
  store.dropCallbackQueries(time.nowMs())
  store.putCallbackQuery({ id, botId, expiresAtMs, answer: null })
}
