import { AppError } from '../../platform/errors.ts'
import { botRepo } from '../bots/repo.ts'
import { BroadcastErrors } from '../broadcasts/contract.ts'
import { methodName } from '../broadcasts/routes.ts'
import type { BroadcastService } from '../broadcasts/service.ts'
import type { Source } from '../broadcasts/source.ts'
import type { Json } from '../sandbox/index.ts'
import type { HostContext } from './context.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { bool, defaulting, int, list, optional, text } from './parameters.ts'
import { targetBot, targetParameters } from './targets.ts'

const MAX_BOTS = 500
const id = text('Of the broadcast.')
const SPEED = 'Messages a second: 1 to 25, or more where the setting messages_per_second was raised.'

const broadcast = declare({
  name: 'Bot.broadcast',
  parameters: {
    code: optional(text('Python, run for each user with `bot` and `u`; what is no Python is sent as a text.')),
    callback_url: optional(text('Gets a POST with total, total_success and total_errors at the end.')),
    ...targetParameters,
    warnings: defaulting(bool('Taken for compatibility.'), true),
    command: optional(text('A command, run for each user, instead of code.')),
    function: optional(text('A method of the Bot API, such as send_message, instead of code.')),
    mode: defaulting(text('`single`: one bot; `multi`: those in bot_ids; `all`: all bots that work.'), 'single'),
    bot_ids: optional(list('The bots, with mode `multi`; 500 at most.')),
    speed: defaulting(int(SPEED), 8),
  },
  more: 'The parameters of `function`; in texts {first_name}, {username}, {user_name}, {user_id} and {chat_id} stand for the user.',
  returns: 'dict',
  about: 'Writes to all users: {status, message, broadcast_id, mode, speed}.',
  example: 'Bot.broadcast(function="send_message", text="Hello, {first_name}!", speed=10)',
  notes: 'The first message goes to the user of the run; if that fails, nobody else gets it.',
})

const controlOf = (name: string, about: string) =>
  declare({
    name: `Bot.${name}`,
    parameters: { broadcast_id: id, ...targetParameters },
    returns: 'dict',
    about,
    example: `Bot.${name}(broadcast_id)`,
  })

const status = controlOf(
  'getBroadcastStatus',
  'How a broadcast stands: state, total_users, total_success, total_errors.',
)
const progress = controlOf('getBroadcastProgress', 'How far it is: processed, remaining, progress_pct, eta_seconds.')
const pause = controlOf('pauseBroadcast', 'Pauses a broadcast.')
const resume = controlOf('resumeBroadcast', 'Lets a paused broadcast go on.')
const stop = controlOf('stopBroadcast', 'Stops a broadcast for good.')
const rerun = controlOf('rerunBroadcast', 'Makes the same broadcast again, to the users of today.')
const setSpeed = declare({
  name: 'Bot.setBroadcastSpeed',
  parameters: { broadcast_id: id, speed: int(SPEED), ...targetParameters },
  returns: 'dict',
  about: 'Changes the speed of a broadcast.',
  example: 'Bot.setBroadcastSpeed(broadcast_id, 20)',
})
const all = declare({
  name: 'Bot.getAllBroadcasts',
  aliases: ['Bot.listBroadcasts'],
  parameters: targetParameters,
  returns: 'list',
  about: 'The last hundred broadcasts of a bot, newest first.',
  example: 'Bot.getAllBroadcasts()',
})
const clear = declare({
  name: 'Bot.clearBroadcasts',
  parameters: targetParameters,
  returns: 'dict',
  about: 'Forgets the broadcasts that are over.',
  example: 'Bot.clearBroadcasts()',
})

export const broadcastDeclarations = [
  broadcast,
  status,
  progress,
  pause,
  resume,
  stop,
  rerun,
  setSpeed,
  all,
  clear,
] as const

interface Given {
  readonly code: string | null
  readonly command: string | null
  readonly function: string | null
  readonly more: { readonly [name: string]: Json }
}

/** @throws {AppError} BROADCAST_SOURCE_MISSING */
const sourceOf = ({ code, command, function: name, more }: Given): Source => {
  if ([code, command, name].filter((given) => given !== null).length !== 1)
    throw new AppError(BroadcastErrors.BROADCAST_SOURCE_MISSING)
  if (code !== null) return { mode: 'code', code, orText: true }
  if (command !== null) return { mode: 'command', command }
  return { mode: 'function', method: methodName(name ?? ''), params: { ...more } }
}

const botsOf = async (mode: string, given: readonly Json[] | null, bot: string | null, context: HostContext) => {
  if (mode === 'all') {
    const rows = await botRepo(context.db).list(context.accountId)
    return rows.filter((row) => row.status === 'working').map((row) => row.id)
  }
  if (mode !== 'multi') return [await targetBot(context, bot)]
  const ids: string[] = []
  for (const each of (given ?? []).slice(0, MAX_BOTS)) ids.push(await targetBot(context, String(each)))
  return ids
}

/** A script that asks for more than there is gets what there is. */
const speedFor = async (broadcasts: BroadcastService, accountId: string, botId: string, wanted: number) =>
  Math.max(1, Math.min(wanted, await broadcasts.maxSpeed(accountId, botId)))

export const broadcastHandlers = (broadcasts: BroadcastService): Handler[] => [
  handle(broadcast, async (args, context) => {
    try {
      const { callback_url: callbackUrl, mode } = args
      const source = sourceOf(args)
      const testChatId = context.userId ?? context.chatId
      const ids: string[] = []
      let speed = args.speed
      for (const botId of await botsOf(mode, args.bot_ids, args.bot_id, context)) {
        speed = await speedFor(broadcasts, context.accountId, botId, args.speed)
        const made = await broadcasts.create(context.accountId, botId, { source, speed, testChatId, callbackUrl })
        ids.push(made.broadcast_id)
      }
      const message = 'Task added Successfully'
      return { status: 'success', message, broadcast_id: ids[0] ?? null, broadcast_ids: ids, mode, speed }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      context.calls.warn(`broadcast: ${error.message}`)
      return { status: 'error', message: error.message }
    }
  }),
  ...(['get', 'pause', 'resume', 'stop', 'rerun'] as const).map((verb) =>
    handle({ get: status, pause, resume, stop, rerun }[verb], async ({ broadcast_id, bot_id }, context) => {
      return broadcasts[verb](context.accountId, await targetBot(context, bot_id), broadcast_id)
    }),
  ),
  handle(progress, async ({ broadcast_id, bot_id }, context) => {
    const botId = await targetBot(context, bot_id)
    const { state, processed, remaining, progress_pct, eta_seconds, total_users } = await broadcasts.get(
      context.accountId,
      botId,
      broadcast_id,
    )
    return { broadcast_id, state, total_users, processed, remaining, progress_pct, eta_seconds }
  }),
  handle(setSpeed, async ({ broadcast_id, speed, bot_id }, context) => {
    const botId = await targetBot(context, bot_id)
    const most = await speedFor(broadcasts, context.accountId, botId, speed)
    return broadcasts.setSpeed(context.accountId, botId, broadcast_id, most)
  }),
  handle(all, async ({ bot_id }, context) => {
    const { broadcasts: found } = await broadcasts.list(
      context.accountId,
      await targetBot(context, bot_id),
      100,
      undefined,
    )
    return found
  }),
  handle(clear, async ({ bot_id }, context) => {
    return { ok: true, cleared: await broadcasts.clear(context.accountId, await targetBot(context, bot_id)) }
  }),
]
