import { type BotRow, botRepo } from '../bots/repo.ts'
import type { BotService } from '../bots/service.ts'
import type { CommandService } from '../commands/service.ts'
import type { By } from '../envelope.ts'
import { usersFile } from '../exports/users.ts'
import { HostCallError, type Json } from '../sandbox/index.ts'
import { botUserRepo } from '../users/repo.ts'
import type { HostContext } from './context.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { toFile } from './files.ts'
import { bool, defaulting, optional, text } from './parameters.ts'
import { targetBot, targetParameters } from './targets.ts'

/** There is nothing to pay for; scripts print it. */
const POINTS = 100_000
const MAX_USERS_BYTES = 32 * 1024 * 1024

const bot_id = text('The id of a bot of the account.')
const command = text('Its name.')
const code = text('Python.')

const info = declare({
  name: 'Bot.info',
  parameters: targetParameters,
  returns: 'dict',
  about: 'What is known of a bot: bot_id, username, first_name, status, and the token where the owner made it visible.',
  example: 'Bot.info().username',
})
const status = declare({
  name: 'Bot.status',
  aliases: ['Account.bot_status'],
  parameters: targetParameters,
  returns: 'str',
  about: 'The status of a bot: working, stopped, cloned or transferred.',
  example: 'Bot.status()',
})
const start = declare({
  name: 'Bot.start',
  aliases: ['Account.start_bot'],
  parameters: targetParameters,
  returns: 'dict',
  about: 'Starts another bot of the account.',
  example: 'Bot.start("12345678")',
})
const stop = declare({
  name: 'Bot.stop',
  aliases: ['Account.stop_bot'],
  parameters: targetParameters,
  returns: 'dict',
  about: 'Stops a bot of the account; this one when none is named.',
  example: 'Bot.stop("12345678")',
})
const usersOf = declare({
  name: 'Bot.getBotUsersFile',
  parameters: {
    format: defaulting(text('"json" or "csv".'), 'json'),
    include_creation_date: defaulting(bool('When they first wrote.'), false),
    include_last_active_date: defaulting(bool('When they last wrote.'), false),
    ...targetParameters,
  },
  returns: 'File',
  about: 'Gives the users of a bot as a file in memory.',
  example: 'bot.sendDocument(Bot.getBotUsersFile("csv"))',
})
const accountInfo = declare({
  name: 'Account.info',
  parameters: {},
  returns: 'dict',
  about: 'What is known of the account: its id, its number of bots, and points, of which there are always enough.',
  example: 'Account.info().bots',
})
const listBots = declare({
  name: 'Account.list_bots',
  aliases: ['Account.get_bots', 'Account.getBots'],
  parameters: {},
  returns: 'dict',
  about: 'The bots of the account.',
  example: 'for each in Account.list_bots()["result"]: print(each.bot_name)',
})
const createBot = declare({
  name: 'Account.create_bot',
  parameters: { bot_token: text('What BotFather gave.'), bot_name: optional(text('A name for the owner.')) },
  returns: 'dict',
  about: 'Makes a bot and starts it.',
  example: 'Account.create_bot("123:ABC", "Helper")',
})
const deleteBot = declare({
  name: 'Account.delete_bot',
  parameters: { bot_id },
  returns: 'dict',
  about: 'Moves a bot to the trash.',
  example: 'Account.delete_bot("12345678")',
})
const listCommands = declare({
  name: 'Account.list_commands',
  aliases: ['Account.get_commands'],
  parameters: { bot_id: optional(bot_id) },
  returns: 'dict',
  about: 'The names of the commands of a bot.',
  example: 'Account.list_commands()["result"]',
})
const getCommand = declare({
  name: 'Account.get_command',
  aliases: ['Account.command_info'],
  parameters: { command, bot_id: optional(bot_id) },
  returns: 'dict',
  about: 'A command of a bot, with its code.',
  example: 'Account.get_command("/start")["result"].code',
})
const createCommand = declare({
  name: 'Account.create_command',
  parameters: { command, code, bot_id: optional(bot_id) },
  returns: 'dict',
  about: 'Adds a command to a bot.',
  example: 'Account.create_command("/hi", "bot.sendMessage(\\"hi\\")")',
})
const editCommand = declare({
  name: 'Account.edit_command',
  parameters: { command, code, bot_id: optional(bot_id) },
  returns: 'dict',
  about: 'Gives a command of a bot other code.',
  example: 'Account.edit_command("/hi", "bot.sendMessage(\\"hello\\")")',
})
const deleteCommand = declare({
  name: 'Account.delete_command',
  parameters: { command, bot_id: optional(bot_id) },
  returns: 'dict',
  about: 'Moves a command of a bot to the trash.',
  example: 'Account.delete_command("/hi")',
})

