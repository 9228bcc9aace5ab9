import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { commandRepo } from '../commands/repo.ts'
import { HostCallError, type Json } from '../sandbox/index.ts'
import type { TimerService } from '../timers/service.ts'
import type { WaitService } from '../waits/service.ts'
import type { HostContext } from './context.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { bool, defaulting, json, number, optional, text, user } from './parameters.ts'
import { targetBot, targetParameters } from './targets.ts'

const MAX_OPTIONS_CHARS = 64 * 1024

const command = text('The name of a command.')
const optionsAbout = 'What the command finds as `options`.'

const handleNext = declare({
  name: 'Bot.handleNextCommand',
  parameters: {
    command,
    options: defaulting(json(optionsAbout), null),
    cancel_at_command: defaulting(bool('Whether a message that names a command ends the wait.'), false),
    expires_in: optional(number('Seconds after which nothing is waited for any more.')),
    user_id: optional(user('Whose message; the user of the run unless given.')),
    chat_id: optional(user('In which chat; the chat of the run unless given.')),
  },
  returns: 'dict',
  about: 'Runs a command with the next message of the user in the chat, whatever it is.',
  example: 'bot.sendMessage("How old are you?")\nBot.handleNextCommand("/age")',
  notes: 'It outlives restarts. Where the setting commands_always_win is on, a command ends every wait.',
})

const runAfter = declare({
  name: 'Bot.runCommandAfter',
  parameters: {
    timeout: json('Seconds, 0.1 to 366 days; or a date and time in ISO 8601, of UTC unless it names a zone.'),
    command: text('The name of a command; parameters may follow, as in a message.'),
    options: defaulting(json(optionsAbout), null),
    user_id: optional(user('For whom; the user of the run unless given.')),
    chat_id: optional(user('In which chat; the chat of the run unless given.')),
    params: optional(text('What the command finds as `params`.')),
    ...targetParameters,
    id: optional(text('Taken for compatibility.')),
  },
  returns: 'dict',
  about: 'Runs a command later, once: {id, command, timeout}.',
  example: 'task = Bot.runCommandAfter(60, "/remind", options={"text": "Tea!"})',
  notes: 'It outlives restarts. What is due while the bot is stopped runs when it works again.',
})

const cancelTask = declare({
  name: 'Bot.cancelScheduledTask',
  aliases: ['cancelScheduledTask'],
  parameters: { id: text('Of the task.'), ...targetParameters },
  returns: 'dict',
  about: 'Cancels a command that runCommandAfter has set.',
  example: 'Bot.cancelScheduledTask(task.id)',
})

export const schedulingDeclarations = [handleNext, runAfter, cancelTask] as const

export interface SchedulingParts {
  readonly waits: WaitService
  readonly timers: TimerService
}

export const schedulingHandlers = ({ waits, timers }: SchedulingParts): Handler[] => [
  handle(handleNext, async ({ command: name, options, cancel_at_command, expires_in, user_id, chat_id }, context) => {
    const userId = user_id ?? context.userId
    const chatId = chat_id ?? (user_id === null ? context.chatId : user_id)
    if (userId === null || chatId === null)
      throw new HostCallError('handleNextCommand() needs a user and a chat: this run has none', { kind: 'ValueError' })
    const { accountId, botId, updateId } = context
    if ((await findCommand(context.db, accountId, botId, name)) === undefined) throw unknownCommand(name)
    assertSmall(options)
    const expiresInMs = expires_in === null ? null : Math.max(0, expires_in * 1000)
    const place = { accountId, botId, userId, chatId }
    await waits.set(place, {
      command: name,
      options,
      cancelAtCommand: cancel_at_command,
      setByUpdate: updateId,
      expiresInMs,
    })
    return { ok: true, result: 'Next command handled', command: name, user_id: userId, chat_id: chatId }
  }),
  handle(runAfter, async (args, context) => {
    const { timeout, options, user_id, chat_id, params, bot_id } = args
    const botId = await targetBot(context, bot_id)
    const found = await findSpoken(context, botId, args.command)
    assertSmall(options)
    const afterMs = millisecondsOf(timeout, context)
    try {
      const task = await timers.create(context.accountId, botId, {
        command: found.command,
        afterMs,
        options,
        params: params ?? found.params,
        userId: user_id ?? context.userId,
        chatId: chat_id ?? (user_id === null ? context.chatId : user_id),
      })
      return { ok: true, id: task.id, command: found.command, timeout: afterMs / 1000, run_at: task.run_at }
    } catch (error) {
      if (error instanceof AppError) throw new HostCallError(error.message, { kind: 'ValueError', cause: error })
      throw error
    }
  }),
  handle(cancelTask, async ({ id, bot_id }, context) => {
    try {
      await timers.cancel(context.accountId, await targetBot(context, bot_id), id)
    } catch (error) {
      if (error instanceof AppError) throw new HostCallError(error.message, { kind: 'LookupError', cause: error })
      throw error
    }
    return { ok: true, result: 'Task cancelled', id }
  }),
]

const unknownCommand = (name: string): HostCallError =>
  new HostCallError(`There is no command '${name}'.`, { kind: 'LookupError' })

const assertSmall = (options: Json): void => {
  if (JSON.stringify(options).length > MAX_OPTIONS_CHARS)
    throw new HostCallError('options may have 64 KB at most', { kind: 'ValueError' })
}

const findCommand = async (db: Db, accountId: string, botId: string, name: string): Promise<string | undefined> =>
  (await commandRepo(db).find(accountId, botId, name))?.name

/** As in a message: the whole text is a name, or its first word with parameters behind. */
const findSpoken = async (
  { db, accountId }: HostContext,
  botId: string,
  spoken: string,
): Promise<{ command: string; params: string | null }> => {
  const whole = await findCommand(db, accountId, botId, spoken)
  if (whole !== undefined) return { command: whole, params: null }
  const [word = ''] = spoken.split(/\s/, 1)
  const command = word === spoken ? undefined : await findCommand(db, accountId, botId, word)
  if (command === undefined) throw unknownCommand(spoken)
  return { command, params: spoken.slice(word.length).trim() || null }
}

/** Python's clock stands at UTC, so what names no zone is of UTC, wherever the server is. */
const momentOf = (text: string): number => {
  const trimmed = text.trim()
  const isZoned = /(z|[+-]\d\d:?\d\d)$/i.test(trimmed)
  return Date.parse(isZoned || !trimmed.includes(':') ? trimmed : `${trimmed.replace(' ', 'T')}Z`)
}

/** @throws {HostCallError} for what is no time */
const millisecondsOf = (timeout: Json, { clock }: HostContext): number => {
  const seconds = typeof timeout === 'string' && timeout.trim() !== '' ? Number(timeout) : timeout
  if (typeof seconds === 'number' && Number.isFinite(seconds)) return seconds * 1000
  const at = typeof timeout === 'string' ? momentOf(timeout) : Number.NaN
  if (Number.isNaN(at))
    throw new HostCallError('runCommandAfter() needs seconds, or a date and time in ISO 8601', { kind: 'ValueError' })
  return at - clock.now().getTime()
}
