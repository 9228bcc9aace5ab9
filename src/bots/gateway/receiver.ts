import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import { chatQueues } from './chat-queues.ts'
import type { Hooks } from './hooks.ts'
import { readInbox, type TakerOptions } from './poller.ts'
import { hookProblemOf, isRevoked, TOKEN_REFUSED } from './problems.ts'
import type { Update } from './update.ts'

export interface ReceiverOptions extends TakerOptions {
  readonly hooks: Hooks
  readonly clock: Clock
  /** Other processes take posts too, and write them down. */
  readonly isShared: boolean
  /** Whether the bot is still to take updates so. */
  readonly isWanted: () => Promise<boolean>
}

const QUICK_MS = 100
const LOOK_MS = 1_000
const CHECK_MS = 60_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
/** Telegram repeats what it has no answer to; never what is so far behind. */
const REPEATED = 10_000
const CALL_TIMEOUT_MS = 15_000
const Info = z.looseObject({
  url: z.string().default(''),
  last_error_date: z.int().optional(),
  last_error_message: z.string().optional(),
})

/**
 * Takes a bot's updates as Telegram posts them until the signal comes, and resolves when no run is under way any more.
 * The webhook is set at the beginning, looked at every minute, and taken back when the bot is to take updates so no more.
 */
export const receiveUpdates = async (options: ReceiverOptions): Promise<void> => {
  const { bot, hooks, isHandled, isShared } = options
  const chats = chatQueues(options)
  chats.resume(await readInbox(options))
  const takeNew = async (updates: readonly Update[]): Promise<Update[]> => {
    const fresh: Update[] = []
    for (const update of updates) {
      if (chats.isKnown(update.update_id) || (await isHandled(update.update_id))) continue
      // Asked again: it may have been taken while the database was asked.
      if (!chats.isKnown(update.update_id)) fresh.push(update)
    }
    return fresh
  }
  const close = hooks.open(bot.id, async (update) => {
    await chats.room()
    const fresh = await takeNew([update])
    chats.forgetBelow(update.update_id - REPEATED)
    await chats.begin(fresh, QUICK_MS)
    await chats.writeDown([update])
  })
  const looking = isShared ? setInterval(() => void look().catch(() => undefined), LOOK_MS) : undefined
  const look = async (): Promise<void> => chats.resume(await takeNew(await readInbox(options)))
  try {
    await watchHook(options)
  } finally {
    close()
    clearInterval(looking)
  }
  if (!(await options.isWanted().catch(() => true))) await unset(options)
  await chats.settled()
}

/** Keeps Telegram told of the address, and the owner told of what is wrong with that. */
const watchHook = async (options: ReceiverOptions): Promise<void> => {
  const { bot, signal, hooks, setProblem, giveUp, log } = options
  let pauseMs = FIRST_PAUSE_MS
  let problem: string | null = bot.problem
  let url: string | undefined
  const show = async (found: string | null): Promise<void> => {
    if (found === problem) return
    await setProblem(found)
    problem = found
  }
  while (!signal.aborted) {
    let restMs = CHECK_MS
    try {
      if (url === undefined || (await urlAtTelegram(options, show)) !== url) {
        url = await hooks.set(bot)
        await show(null)
      }
      pauseMs = FIRST_PAUSE_MS
    } catch (error) {
      if (signal.aborted) return
      if (isRevoked(error)) return giveUp(TOKEN_REFUSED)
      log.warn({ err: error, botId: bot.id }, 'a webhook could not be set or looked at')
      await show(hookProblemOf(error)).catch(() => undefined)
      restMs = pauseMs
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
    }
    await wait(restMs, undefined, { signal }).catch(() => undefined)
  }
}

/** What Telegram has, with its last trouble in posting, if that is from the last two minutes. */
const urlAtTelegram = async (
  { bot, signal, clock }: ReceiverOptions,
  show: (problem: string | null) => Promise<void>,
): Promise<string> => {
  const answer = await bot.telegram.call(bot.token, 'getWebhookInfo', {}, { signal, timeoutMs: CALL_TIMEOUT_MS })
  const info = Info.parse(answer)
  const isRecent = (info.last_error_date ?? 0) * 1000 > clock.now().getTime() - 2 * CHECK_MS
  await show(
    isRecent
      ? `Telegram cannot post updates to this server (${info.last_error_message ?? 'it does not say why'}). Check that LATCHKEY_PUBLIC_URL leads here, or set receives_by to polling.`
      : null,
  )
  return info.url
}

const unset = async ({ hooks, bot, log }: ReceiverOptions): Promise<void> => {
  try {
    await hooks.unset(bot)
  } catch (error) {
    // Whoever polls the bot next tries again.
    log.warn({ err: error, botId: bot.id }, 'a webhook could not be taken back')
  }
}
