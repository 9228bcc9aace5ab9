import { z } from 'zod'
import { type BotApi, TelegramError } from '../../../platform/telegram/api.ts'
import { type TelegramFailureReason, toFileError } from '../../../platform/telegram/file-error.ts'
import type { Lane, TelegramBot } from './lane.ts'
import type { Lanes } from './lanes.ts'

/** Something that is wrong with the setting up of bots and channels, and what to do about it. */
export interface Problem {
  readonly botId: number
  /** Null if it is about the bot everywhere. */
  readonly chatId: number | null
  readonly kind: 'token' | 'no-chat' | 'not-member' | 'not-admin' | 'no-right' | 'no-answer'
  readonly message: string
}

/** @see https://core.telegram.org/bots/api#chatmember */
const Member = z.object({
  status: z.string(),
  can_post_messages: z.boolean().optional(),
  can_delete_messages: z.boolean().optional(),
  can_edit_messages: z.boolean().optional(),
})
const Me = z.object({ id: z.int(), username: z.string().optional() })

const TIMEOUT_MS = 20_000

export type Standing = ReturnType<typeof botStanding>

export interface StandingOptions {
  readonly api: BotApi
  readonly lanes: Lanes
  readonly bots: readonly TelegramBot[]
  readonly chatIds: readonly number[]
  readonly scratchChatId: number
}

/** Finds out which bots may do what where. Nothing of it throws: what is wrong is a `Problem`, and closes the lane. */
export const botStanding = ({ api, lanes, bots, chatIds, scratchChatId }: StandingOptions) => {
  const problems = new Map<string, Problem>()

  const note = (problem: Problem): void => void problems.set(`${problem.botId}:${problem.chatId}`, problem)
  const clear = (botId: number, chatId: number | null): void => void problems.delete(`${botId}:${chatId}`)

  const checkBot = async (bot: TelegramBot): Promise<boolean> => {
    const botId = bot.id
    try {
      Me.parse(await api.call(bot.token, 'getMe', {}, { timeoutMs: TIMEOUT_MS }))
    } catch (error) {
      const reason = reasonOf(error)
      if (reason === 'token') {
        lanes.revoke(bot, 'The token is revoked or wrong.')
        const message = `Telegram does not know the token of bot ${botId}. Ask @BotFather for a new one and set LATCHKEY_TELEGRAM_BOTS.`
        note({ botId, chatId: null, kind: 'token', message })
        return false
      }
      note({ botId, chatId: null, kind: 'no-answer', message: `Telegram does not answer: ${textOf(error)}.` })
      return true
    }
    lanes.restore(bot)
    clear(botId, null)
    return true
  }

  /** @param mayReopen A channel that takes no posts looks no different from here: only a new try can tell. */
  const checkLane = async (lane: Lane, mayReopen: boolean): Promise<void> => {
    const { bot, chatId } = lane
    try {
      const params = { chat_id: chatId, user_id: bot.id }
      const chat = z
        .object({ type: z.string() })
        .parse(await api.call(bot.token, 'getChat', { chat_id: chatId }, { timeoutMs: TIMEOUT_MS }))
      const member = Member.parse(await api.call(bot.token, 'getChatMember', params, { timeoutMs: TIMEOUT_MS }))
      const found = problemOf(member, chat.type, lane, chatId !== scratchChatId || chatIds.includes(chatId))
      if (found === undefined) {
        clear(bot.id, chatId)
        return mayReopen ? await lanes.reopen(lane) : undefined
      }
      note(found)
      if (found.kind === 'no-right' && member.can_post_messages !== false)
        return mayReopen ? await lanes.reopen(lane) : undefined
      await lanes.shut(lane, found.message, found.kind === 'not-member')
    } catch (error) {
      await refused(lane, error)
    }
  }

  const refused = async (lane: Lane, error: unknown): Promise<void> => {
    const { bot, chatId } = lane
    const reason = reasonOf(error)
    const about = { botId: bot.id, chatId }
    if (reason === 'token') return lanes.revoke(bot, 'The token is revoked or wrong.')
    if (reason === 'chat' || reason === 'migrated') {
      const message = `Bot ${bot.id} knows no chat ${chatId}. Check the number, and make the bot an administrator there.`
      note({ ...about, kind: 'no-chat', message })
      return lanes.shut(lane, message, true)
    }
    if (reason === 'forbidden') {
      const message = `Bot ${bot.id} is not in chat ${chatId}: ${textOf(error)}. Add it again as an administrator.`
      note({ ...about, kind: 'not-member', message })
      return lanes.shut(lane, message, true)
    }
    note({
      ...about,
      kind: 'no-answer',
      message: `Telegram does not say how bot ${bot.id} stands in chat ${chatId}: ${textOf(error)}.`,
    })
  }

  return {
    problems: (): Problem[] => [...problems.values()],

    /** Looks anew at how one bot stands in some chats. */
    async check(bot: TelegramBot, chats: readonly number[]): Promise<void> {
      if (!(await checkBot(bot))) return
      for (const lane of lanes.all) if (lane.bot === bot && chats.includes(lane.chatId)) await checkLane(lane, true)
    },

    /** A lane was closed to posts: looks whether its bot is still there at all. */
    checkGone: (lane: Lane): Promise<void> => checkLane(lane, false),

    async checkAll(): Promise<void> {
      const all = [...new Set([...chatIds, scratchChatId])]
      await Promise.all(bots.map((bot) => this.check(bot, all)))
    },
  }
}

const problemOf = (
  member: z.output<typeof Member>,
  chatType: string,
  { bot, chatId }: Lane,
  keepsObjects: boolean,
): Problem | undefined => {
  const about = { botId: bot.id, chatId }
  const { status } = member
  if (status === 'left' || status === 'kicked') {
    const message = `Bot ${bot.id} is not in chat ${chatId}. Add it as an administrator.`
    return { ...about, kind: 'not-member', message }
  }
  if (!keepsObjects || status === 'creator') return undefined
  if (status !== 'administrator') {
    if (chatType !== 'channel') return undefined
    return { ...about, kind: 'not-admin', message: `Bot ${bot.id} is no administrator of chat ${chatId}. Make it one.` }
  }
  const lacking = (['can_post_messages', 'can_delete_messages', 'can_edit_messages'] as const).filter(
    (right) => member[right] === false,
  )
  if (lacking.length === 0) return undefined
  const message = `Bot ${bot.id} lacks rights in chat ${chatId}: ${lacking.join(', ')}. Grant them in the channel's settings.`
  return { ...about, kind: 'no-right', message }
}

const reasonOf = (error: unknown): TelegramFailureReason =>
  error instanceof TelegramError ? toFileError(error, false).reason : 'answer'

const textOf = (error: unknown): string =>
  error instanceof TelegramError ? error.description : 'its answer makes no sense'
