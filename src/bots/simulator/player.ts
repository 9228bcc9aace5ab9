import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '../../platform/db/index.ts'
import type { Emulator } from '../../platform/telegram/emulator/emulator.ts'
import type { BotRow } from '../bots/repo.ts'
import type { Supervisor } from '../gateway/supervisor.ts'
import type { Run } from '../runs/contract.ts'
import { type Act, type Begun, perform } from './acts.ts'
import type { Played } from './contract.ts'
import { handledRepo } from './handled-repo.ts'

export interface PlayerOptions {
  readonly database: Database
  readonly supervisor: Supervisor
}

type Messages = Played['messages']

// Another process has the bot: only the database tells of its runs.
const LOOK_ELSEWHERE_MS = 100
const LOOK_HERE_MS = 1_000

/** A chat as a person sees it; empty where there is none. */
export const transcriptOf = (emulator: Emulator, botId: number, chatId: number): Messages => {
  const isKnown = emulator.listChats(botId).some(({ id }) => id === chatId)
  return isKnown ? emulator.transcript(botId, chatId).map((message) => ({ ...message })) : []
}

/** What is seen of an act when it is over, or when the time is. */
export const toPlayed = (
  emulator: Emulator,
  botId: number,
  { updateId, chatId, callbackQueryId, inlineQueryId }: Begun,
  run: Run | null | undefined,
): Played => ({
  update_id: updateId,
  run: run ?? null,
  done: run !== undefined,
  messages: transcriptOf(emulator, botId, chatId),
  ...(callbackQueryId !== undefined && { answer: emulator.callbackAnswer(callbackQueryId) ?? null }),
  ...(inlineQueryId !== undefined && {
    inline_query_id: inlineQueryId,
    results: emulator.inlineResults(inlineQueryId) ?? null,
  }),
})

/** Acts on a simulator, and waits for what the bot makes of it. */
export const simulatorPlayer = ({ database, supervisor }: PlayerOptions) => {
  const repo = handledRepo(database.db)

  /** @returns The run, null when none came of it, or undefined while it is not handled. */
  const lookUp = async (emulator: Emulator, bot: BotRow, updateId: number): Promise<Run | null | undefined> => {
    const run = await repo.findRun(bot.account_id, bot.id, updateId)
    if (run !== undefined) return run
    const isPending = emulator.store.bot(bot.telegram_id)?.pending.some(({ id }) => id === updateId) ?? false
    // The order matters: it is written down before it is confirmed, and struck out after its run is recorded.
    if (isPending || (await repo.isOpen(bot.account_id, bot.id, updateId))) return undefined
    return (await repo.findRun(bot.account_id, bot.id, updateId)) ?? null
  }

  const watch = async (emulator: Emulator, bot: BotRow, updateId: number, signal: AbortSignal) => {
    for (;;) {
      const isHere = supervisor.serves(bot.id)
      await wait(isHere ? LOOK_HERE_MS : LOOK_ELSEWHERE_MS, undefined, { signal })
      const run = await lookUp(emulator, bot, updateId)
      if (run !== undefined) return run
    }
  }

  const waitForRun = async (
    emulator: Emulator,
    bot: BotRow,
    updateId: number,
    timeoutMs: number,
    heard: Promise<Run | null>,
  ): Promise<Run | null | undefined> => {
    const over = new AbortController()
    const late = wait(timeoutMs, undefined, { signal: over.signal }).then(
      () => undefined,
      () => undefined,
    )
    const seen = watch(emulator, bot, updateId, over.signal)
    seen.catch(() => undefined)
    try {
      return await Promise.race([heard, late, seen])
    } finally {
      over.abort()
    }
  }

  return {
    /** The wait begins before the update can have been handled. @throws {AppError} those of the controls */
    async play(emulator: Emulator, bot: BotRow, act: Act, timeoutMs: number): Promise<Played> {
      const early = new Map<number, Run | null>()
      let wanted: number | undefined
      const { promise: heard, resolve } = Promise.withResolvers<Run | null>()
      const stop = supervisor.onHandled((botId, updateId, run) => {
        if (botId !== bot.id) return
        if (wanted === undefined) early.set(updateId, run)
        else if (updateId === wanted) resolve(run)
      })
      try {
        const begun = perform(emulator, bot.telegram_id, act)
        if (begun.updateId === null) return toPlayed(emulator, bot.telegram_id, begun, null)
        wanted = begun.updateId
        const known = early.get(wanted)
        if (known !== undefined) resolve(known)
        const run = await waitForRun(emulator, bot, wanted, timeoutMs, heard)
        return toPlayed(emulator, bot.telegram_id, begun, run)
      } finally {
        stop()
      }
    },
  }
}
