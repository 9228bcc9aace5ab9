import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import { TelegramError, UPDATE_TYPES } from '../../platform/telegram/api.ts'
import { type ChatQueueOptions, type ChatQueues, chatQueues } from './chat-queues.ts'
import { isRevoked, problemOf, TOKEN_REFUSED } from './problems.ts'
import { Update } from './update.ts'

/** What it takes to take updates, however they come. */
export interface TakerOptions extends ChatQueueOptions {
  /** Whether an update was handled before the process started. */
  isHandled(updateId: number): Promise<boolean>
  /** What stands between the bot and its updates; null when nothing does any more. */
  setProblem(problem: string | null): Promise<void>
  /** The token is no good: the bot is stopped. */
  giveUp(problem: string): Promise<void>
}

export interface PollerOptions extends TakerOptions {
  readonly clock: Clock
  saveOffset(nextUpdateId: number): Promise<void>
  /** Takes back a webhook of ours: Telegram gives updates one way only. */
  unhook(): Promise<void>
}

const LONG_POLL_SECONDS = 25
const BATCH = 100
// Commands mostly take milliseconds; only what takes longer is worth a row.
const QUICK_MS = 100
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
// A write for each batch would cost as much as a write for each update. Telegram itself knows what was confirmed.
const SAVE_EVERY_MS = 1_000
const Updates = z.array(Update)

/** Where the polling stands. */
interface Position {
  offset: number | undefined
  /** Telegram may repeat what the process before this one has handled: so far, each batch held some of that. */
  repeats: boolean
  /** Monotonic; when the offset was written down last, and whether it has moved since. */
  savedAtMs: number
  isSaved: boolean
  /** Our own webhook is out of the way. */
  unhooked: boolean
  /** A problem is shown to the owner. */
  troubled: boolean
}

/**
 * Takes a bot's updates by long polling until the signal comes, and resolves when no run is under way any more. An
 * update is confirmed to Telegram when it has been handled or written down.
 */
export const pollUpdates = async (options: PollerOptions): Promise<void> => {
  const { bot, signal } = options
  const chats = chatQueues(options)
  chats.resume(await readInbox(options))
  const at: Position = {
    offset: bot.next_update_id ?? undefined,
    repeats: true,
    savedAtMs: Number.NEGATIVE_INFINITY,
    isSaved: true,
    unhooked: false,
    troubled: bot.problem !== null,
  }
  let pauseMs = FIRST_PAUSE_MS
  while (!signal.aborted) {
    try {
      await chats.room()
      if (!at.unhooked) await options.unhook()
      at.unhooked = true
      await takeBatch(options, chats, at)
      pauseMs = FIRST_PAUSE_MS
    } catch (error) {
      if (signal.aborted) break
      if (isRevoked(error)) {
        await options.giveUp(TOKEN_REFUSED)
        break
      }
      await admit(options, at, error)
      await wait(pauseOf(error) ?? pauseMs, undefined, { signal }).catch(() => undefined)
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
    }
  }
  await chats.settled()
  if (!at.isSaved && at.offset !== undefined) await options.saveOffset(at.offset)
}

const takeBatch = async (options: PollerOptions, chats: ChatQueues, at: Position): Promise<void> => {
  const updates = await getUpdates(options, at)
  if (at.offset !== undefined) chats.forgetBelow(at.offset)
  if (at.troubled) await options.setProblem(null)
  at.troubled = false
  const fresh: Update[] = []
  for (const update of updates) {
    if (chats.isKnown(update.update_id)) continue
    if (!at.repeats || !(await options.isHandled(update.update_id))) fresh.push(update)
  }
  at.repeats &&= fresh.length < updates.length
  await chats.begin(fresh, QUICK_MS)
  await chats.writeDown(updates)
  const last = updates.at(-1)?.update_id
  if (last === undefined) return
  at.offset = last + 1
  at.isSaved = false
  const nowMs = options.clock.monotonicMs()
  if (nowMs - at.savedAtMs < SAVE_EVERY_MS) return
  at.savedAtMs = nowMs
  await options.saveOffset(at.offset)
  at.isSaved = true
}

const getUpdates = async ({ bot, signal }: PollerOptions, { offset, troubled }: Position): Promise<Update[]> => {
  // Whoever reads of a problem should not read of it for another half minute.
  const timeout = troubled ? 0 : LONG_POLL_SECONDS
  const params = { timeout, limit: BATCH, allowed_updates: UPDATE_TYPES, ...(offset === undefined ? {} : { offset }) }
  return Updates.parse(await bot.telegram.call(bot.token, 'getUpdates', params, { signal }))
}

/** What was not finished when the bot stopped. */
export const readInbox = async ({ bot, inbox, isHandled }: TakerOptions): Promise<Update[]> => {
  const open: Update[] = []
  for (const update of await inbox.list(bot.account_id, bot.id)) {
    if (await isHandled(update.update_id)) await inbox.remove(bot.account_id, bot.id, update.update_id)
    else open.push(update)
  }
  return open
}

const admit = async ({ bot, log, setProblem }: PollerOptions, at: Position, error: unknown): Promise<void> => {
  log.warn({ err: error, botId: bot.id }, 'updates could not be taken')
  at.troubled = true
  await setProblem(problemOf(error)).catch((cause) =>
    log.warn({ err: cause, botId: bot.id }, 'a problem was not saved'),
  )
}

const pauseOf = (error: unknown): number | undefined =>
  error instanceof TelegramError && error.retryAfterSeconds !== undefined ? error.retryAfterSeconds * 1000 : undefined
