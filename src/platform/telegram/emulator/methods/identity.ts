import { z } from 'zod'
import { botUser } from '../dialogs.ts'
import { ApiFailure, badRequest } from '../failure.ts'
import { method } from '../method.ts'
import { json, shaped, text } from '../params.ts'
import { BotCommand } from '../state.ts'

/** A bot that has logged out may come back to the same server after this. @see https://core.telegram.org/bots/api#logout */
const LOGGED_OUT_SECONDS = 600
const MAX_COMMANDS = 100
const MAX_COMMAND_SETS = 100

const getMe = method(z.object({}), ({ bot }) => ({
  ...botUser(bot),
  can_join_groups: true,
  can_read_all_group_messages: true,
  supports_inline_queries: false,
  can_connect_to_business: false,
  has_main_web_app: false,
}))

const logOut = method(z.object({}), ({ bot, store, time, pollers, webhooks }) => {
  bot.loggedOutUntilMs = time.nowMs() + time.toMs(LOGGED_OUT_SECONDS)
  bot.webhook = null
  store.changed()
  pollers.drop(bot.id, new ApiFailure(400, 'Logged out'))
  webhooks.stop(bot.id)
  return true
})

const close = method(z.object({}), ({ bot, pollers }) => {
  pollers.drop(bot.id, new ApiFailure(500, 'Internal Server Error: restart'))
  return true
})

const scope = shaped(z.looseObject({ type: z.string() }), "can't parse BotCommandScope JSON object")

interface CommandTarget {
  scope: { type: string; chat_id?: unknown; user_id?: unknown } | undefined
  language_code: string
}

const commandsKey = ({ scope, language_code }: CommandTarget): string =>
  [scope?.type ?? 'default', scope?.chat_id ?? '', scope?.user_id ?? '', language_code].join(':')

const toCommands = (decoded: unknown): z.infer<typeof BotCommand>[] => {
  if (decoded === undefined) return []
  if (!Array.isArray(decoded)) throw badRequest('expected an Array of BotCommand')
  if (decoded.length > MAX_COMMANDS) throw badRequest('BOT_COMMANDS_TOO_MUCH')
  return decoded.map((item) => {
    const parsed = BotCommand.safeParse(item)
    if (!parsed.success) throw badRequest('can\'t parse BotCommand: Can\'t find field "command"')
    const command = parsed.data.command.replace(/^\//, '')
    const { description } = parsed.data
    if (command === '') throw badRequest('command must be non-empty')
    if (description.trim() === '') throw badRequest('command description must be non-empty')
    if (command.length > 32) throw badRequest('command length must not exceed 32')
    if (description.length > 256) throw badRequest('command description length must not exceed 256')
    if (!/^[a-z0-9_]+$/.test(command)) throw badRequest('BOT_COMMAND_INVALID')
    return { command, description }
  })
}

const setMyCommands = method(
  z.object({ commands: json("can't parse commands list JSON object"), scope, language_code: text }),
  ({ bot, store }, params) => {
    const commands = toCommands(params.commands)
    const { [commandsKey(params)]: _, ...others } = bot.commands
    // The oldest set goes: scopes are as many as there are chats and people.
    const kept = Object.entries(others).slice(-(MAX_COMMAND_SETS - 1))
    bot.commands = { ...Object.fromEntries(kept), [commandsKey(params)]: commands }
    store.changed()
    return true
  },
)

const getMyCommands = method(
  z.object({ scope, language_code: text }),
  ({ bot }, params) => bot.commands[commandsKey(params)] ?? [],
)

const deleteMyCommands = method(z.object({ scope, language_code: text }), ({ bot, store }, params) => {
  delete bot.commands[commandsKey(params)]
  store.changed()
  return true
})

export const identityMethods = { getMe, logOut, close, setMyCommands, getMyCommands, deleteMyCommands }
