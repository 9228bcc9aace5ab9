import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../../platform/log/index.ts'
import type { BotApi } from '../../platform/telegram/api.ts'
import type { LiveBot } from '../bots/repo.ts'
import type { Run } from '../runs/contract.ts'
import type { Runner, RunOrder } from '../runs/runner.ts'
import type { Json } from '../sandbox/index.ts'
import type { Deployment, Deployments } from './deployments.ts'
import { matchCommand } from './matcher.ts'
import { type Trigger, toTrigger, type Update } from './update.ts'

/** A bot with everything that handling its updates needs. */
export interface ServedBot extends LiveBot {
  readonly token: string
  readonly telegram: BotApi
}

export interface HandlerOptions {
  readonly deployments: Deployments
  readonly runner: Runner
  readonly log: Log
}

export type UpdateHandler = ReturnType<typeof updateHandler>

const RETRY_MS = 1_000
/** How many commands one update may run. */
const CHAIN_CAP = 3

/** From one update to the run that it causes. */
export const updateHandler = ({ deployments, runner, log }: HandlerOptions) => {
  /** A database that is away for a while must cost no update: it is waited for. */
  const deploymentOf = async (bot: ServedBot, signal: AbortSignal): Promise<Deployment> => {
    for (;;) {
      try {
        return deployments.current(bot.id) ?? (await deployments.get(bot.account_id, bot.id))
      } catch (error) {
        log.error({ err: error, botId: bot.id }, "a bot's commands could not be loaded")
        await wait(RETRY_MS, undefined, { signal })
      }
    }
  }

  const runFor = async (bot: ServedBot, trigger: Trigger, signal: AbortSignal): Promise<Run | null> => {
    const { commands } = await deploymentOf(bot, signal)
    const match = matchCommand(commands, trigger, bot.username)
    if (match === undefined) return null
    const order: RunOrder = {
      accountId: bot.account_id,
      botId: bot.id,
      token: bot.token,
      telegram: bot.telegram,
      updateId: trigger.updateId,
      command: match.command.name,
      code: match.command.code,
      preamble: commands.get('~')?.code ?? '',
      chat: { chatId: trigger.chatId ?? trigger.userId, userId: trigger.userId },
      trigger: 'update',
      chain: { depth: 0, cap: CHAIN_CAP },
      lookUpCommand: (name) => commands.get(name)?.code,
      globals: globalsFor(bot, trigger, match.command.name, match.params),
    }
    return runner.run(order, signal)
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
        return run?.outcome === 'closed' ? undefined : run
      } catch (error) {
        if (signal.aborted) return undefined
        log.error({ err: error, botId: bot.id, updateId: update.update_id }, 'an update could not be handled')
        return null
      }
    },
  }
}

const globalsFor = (
  bot: ServedBot,
  trigger: Trigger,
  command: string,
  params: string | null,
): { [name: string]: Json } => ({
  message: trigger.message,
  call: trigger.call,
  msg: trigger.text,
  params,
  options: null,
  u: trigger.userId,
  user: trigger.userId,
  user_id: trigger.userId,
  chat_id: trigger.chatId ?? trigger.userId,
  update_type: trigger.type,
  callback_data: trigger.type === 'callback_query' ? trigger.text : null,
  command,
  bot_id: bot.id,
  bot: { username: bot.username, bot_username: bot.username, bot_id: bot.id, first_name: bot.name },
})
