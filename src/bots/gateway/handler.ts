import type { Log } from '../../platform/log/index.ts'
import type { BotApi } from '../../platform/telegram/api.ts'
import type { LiveBot } from '../bots/repo.ts'
import type { Run } from '../runs/contract.ts'
import type { Runner } from '../runs/runner.ts'
import type { Json } from '../sandbox/index.ts'
import type { Deployment, Deployments } from './deployments.ts'
import { matchCommand } from './matcher.ts'
import { type Trigger, toTrigger, type Update } from './update.ts'

/** A bot with everything that handling its updates needs. */
export interface ServedBot extends LiveBot {
  readonly token: string
  readonly telegram: BotApi
}

export type UpdateHandler = ReturnType<typeof updateHandler>

/** From one update to the run that it causes. */
export const updateHandler = ({ deployments, runner, log }: { deployments: Deployments; runner: Runner; log: Log }) => {
  const runFor = async (bot: ServedBot, trigger: Trigger, deployment: Deployment): Promise<Run | null> => {
    const match = matchCommand(deployment.commands, trigger, bot.username)
    if (match === undefined) return null
    return runner.run({
      accountId: bot.account_id,
      botId: bot.id,
      token: bot.token,
      telegram: bot.telegram,
      updateId: trigger.updateId,
      command: match.command.name,
      code: match.command.code,
      globals: globalsFor(bot, trigger, match.command.name, match.params),
    })
  }
  return {
    /** @returns The run, or null when no command is for this update. Never rejects: a bot goes on whatever happens. */
    async handle(bot: ServedBot, update: Update): Promise<Run | null> {
      const trigger = toTrigger(update)
      if (trigger === undefined) return null
      try {
        const deployment = deployments.current(bot.id) ?? (await deployments.get(bot.account_id, bot.id))
        return await runFor(bot, trigger, deployment)
      } catch (error) {
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
