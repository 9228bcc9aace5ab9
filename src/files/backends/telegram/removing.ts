import { TelegramFileError } from '../../../platform/telegram/files.ts'
import type { Calls } from './calls.ts'
import type { TelegramContext } from './context.ts'
import { isPassing, isShut } from './faults.ts'
import { canSee, type TelegramBot } from './lane.ts'
import type { Standing } from './standing.ts'

/** Telegram lets messages be deleted for 48 hours, or for ever: not every server and channel is the same. */
const YOUNG_SECONDS = 47 * 3600

/** Deletes messages that are due. A call deletes all of its messages or none, so old and young ones never go together. */
export const remover = (context: TelegramContext, calls: Calls, standing: Standing) => {
  const { client, lanes, rows, clock, secondMs, log } = context

  /** @returns Whether they are gone; undefined if that must wait. @throws only bugs */
  const tryDelete = async (bot: TelegramBot, chatId: number, ids: readonly number[], signal?: AbortSignal) => {
    try {
      await calls.read(bot, { signal, background: true }, () =>
        client.deleteMessages({ token: bot.token, chatId, messageIds: ids, signal }),
      )
      return true
    } catch (error) {
      if (!(error instanceof TelegramFileError) || isPassing(error) || error.reason === 'flood') {
        signal?.throwIfAborted()
        log.debug({ err: error, chat: chatId }, 'messages could not be deleted yet')
        return undefined
      }
      if (isShut(error)) {
        await standing.check(bot, [chatId])
        return undefined
      }
      return false
    }
  }

  const give = async (
    bot: TelegramBot,
    chatId: number,
    ids: readonly number[],
    isOld: boolean,
    signal?: AbortSignal,
  ) => {
    const isGone = await tryDelete(bot, chatId, ids, signal)
    if (isGone === undefined) return false
    if (isGone) await rows.forgetMessages(chatId, ids)
    // What is too old is so for all of them; of the others one spoils it for all.
    else if (isOld || ids.length === 1) await rows.insertMessages(chatId, ids, 'abandoned', clock.now().getTime())
    else for (const id of ids) if (!(await give(bot, chatId, [id], false, signal))) return false
    return true
  }

  return async (chatId: number, signal?: AbortSignal): Promise<void> => {
    const bot = lanes.all.find((lane) => lane.chatId === chatId && canSee(lane))?.bot
    if (bot === undefined) return
    const border = clock.now().getTime() - YOUNG_SECONDS * secondMs
    for (const isOld of [false, true]) {
      for (;;) {
        signal?.throwIfAborted()
        const ids = await rows.due(chatId, border, isOld)
        if (ids.length === 0) break
        if (!(await give(bot, chatId, ids, isOld, signal))) return
      }
    }
  }
}