export const accountDeclarations = [
  info,
  status,
  start,
  stop,
  usersOf,
  accountInfo,
  listBots,
  createBot,
  deleteBot,
  listCommands,
  getCommand,
  createCommand,
  editCommand,
  deleteCommand,
] as const

const atMost = async (source: AsyncIterable<Buffer | string>, maxBytes: number): Promise<Buffer> => {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of source) {
    const bytes = Buffer.from(piece)
    sizeBytes += bytes.length
    if (sizeBytes > maxBytes)
      throw new HostCallError('there are too many users for a file in memory: export them instead')
    pieces.push(bytes)
  }
  return Buffer.concat(pieces)
}

const byOf = ({ accountId, botId }: HostContext): By => ({ accountId, actor: `bot:${botId}` })

const shown = (row: BotRow) => ({
  bot_id: row.id,
  botid: row.id,
  bot_name: row.name,
  first_name: row.name,
  username: row.username,
  bot_username: row.username,
  status: row.status,
  account_points: POINTS,
})

const done = (result: Json, more: { [name: string]: Json } = {}): Json => ({ ok: true, result, ...more })

export interface AccountCalls {
  readonly bots: Pick<BotService, 'get' | 'list' | 'start' | 'stop' | 'create' | 'remove'>
  readonly commands: Pick<CommandService, 'list' | 'get' | 'create' | 'update' | 'remove'>
}

const botHandlers = ({ bots }: AccountCalls): Handler[] => [
  handle(info, async ({ bot_id }, context) => {
    const id = await targetBot(context, bot_id)
    const row = await bots.get(context.accountId, id)
    const token = context.isTokenVisible && id === context.botId ? context.token : null
    return { ...shown(row), token }
  }),
  handle(status, async ({ bot_id }, context) => {
    const row = await bots.get(context.accountId, await targetBot(context, bot_id))
    return row.status
  }),
  handle(start, async ({ bot_id }, context) => {
    await bots.start(byOf(context), await targetBot(context, bot_id))
    return done('Bot started successfully')
  }),
  handle(stop, async ({ bot_id }, context) => {
    await bots.stop(byOf(context), await targetBot(context, bot_id))
    return done('Bot stopped successfully')
  }),
  handle(usersOf, async ({ bot_id, ...wish }, context) => {
    const id = await targetBot(context, bot_id)
    const format = wish.format.toLowerCase() === 'csv' ? 'csv' : 'json'
    const { include_creation_date, include_last_active_date } = wish
    const rows = usersFile(botUserRepo(context.db), context.accountId, id, {
      format,
      include_creation_date,
      include_last_active_date,
    })
    return toFile(context, `users.${format}`, await atMost(rows, MAX_USERS_BYTES))
  }),
  handle(accountInfo, async (_args, { accountId, db }) => {
    const rows = await botRepo(db).list(accountId)
    return { account_id: accountId, bots: rows.length, account_points: POINTS, points: POINTS }
  }),
  handle(listBots, async (_args, { accountId }) => done((await bots.list(accountId)).map(shown))),
  handle(createBot, async ({ bot_token, bot_name }, context) => {
    const row = await bots.create(byOf(context), bot_token, bot_name ?? undefined)
    await bots.start(byOf(context), row.id)
    return done('Bot created successfully', { botid: row.id })
  }),
  handle(deleteBot, async ({ bot_id }, context) => {
    await bots.remove(byOf(context), await targetBot(context, bot_id))
    return done('Bot deleted successfully')
  }),
]

const commandHandlers = ({ commands }: AccountCalls): Handler[] => [
  handle(listCommands, async ({ bot_id }, context) => {
    const rows = await commands.list(context.accountId, await targetBot(context, bot_id))
    return done(rows.map(({ name }) => name))
  }),
  handle(getCommand, async ({ command, bot_id }, context) => {
    const row = await commands.get(context.accountId, await targetBot(context, bot_id), command)
    return done({ command: row.name, code: row.code })
  }),
  handle(createCommand, async ({ command, code, bot_id }, context) => {
    await commands.create(byOf(context), await targetBot(context, bot_id), command, { code })
    return done('Command created successfully')
  }),
  handle(editCommand, async ({ command, code, bot_id }, context) => {
    await commands.update(byOf(context), await targetBot(context, bot_id), command, { code })
    return done('Command updated successfully')
  }),
  handle(deleteCommand, async ({ command, bot_id }, context) => {
    await commands.remove(byOf(context), await targetBot(context, bot_id), command)
    return done('Command deleted successfully')
  }),
]

/** What commands may do with the bots of their account. */
export const accountHandlers = (calls: AccountCalls): Handler[] => [...botHandlers(calls), ...commandHandlers(calls)]
