import type { Db } from '../../platform/db/index.ts'
import type { Log } from '../../platform/log/index.ts'
import type { BotApi } from '../../platform/telegram/api.ts'
import type { Run, RunTrigger } from '../runs/contract.ts'
import type { FinishedRun, Runner, RunOrder } from '../runs/runner.ts'
import { HostCallError, type Json } from '../sandbox/index.ts'
import type { Deployment, LiveCommand } from './deployments.ts'

/** A bot as its commands run for it: who it is, and how it speaks. */
export interface ActingBot {
  readonly id: string
  readonly account_id: string
  readonly username: string
  readonly name: string
  readonly token: string
  readonly telegram: BotApi
}

/** What makes a command run, and what the command finds of it. */
export interface Occasion {
  readonly trigger: RunTrigger
  /** Null where no update is behind it. */
  readonly updateId: number | null
  readonly command: LiveCommand
  readonly params: string | null
  readonly options: Json
  /** `message`, `callback_query` …; null where no update is behind it. */
  readonly updateType: string | null
  readonly text: string | null
  readonly message: Json
  readonly call: Json
  readonly chat: Json
  readonly chatId: number | null
  readonly chatType: string | null
  readonly userId: number | null
  /** Written together with the record of the run, or not at all. Not called for a run that the server's end cut off. */
  readonly settle?: (tx: Db, run: Run) => Promise<void>
}

export type Conductor = ReturnType<typeof conductor>

const NOTICE = 'Something went wrong. Please try again later.'
const NOTICE_TIMEOUT_MS = 10_000
/** Scripts print it; there is nothing to pay for. */
const LEFT_POINTS = 100_000

/** Runs a command the way every command runs: `@` before it, `~` in front of it, and `!` when it fails. */
export const conductor = ({ runner, log }: { runner: Runner; log: Log }) => {
  /** @returns undefined when the main command may run; else the run after which it does not. */
  const runBefore = async (
    bot: ActingBot,
    deployment: Deployment,
    occasion: Occasion,
    signal: AbortSignal,
  ): Promise<FinishedRun | undefined> => {
    const command = deployment.commands.get('@')
    if (command === undefined) return undefined
    const run = await runner.run(orderFor(bot, deployment, { ...occasion, command }, 'before'), signal)
    return run.outcome === 'ok' && !run.stopped ? undefined : run
  }

  const onError = async (
    bot: ActingBot,
    deployment: Deployment,
    occasion: Occasion,
    failed: Run,
    signal: AbortSignal,
  ): Promise<void> => {
    const command = deployment.commands.get('!')
    if (command === undefined) return tellUser(bot, occasion)
    const options = failed.error === null ? '' : `${failed.error.type}: ${failed.error.message}`
    const { settle: _, ...told } = { ...occasion, command, options }
    await runner.run(orderFor(bot, deployment, told, 'on-error'), signal)
  }

  /** A person in a private chat waits for an answer. */
  const tellUser = async (bot: ActingBot, { chatType, chatId, trigger }: Occasion): Promise<void> => {
    if (chatType !== 'private' || chatId === null || (trigger !== 'update' && trigger !== 'wait')) return
    try {
      const params = { chat_id: chatId, text: NOTICE }
      await bot.telegram.call(bot.token, 'sendMessage', params, { timeoutMs: NOTICE_TIMEOUT_MS })
    } catch (error) {
      log.info({ err: error, botId: bot.id }, 'a user could not be told of an error')
    }
  }

  return {
    /**
     * @param signal Ends waiting for Python; a run that has begun goes on.
     * @returns The run of the command, or of `@` when that did not let it run.
     */
    async perform(bot: ActingBot, deployment: Deployment, occasion: Occasion, signal: AbortSignal): Promise<Run> {
      const stopped = await runBefore(bot, deployment, occasion, signal)
      const run = stopped ?? (await runner.run(orderFor(bot, deployment, occasion, 'main'), signal))
      if (run.outcome !== 'ok' && run.outcome !== 'closed') await onError(bot, deployment, occasion, run, signal)
      return run
    },
    /** Without `@` and `!`: what the owner sends to everybody is no message of a user. */
    performBare: (bot: ActingBot, deployment: Deployment, occasion: Occasion, signal: AbortSignal): Promise<Run> =>
      runner.run(orderFor(bot, deployment, occasion, 'main'), signal),
  }
}

const orderFor = (
  bot: ActingBot,
  deployment: Deployment,
  occasion: Occasion,
  role: 'before' | 'main' | 'on-error',
): RunOrder => {
  const { commands, settings, env } = deployment
  const { command, trigger, updateId, settle } = occasion
  return {
    accountId: bot.account_id,
    botId: bot.id,
    token: bot.token,
    telegram: bot.telegram,
    updateId,
    command: command.name,
    code: command.code,
    preamble: role === 'before' ? '' : (commands.get('~')?.code ?? ''),
    settings,
    globals: { ...env, ...globalsFor(bot, occasion) },
    chat: { chatId: occasion.chatId ?? occasion.userId, userId: occasion.userId },
    trigger,
    chain: { depth: 0, cap: settings.chain_cap },
    lookUpCommand: role === 'on-error' ? refuseNested : (name) => commands.get(name)?.code,
    role,
    ...(settle === undefined ? {} : { settle }),
  }
}

const refuseNested = (): never => {
  throw new HostCallError('runCommand is not there for the command of errors: it could fail for ever.', {
    kind: 'RuntimeError',
  })
}

const globalsFor = (bot: ActingBot, occasion: Occasion): { [name: string]: Json } => ({
  message: occasion.message,
  call: occasion.call,
  msg: occasion.text,
  params: occasion.params,
  options: occasion.options,
  u: occasion.userId,
  user: occasion.userId,
  user_id: occasion.userId,
  chat: occasion.chat,
  chat_id: occasion.chatId ?? occasion.userId,
  update_type: occasion.updateType,
  callback_data: occasion.updateType === 'callback_query' ? occasion.text : null,
  command: occasion.command.name,
  bot_id: bot.id,
  left_points: LEFT_POINTS,
  bot: { username: bot.username, bot_username: bot.username, bot_id: bot.id, first_name: bot.name },
})
