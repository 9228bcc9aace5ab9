import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../../platform/log/index.ts'
import type { LiveBot } from '../bots/repo.ts'
import type { Run } from '../runs/contract.ts'
import type { SeenUsers } from '../users/seen.ts'
import type { WaitPlace } from '../waits/repo.ts'
import type { WaitService } from '../waits/service.ts'
import type { ActingBot, Conductor, Occasion } from './conductor.ts'
import { candidatesFor, type Deployment, type Deployments, type LiveCommand } from './deployments.ts'
import { type Match, matchCommand } from './matcher.ts'
import { blockingOf, type Trigger, toTrigger, type Update } from './update.ts'

/** A bot with everything that handling its updates needs. */
export interface ServedBot extends LiveBot, ActingBot {}

export interface HandlerOptions {
  readonly deployments: Deployments
  readonly conductor: Conductor
  readonly waits: WaitService
  readonly users: SeenUsers
  /** Counts an update that was taken. */
  readonly counted: (bot: ActingBot) => void
  readonly log: Log
}

export type UpdateHandler = ReturnType<typeof updateHandler>

const RETRY_MS = 1_000

/** The command for an update, and what it is for. */
interface Target {
  readonly command: LiveCommand
  readonly params: string | null
  readonly answers: { readonly place: WaitPlace; readonly options: Occasion['options'] } | undefined
}

/** From one update to the run that it causes. */
export const updateHandler = ({ deployments, conductor, waits, users, counted, log }: HandlerOptions) => {
  /** A database that is away for a while must cost no update: it is waited for. */
  const patiently = async <T>(
    bot: ServedBot,
    signal: AbortSignal,
    what: string,
    work: () => Promise<T>,
  ): Promise<T> => {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        log.error({ err: error, botId: bot.id }, what)
        await wait(RETRY_MS, undefined, { signal })
      }
    }
  }

  const deploymentOf = async (bot: ServedBot, signal: AbortSignal): Promise<Deployment> =>
    deployments.current(bot.id) ??
    patiently(bot, signal, "a bot's commands could not be loaded", () => deployments.get(bot.account_id, bot.id))

  /** What the message answers, unless a command wins over that. */
  const awaitedBy = async (
    bot: ServedBot,
    { commands, settings }: Deployment,
    trigger: Trigger,
    match: Match<LiveCommand> | undefined,
  ): Promise<Target | undefined> => {
    const { type, userId, chatId, updateId } = trigger
    if (type !== 'message' || userId === null || chatId === null) return undefined
    const place = { accountId: bot.account_id, botId: bot.id, userId, chatId }
    const awaited = await waits.awaited(place, updateId)
    if (awaited === undefined) return undefined
    const command = commands.get(awaited.command)
    const isBeaten =
      !awaited.claimed && match?.isNamed === true && (awaited.cancelAtCommand || settings.commands_always_win)
    if (command === undefined || isBeaten) {
      await waits.clear(bot.account_id, bot.id, { userId, chatId })
      return undefined
    }
    if (!awaited.claimed) await waits.claim(place, updateId)
    return { command, params: null, answers: { place, options: awaited.options } }
  }

  const targetOf = async (
    bot: ServedBot,
    deployment: Deployment,
    trigger: Trigger,
    signal: AbortSignal,
  ): Promise<Target | undefined> => {
    const match = matchCommand(candidatesFor(deployment, trigger.userId), trigger, bot.username)
    const text = 'what a bot waits for could not be read'
    const awaited = await patiently(bot, signal, text, () => awaitedBy(bot, deployment, trigger, match))
    return awaited ?? (match && { command: match.command, params: match.params, answers: undefined })
  }

  const runFor = async (bot: ServedBot, trigger: Trigger, signal: AbortSignal): Promise<Run | null> => {
    const deployment = await deploymentOf(bot, signal)
    await users.saw(bot.account_id, bot.id, trigger.from)
    if (trigger.userId !== null && deployment.blocked.has(trigger.userId)) return null
    const target = await targetOf(bot, deployment, trigger, signal)
    if (target === undefined) return null
    const { type, from: _, joined: __, ...seen } = trigger
    const { answers, command, params } = target
    const occasion: Occasion = {
      ...seen,
      updateType: type,
      command,
      params,
      trigger: answers === undefined ? 'update' : 'wait',
      options: answers?.options ?? null,
      ...(answers === undefined ? {} : { settle: (tx) => waits.settle(tx, answers.place) }),
    }
    return conductor.perform(bot, deployment, occasion, signal)
  }

  const noteBlocking = async (bot: ServedBot, update: Update): Promise<void> => {
    const blocking = blockingOf(update)
    if (blocking !== undefined) await users.botBlocked(bot.account_id, bot.id, blocking.userId, blocking.isBlocked)
  }

  return {
    /**
     * Never rejects: a bot goes on whatever happens.
     *
     * @param signal Ends waiting for what the run needs; a run that has begun goes on.
     * @returns The run; null when no command is for this update; undefined when the bot or the server stopped first,
     * and the update is still to be handled.
     */
    async handle(bot: ServedBot, update: Update, signal: AbortSignal): Promise<Run | null | undefined> {
      const trigger = toTrigger(update)
      if (trigger === undefined) return null
      try {
        const run = await runFor(bot, trigger, signal)
        if (run?.outcome === 'closed') return undefined
        counted(bot)
        await noteBlocking(bot, update)
        return run
      } catch (error) {
        if (signal.aborted) return undefined
        log.error({ err: error, botId: bot.id, updateId: update.update_id }, 'an update could not be handled')
        return null
      }
    },
  }
}
