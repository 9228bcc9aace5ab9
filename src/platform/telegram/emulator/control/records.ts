import { AppError } from '../../../errors.ts'
import type { User } from '../state.ts'
import { deliver, type World } from '../world.ts'
import { ControlErrors } from './errors.ts'
import { getBot, isPresent, newCallbackId, putCallback, putInlineQuery } from './shared.ts'

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** What is known of a bot's chats and updates, and beginning anew. */
export const recordControl = (world: World) => ({
  /** The people in the chats of a bot. */
  listUsers(botId: number): User[] {
    const ids = new Set<number>()
    for (const { botId: owner, chat, members } of world.store.dialogs()) {
      if (owner !== botId && !(owner === null && isPresent(members[botId]))) continue
      if (chat.type === 'private') ids.add(chat.id)
      for (const id of Object.keys(members)) ids.add(Number(id))
    }
    return [...ids].flatMap((id) => {
      const user = world.store.user(id)
      return user === undefined ? [] : [structuredClone(user)]
    })
  },

  /** What the bot got lately, oldest first. */
  listUpdates: (botId: number): Record<string, unknown>[] =>
    getBot(world, botId).recent.map(({ id, json }) => ({ update_id: id, ...JSON.parse(json) })),

  /** An update that the bot got lately, without its number. */
  findUpdate(botId: number, updateId: number): Record<string, unknown> | undefined {
    const found = getBot(world, botId).recent.find(({ id }) => id === updateId)
    return found === undefined ? undefined : JSON.parse(found.json)
  },

  /**
   * Hands an update to the bot as if it came again now: with a new number, and queries in it can be answered once more.
   *
   * @throws {AppError} SIMULATOR_UPDATE_INVALID
   */
  replay(botId: number, update: Readonly<Record<string, unknown>>): { update_id: number | null } {
    const bot = getBot(world, botId)
    const [only, ...others] = Object.entries(update).filter(([member]) => member !== 'update_id')
    if (!only || others.length > 0) throw new AppError(ControlErrors.SIMULATOR_UPDATE_INVALID)
    const [type, body] = only
    if (!isRecord(body) || (type !== 'callback_query' && type !== 'inline_query'))
      return { update_id: deliver(world, bot, type, body, `injected:${type}`) }
    const fromId = isRecord(body.from) && Number.isSafeInteger(body.from.id) ? Number(body.from.id) : 1
    const id = newCallbackId(world, { id: fromId })
    if (type === 'inline_query') putInlineQuery(world, botId, id, '')
    else putCallback(world, botId, id)
    return { update_id: deliver(world, bot, type, { ...body, id }, `injected:${type}`) }
  },

  /** Forgets the bot's chats and what it has not taken; numbers go on, and chats that other bots are in stay. */
  resetChats(botId: number): void {
    const { store } = world
    const bot = getBot(world, botId)
    bot.pending = []
    bot.recent = []
    const others = store.bots().filter(({ id }) => id !== botId)
    for (const dialog of store.dialogs()) {
      const isShared = dialog.botId === null && others.some(({ id }) => isPresent(dialog.members[id]))
      const isIts = dialog.botId === botId || (dialog.botId === null && isPresent(dialog.members[botId]))
      if (isIts && !isShared) store.deleteDialog(dialog)
    }
    store.changed()
  },
})
