import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Log } from '../../platform/log/index.ts'
import { TelegramError } from '../../platform/telegram/api.ts'
import type { Run } from '../runs/contract.ts'
import type { ServedBot, UpdateHandler } from './handler.ts'
import type { Inbox } from './inbox.ts'
import { UPDATE_TYPES, Update } from './update.ts'

export interface PollerOptions {
  readonly bot: ServedBot
  readonly handler: UpdateHandler
  readonly inbox: Inbox
  readonly log: Log
  /** Ends the polling; runs that are under way are waited for. */
  readonly signal: AbortSignal
  saveOffset(nextUpdateId: number): Promise<void>
  /** Whether an update was handled before the process started. */
  isHandled(updateId: number): Promise<boolean>
  /** What stands between the bot and its updates; null when nothing does any more. */
  setProblem(problem: string | null): Promise<void>
  /** The token is no good: the bot is stopped. */
  giveUp(problem: string): Promise<void>
  handled(updateId: number, run: Run | null): void
}

const LONG_POLL_SECONDS = 25
const BATCH = 100
// Commands mostly take milliseconds; only what takes longer is worth a row.
const QUICK_MS = 100
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
const Updates = z.array(Update)

/**
 * Takes a bot's updates by long polling until the signal comes. Updates of one chat are handled in order, different
 * chats side by side. An update is confirmed to Telegram when it has been handled or written down.
 */
export const pollUpdates = async (options: PollerOptions): Promise<void> => {
  const { bot, inbox, signal, log } = options
  const chats = chatQueues(options)
  let offset = bot.next_update_id ?? undefined
  let pauseMs = FIRST_PAUSE_MS
  let troubled = false
  const waiting = await inbox.list(bot.account_id, bot.id)
  // After a restart Telegram repeats what was not confirmed, and some of that was handled.
  const seen = new Set<number>()
  for (const update of waiting) {
    seen.add(update.update_id)
    if (await options.isHandled(update.update_id)) await inbox.remove(bot.account_id, bot.id, update.update_id)
    else chats.add(update, true)
  }
  let first = true

  while (!signal.aborted) {
    try {
      const params = {
        timeout: LONG_POLL_SECONDS,
        limit: BATCH,
        allowed_updates: UPDATE_TYPES,
        ...(offset === undefined ? {} : { offset }),
      }
      const updates = Updates.parse(await bot.telegram.call(bot.token, 'getUpdates', params, { signal }))
      pauseMs = FIRST_PAUSE_MS
      if (troubled) await options.setProblem(null)
      troubled = false
      const fresh = await unseen(updates, seen, first ? options.isHandled : undefined)
      first = false
      const last = updates.at(-1)?.update_id
      if (last === undefined) continue
      const slow = await chats.addAll(fresh, QUICK_MS)
      await inbox.put(bot.account_id, bot.id, slow)
      chats.written(slow)
      offset = last + 1
      await options.saveOffset(offset)
    } catch (error) {
      if (signal.aborted) break
      if (error instanceof TelegramError && [401, 404, 421].includes(error.errorCode)) {
        await options.giveUp(
          'Telegram does not accept the token of this bot. Get a new one from BotFather and update it here.',
        )
        break
      }
      troubled = true
      await options.setProblem(problemOf(error)).catch(() => undefined)
      log.warn({ err: error, botId: bot.id }, 'updates could not be taken')
      const pause =
        error instanceof TelegramError && error.retryAfterSeconds !== undefined
          ? error.retryAfterSeconds * 1000
          : pauseMs
      await wait(pause, undefined, { signal }).catch(() => undefined)
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
    }
  }
  await chats.settled()
}

const unseen = async (
  updates: readonly Update[],
  seen: Set<number>,
  isHandled: PollerOptions['isHandled'] | undefined,
): Promise<Update[]> => {
  const fresh: Update[] = []
  for (const update of updates) {
    if (seen.delete(update.update_id)) continue
    if (isHandled !== undefined && (await isHandled(update.update_id))) continue
    fresh.push(update)
  }
  return fresh
}

const problemOf = (error: unknown): string => {
  if (!(error instanceof TelegramError)) return 'Updates cannot be taken right now; the server tries again by itself.'
  if (error.errorCode === 409)
    return 'Another program takes the updates of this bot, by polling or by a webhook. Stop it there, or get a new token from BotFather.'
  if (error.errorCode === 429)
    return `Telegram asks to wait ${error.retryAfterSeconds ?? 1} s; the server waits and goes on.`
  return `Telegram cannot be reached (${error.description}); the server tries again by itself.`
}

/** One queue for each chat, in order; queues run side by side. */
const chatQueues = ({ bot, handler, inbox, handled, log }: PollerOptions) => {
  const tails = new Map<string, Promise<void>>()
  const open = new Map<number, Update>()
  const onPaper = new Set<number>()

  const add = (update: Update, written = false): Promise<void> => {
    const id = update.update_id
    const chat = chatKey(update)
    open.set(id, update)
    if (written) onPaper.add(id)
    const work = async (): Promise<void> => {
      const run = await handler.handle(bot, update)
      open.delete(id)
      handled(id, run)
      if (onPaper.delete(id))
        await inbox
          .remove(bot.account_id, bot.id, id)
          .catch((error) => log.error({ err: error, botId: bot.id }, 'a handled update stays written down'))
    }
    const before = tails.get(chat)
    const tail = before === undefined ? work() : before.then(work)
    tails.set(chat, tail)
    void tail.then(() => {
      if (tails.get(chat) === tail) tails.delete(chat)
    })
    return tail
  }

  return {
    add,
    /** @returns Those that are not done after `quickMs`. */
    async addAll(updates: readonly Update[], quickMs: number): Promise<Update[]> {
      const all = Promise.all(updates.map((update) => add(update)))
      const timer = new AbortController()
      await Promise.race([all, wait(quickMs, undefined, { signal: timer.signal }).catch(() => undefined)])
      timer.abort()
      return updates.filter(({ update_id }) => open.has(update_id))
    },
    /** They stand in the inbox now; what was handled meanwhile is taken out again. */
    written(updates: readonly Update[]): void {
      for (const { update_id } of updates) {
        if (open.has(update_id)) onPaper.add(update_id)
        else
          inbox
            .remove(bot.account_id, bot.id, update_id)
            .catch((error) => log.error({ err: error, botId: bot.id }, 'a handled update stays written down'))
      }
    },
    settled: async (): Promise<void> => {
      while (tails.size > 0) await Promise.all(tails.values())
    },
  }
}

const Placed = z.looseObject({
  chat: z.looseObject({ id: z.int() }).optional(),
  from: z.looseObject({ id: z.int() }).optional(),
})

const chatKey = (update: Update): string => {
  const body = Object.entries(update).find(([member]) => member !== 'update_id')?.[1]
  const placed = Placed.extend({ message: Placed.optional() }).safeParse(body).data
  return String(placed?.chat?.id ?? placed?.message?.chat?.id ?? placed?.from?.id ?? 'none')
}
