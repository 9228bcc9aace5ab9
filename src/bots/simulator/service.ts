import { AppError } from '../../platform/errors.ts'
import type { UserContent } from '../../platform/telegram/emulator/control/content.ts'
import type { BotRow } from '../bots/repo.ts'
import type { BotService } from '../bots/service.ts'
import { BotErrors } from '../errors.ts'
import type { Supervisor } from '../gateway/supervisor.ts'
import type { Run } from '../runs/contract.ts'
import type { SimulatorWorlds } from './worlds.ts'

export interface Person {
  readonly id: number
  readonly first_name: string
  readonly last_name?: string | undefined
  readonly username?: string | undefined
  readonly language_code?: string | undefined
}

/** Who plays when nobody is named. */
export const DEFAULT_USER: Person = { id: 1_000_001, first_name: 'Ada', username: 'ada' }

type ChatMessages = readonly { readonly [member: string]: unknown }[]

export interface Played {
  readonly update_id: number | null
  readonly run: Run | null
  readonly done: boolean
  readonly messages: ChatMessages
}

export interface SimulatorOptions {
  readonly worlds: SimulatorWorlds
  readonly bots: BotService
  readonly supervisor: Supervisor
}

export type SimulatorService = ReturnType<typeof simulatorService>

/** Plays the user of simulated bots, and waits for what the bots do. */
export const simulatorService = ({ worlds, bots, supervisor }: SimulatorOptions) => {
  /** @throws {AppError} BOT_NOT_FOUND, BOT_NOT_SIMULATED */
  const getSimulated = async (accountId: string, botId: string): Promise<BotRow> => {
    const bot = await bots.get(accountId, botId)
    if (bot.simulated !== 1) throw new AppError(BotErrors.BOT_NOT_SIMULATED)
    return bot
  }

  /** @throws {AppError} BOT_NOT_FOUND, BOT_NOT_SIMULATED, BOT_STOPPED */
  const getPlayable = async (accountId: string, botId: string): Promise<BotRow> => {
    const bot = await getSimulated(accountId, botId)
    if (bot.status !== 'working') throw new AppError(BotErrors.BOT_STOPPED)
    if (!supervisor.serves(botId)) await supervisor.settled()
    return bot
  }

  const { transcript, play } = player(worlds, supervisor)

  return {
    /** @throws {AppError} BOT_NOT_FOUND, BOT_NOT_SIMULATED, BOT_STOPPED, and those of the emulator's controls */
    async sendMessage(accountId: string, botId: string, message: SimulatedMessage, timeoutMs: number): Promise<Played> {
      const bot = await getPlayable(accountId, botId)
      const { user = DEFAULT_USER, chat, reply_to_message_id: replyTo, ...content } = message
      const toChat = chat === undefined || chat.type === 'private' ? undefined : chat
      return play(bot, toChat?.id ?? user.id, timeoutMs, () => {
        const sent = worlds
          .of(accountId)
          .sendAsUser({ botId: bot.telegram_id, user, chat: toChat, replyTo, ...content })
        return sent.update_id
      })
    },
    async pressButton(accountId: string, botId: string, press: ButtonPress, timeoutMs: number): Promise<Played> {
      const bot = await getPlayable(accountId, botId)
      const { user = DEFAULT_USER, data, message_id: messageId } = press
      const chatId = press.chat_id ?? user.id
      return play(bot, chatId, timeoutMs, () => {
        return worlds.of(accountId).pressButton({ botId: bot.telegram_id, user, chatId, messageId, data }).update_id
      })
    },
    async sendUpdate(
      accountId: string,
      botId: string,
      update: Readonly<Record<string, unknown>>,
      timeoutMs: number,
    ): Promise<Played> {
      const bot = await getPlayable(accountId, botId)
      return play(
        bot,
        DEFAULT_USER.id,
        timeoutMs,
        () => worlds.of(accountId).injectUpdate(bot.telegram_id, update).update_id,
      )
    },
    async listMessages(accountId: string, botId: string, chatId: number | undefined): Promise<ChatMessages> {
      const bot = await getSimulated(accountId, botId)
      return transcript(bot, chatId ?? DEFAULT_USER.id)
    },
  }
}

/** Acts on an emulator, and waits for what the bot makes of it. */
const player = (worlds: SimulatorWorlds, supervisor: Supervisor) => {
  const transcript = (bot: BotRow, chatId: number): ChatMessages => {
    const emulator = worlds.of(bot.account_id)
    const known = emulator.listChats(bot.telegram_id).some(({ id }) => id === chatId)
    return known ? (emulator.transcript(bot.telegram_id, chatId) as unknown as ChatMessages) : []
  }

  /** @param act Makes the update; the wait begins before it can have been handled. */
  const play = async (bot: BotRow, chatId: number, timeoutMs: number, act: () => number | null): Promise<Played> => {
    const early = new Map<number, Run | null>()
    let wanted: number | undefined
    let finish: (run: Run | null) => void = () => {}
    const handled = new Promise<Run | null>((resolve) => {
      finish = resolve
    })
    const stop = supervisor.onHandled((botId, updateId, run) => {
      if (botId !== bot.id) return
      if (wanted === undefined) early.set(updateId, run)
      else if (updateId === wanted) finish(run)
    })
    try {
      const updateId = act()
      if (updateId === null) return { update_id: null, run: null, done: true, messages: transcript(bot, chatId) }
      wanted = updateId
      if (early.has(updateId)) finish(early.get(updateId) ?? null)
      const outcome = await within(handled, timeoutMs)
      return {
        update_id: updateId,
        run: outcome ?? null,
        done: outcome !== undefined,
        messages: transcript(bot, chatId),
      }
    } finally {
      stop()
    }
  }

  return { transcript, play }
}

export interface SimulatedMessage extends UserContent {
  readonly user?: Person | undefined
  readonly chat?:
    | {
        id: number
        type: 'private' | 'group' | 'supergroup' | 'channel'
        title?: string | undefined
        username?: string | undefined
      }
    | undefined
  readonly reply_to_message_id?: number | undefined
}

export interface ButtonPress {
  readonly data: string
  readonly message_id: number
  readonly chat_id?: number | undefined
  readonly user?: Person | undefined
}

/** @returns undefined when the time ran out first. */
const within = async <T>(work: Promise<T>, timeoutMs: number): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
