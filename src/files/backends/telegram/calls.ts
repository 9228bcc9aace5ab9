import type { PostedMessage } from '../../../platform/telegram/files.ts'
import { TelegramFileError } from '../../../platform/telegram/files.ts'
import { pause, type TelegramContext } from './context.ts'
import { backoffMs, isPassing, isShut, toBackendError, unavailable } from './faults.ts'
import { canSee, type Lane, type TelegramBot } from './lane.ts'
import type { Standing } from './standing.ts'
import type { TelegramObject } from './tables.ts'
import type { Turn } from './turnstile.ts'

export const MAX_TRIES = 8

export type Calls = ReturnType<typeof telegramCalls>

/** A message as some bot of ours sees it. */
export interface SeenMessage {
  readonly bot: TelegramBot
  readonly message: PostedMessage
}

/** Calls that wait as Telegram asks, and are tried again where that may help. */
export const telegramCalls = (context: TelegramContext, standing: Standing) => {
  const { client, lanes, rows, book, scratchChatId, clock, secondMs } = context

  /** Within the budget of reads of a bot. @throws {TelegramFileError} what stays wrong; as `Turnstile.enter` */
  const read = async <T>(bot: TelegramBot, turn: Turn, call: () => Promise<T>): Promise<T> => {
    for (let tries = 0; ; ) {
      await bot.reads.enter(turn)
      try {
        return await call()
      } catch (error) {
        if (!(error instanceof TelegramFileError)) throw error
        if (error.reason === 'token') lanes.revoke(bot, error.description)
        if (error.reason === 'flood')
          bot.reads.pause((error.retryAfterSeconds ?? 30) * (1 + Math.random() * 0.1) * secondMs)
        else if (!isPassing(error) || ++tries >= MAX_TRIES) throw error
        else await pause(backoffMs(tries, secondMs), turn.signal)
      }
    }
  }

  const seesChat = (bot: TelegramBot, chatId: number): boolean =>
    lanes.all.some((lane) => lane.bot === bot && lane.chatId === chatId && canSee(lane))

  /** What became of a forward that failed: whether there is no such message. Otherwise it may be tried again. */
  const isNoMessage = async (lane: Lane, chatId: number, error: unknown): Promise<boolean> => {
    if (!(error instanceof TelegramFileError)) throw error
    if (error.reason === 'flood') await lanes.flooded(lane, error)
    else if (error.reason === 'token') lanes.revoke(lane.bot, error.description)
    // Which of the two chats was meant the answer does not tell.
    else if (isShut(error)) await standing.check(lane.bot, [scratchChatId, chatId])
    else if (/not found/i.test(error.description)) return true
    else if (!isPassing(error)) throw error
    return false
  }

  /**
   * Forwards a message of a channel into the scratch chat, which shows what it is.
   *
   * @param by Which bots will do; they must be in both chats.
   * @returns Undefined if there is no such message.
   * @throws {AppError} BACKEND_UNAVAILABLE
   */
  const look = async (
    chatId: number,
    messageId: number,
    turn: Turn,
    by: (bot: TelegramBot) => boolean = () => true,
  ): Promise<SeenMessage | undefined> => {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const accepts = (lane: Lane) => lane.chatId === scratchChatId && by(lane.bot) && seesChat(lane.bot, chatId)
      const { lane, release } = await lanes.take({ sizeBytes: 0, accepts, ...turn })
      const { token } = lane.bot
      let isUnused = false
      try {
        const { signal } = turn
        // Looking for what is not there sends nothing, and is a call all the same.
        await lane.bot.reads.enter(turn)
        const message = await client.forwardMessage({
          token,
          chatId: scratchChatId,
          fromChatId: chatId,
          messageId,
          signal,
        })
        book.seen(scratchChatId, message.messageId)
        await rows.insertMessages(scratchChatId, [message.messageId], 'due', clock.now().getTime())
        await lanes.succeeded(lane)
        return { bot: lane.bot, message }
      } catch (error) {
        isUnused = await isNoMessage(lane, chatId, error)
        if (isUnused) return undefined
      } finally {
        release(isUnused)
      }
      await pause(backoffMs(tries, secondMs), turn.signal)
    }
    throw unavailable('Telegram does not answer.', 60)
  }

  /** @throws {AppError} BACKEND_UNAVAILABLE */
  const pin = async ({ chat_id: chatId, message_id: messageId }: TelegramObject, turn: Turn): Promise<void> => {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      // The channel then says that something was pinned, and that is a message, too.
      const slot = await lanes.take({ sizeBytes: 0, accepts: (lane) => lane.chatId === chatId, ...turn })
      const { lane } = slot
      try {
        return await client.pinChatMessage({ token: lane.bot.token, chatId, messageId, signal: turn.signal })
      } catch (error) {
        if (!(error instanceof TelegramFileError)) throw error
        if (error.reason === 'flood') await lanes.flooded(lane, error)
        else if (error.reason === 'token') lanes.revoke(lane.bot, error.description)
        else if (!isPassing(error)) throw toBackendError(error)
      } finally {
        slot.release()
      }
      await pause(backoffMs(tries, secondMs), turn.signal)
    }
    throw unavailable('Telegram does not answer.', 60)
  }

  return { read, look, pin, seesChat }
}
