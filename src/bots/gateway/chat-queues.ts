import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Log } from '../../platform/log/index.ts'
import type { Run } from '../runs/contract.ts'
import type { ServedBot, UpdateHandler } from './handler.ts'
import type { Inbox } from './inbox.ts'
import type { Update } from './update.ts'

export interface ChatQueueOptions {
  readonly bot: ServedBot
  readonly handler: UpdateHandler
  readonly inbox: Inbox
  readonly log: Log
  /** After it no update is begun any more; what is under way goes on to its end. */
  readonly signal: AbortSignal
  readonly handled: (updateId: number, run: Run | null) => void
}

export type ChatQueues = ReturnType<typeof chatQueues>

// More wait where they are: written down, or at Telegram.
const MAX_OPEN = 500

/** A bot's updates under way: those of one chat in order, chats side by side. */
export const chatQueues = ({ bot, handler, inbox, log, signal, handled }: ChatQueueOptions) => {
  const tails = new Map<string, Promise<void>>()
  /** Not handled yet. */
  const open = new Set<number>()
  /** Those of them that stand in the inbox. */
  const onPaper = new Set<number>()
  /** All that were ever begun and that Telegram may repeat. */
  const known = new Set<number>()

  const strike = async (updateId: number): Promise<void> => {
    try {
      await inbox.remove(bot.account_id, bot.id, updateId)
    } catch (error) {
      // The run that is recorded keeps it from being handled again.
      log.error({ err: error, botId: bot.id, updateId }, 'a handled update stays written down')
    }
  }

  const work = async (update: Update): Promise<void> => {
    const id = update.update_id
    if (signal.aborted) return
    const run = await handler.handle(bot, update, signal)
    if (run === undefined) return
    open.delete(id)
    handled(id, run)
    if (onPaper.delete(id)) await strike(id)
  }

  const add = (update: Update): Promise<void> => {
    const chat = chatKey(update)
    open.add(update.update_id)
    known.add(update.update_id)
    const before = tails.get(chat)
    const tail = before === undefined ? work(update) : before.then(() => work(update))
    tails.set(chat, tail)
    void tail.then(() => {
      if (tails.get(chat) === tail) tails.delete(chat)
    })
    return tail
  }

  return {
    isKnown: (updateId: number): boolean => known.has(updateId),
    /** Telegram does not repeat updates below this one any more. */
    forgetBelow(updateId: number): void {
      for (const id of known) if (id < updateId) known.delete(id)
    },
    /** Begins what stands in the inbox. */
    resume(updates: readonly Update[]): void {
      for (const update of updates) {
        onPaper.add(update.update_id)
        void add(update)
      }
    },
    /** Begins them, and waits until they are done or `quickMs` are over. */
    async begin(updates: readonly Update[], quickMs: number): Promise<void> {
      if (updates.length === 0) return
      const all = Promise.all(updates.map(add))
      const timer = new AbortController()
      await Promise.race([all, wait(quickMs, undefined, { signal: timer.signal }).catch(() => undefined)])
      timer.abort()
    },
    /** Writes down those that are not done, so that Telegram may forget them. */
    async writeDown(updates: readonly Update[]): Promise<void> {
      const slow = updates.filter(({ update_id: id }) => open.has(id) && !onPaper.has(id))
      await inbox.put(bot.account_id, bot.id, slow)
      for (const { update_id: id } of slow) {
        if (open.has(id)) onPaper.add(id)
        else await strike(id)
      }
    },
    /** Resolves when there is room for more, or the signal comes. */
    async room(): Promise<void> {
      while (open.size >= MAX_OPEN && !signal.aborted) await anyOf(tails.values(), signal)
    },
    settled: async (): Promise<void> => {
      while (tails.size > 0) await Promise.all(tails.values())
    },
  }
}

const anyOf = async (work: Iterable<Promise<void>>, signal: AbortSignal): Promise<void> => {
  const over = new AbortController()
  const aborted = once(signal, 'abort', { signal: over.signal }).catch(() => undefined)
  await Promise.race([...work, aborted])
  over.abort()
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
