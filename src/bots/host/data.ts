import { accountPlace, botPlace, type Place, userPlace } from '../data/places.ts'
import type { DataService } from '../data/service.ts'
import type { StoredValue } from '../data/values-repo.ts'
import type { Json } from '../sandbox/index.ts'
import type { HostContext } from './context.ts'
import { type Declaration, declare, type Handler, handle } from './declaration.ts'
import { textOf, toFile, toValue } from './files.ts'
import { defaulting, list, optional, text, value } from './parameters.ts'
import { targetBot, targetParameters, targetUser } from './targets.ts'

const name = text('What it is kept under: 1 to 256 bytes.')
const data = value('Anything that JSON can carry.')
const user = optional(text('Whose it is; the current user unless given.'))
const except = optional(list('Names that stay.'))
const format = defaulting(text('"json" or "txt".'), 'json')
const file = text('The name of the value, or the name of the file without its ending.')
const target = targetParameters

/** The functions that Bot, User and Account have in common, with their own further parameters. */
const family = <P extends object>(group: 'Bot' | 'User' | 'Account', whose: string, more: P) => ({
  save: declare({
    name: `${group}.saveData`,
    parameters: { name, data, ...more },
    returns: 'dict',
    about: `Keeps a value ${whose}, in the place of what was kept under the name.`,
    example: `${group}.saveData("city", "Berlin")`,
  }),
  get: declare({
    name: `${group}.getData`,
    parameters: { name, ...more },
    returns: 'Any',
    about: `Gives what is kept ${whose}, or None.`,
    example: `${group}.getData("city") or "nowhere"`,
  }),
  remove: declare({
    name: `${group}.deleteData`,
    parameters: { name, ...more },
    returns: 'dict',
    about: `Forgets what is kept ${whose} under a name.`,
    example: `${group}.deleteData("city")`,
  }),
  file: declare({
    name: `${group}.getDataFile`,
    parameters: { name: file, format, ...more },
    returns: 'File',
    about: `Gives one value that is kept ${whose} as a file in memory.`,
    example: `bot.sendDocument(${group}.getDataFile("city", "txt"))`,
  }),
})

const bot = family('Bot', 'for the bot', target)
const ofUser = family('User', 'for a user of the bot', { user, ...target })
const account = family('Account', 'for all bots of the account', {})

const removeAllOfBot = declare({
  name: 'Bot.deleteAllData',
  parameters: { except_data: except, ...target },
  returns: 'dict',
  about: 'Forgets every value that is kept for the bot; those of its users stay.',
  example: 'Bot.deleteAllData(["settings"])',
})
const removeAllOfUser = declare({
  name: 'User.deleteAllData',
  aliases: ['User.deleteAllDataOfUser'],
  parameters: { user, except_data: except, ...target },
  returns: 'dict',
  about: 'Forgets every value that is kept for a user.',
  example: 'User.deleteAllData()',
})
const allOfBot = declare({
  name: 'Bot.getAllData',
  parameters: { name: defaulting(text('Name of the file, without its ending.'), 'data'), format, ...target },
  returns: 'File',
  about: 'Gives everything that is kept for the bot as a file in memory.',
  example: 'bot.sendDocument(Bot.getAllData("backup", "json"))',
})
const allOfUser = declare({
  name: 'User.getAllData',
  aliases: ['User.getAllDataOfUser'],
  parameters: { user, format, ...target },
  returns: 'File',
  about: 'Gives everything that is kept for a user as a file in memory.',
  example: 'bot.sendDocument(User.getAllData())',
})
const allOfAccount = declare({
  name: 'Account.getAllData',
  parameters: { format },
  returns: 'File',
  about: 'Gives everything that is kept for the account as a file in memory.',
  example: 'bot.sendDocument(Account.getAllData())',
})
const removeAllOfAccount = declare({
  name: 'Account.deleteAllData',
  parameters: { except_data: except },
  returns: 'dict',
  about: 'Forgets every value that is kept for the account.',
  example: 'Account.deleteAllData()',
})

export const dataDeclarations: readonly Declaration[] = [
  ...Object.values(bot),
  ...Object.values(ofUser),
  ...Object.values(account),
  removeAllOfBot,
  removeAllOfUser,
  removeAllOfAccount,
  allOfBot,
  allOfUser,
  allOfAccount,
]

/** Numbers and text as they are written in Python's reports of them; the rest as JSON. */
const readable = (json: string): string => {
  const parsed: unknown = JSON.parse(json)
  return typeof parsed === 'string' ? parsed : json
}

const valueFile = (context: HostContext, found: StoredValue | undefined, given: string, kind: string): Json => {
  const ending = kind.toLowerCase() === 'txt' ? 'txt' : 'json'
  const json = found?.value ?? 'null'
  const content = ending === 'txt' ? readable(json) : json
  return toFile(context, `${given}.${ending}`, Buffer.from(content))
}

const wholeFile = (context: HostContext, values: readonly StoredValue[], given: string, kind: string): Json => {
  const ending = kind.toLowerCase() === 'txt' ? 'txt' : 'json'
  const content =
    ending === 'txt'
      ? values.map(({ name, value }) => `${name}: ${readable(value)}\n`).join('')
      : `{${values.map(({ name, value }) => `${JSON.stringify(name)}: ${value}`).join(',\n ')}}\n`
  return toFile(context, `${given}.${ending}`, Buffer.from(content))
}

const SAVED = { ok: true, result: 'Added new data' }
const DELETED = { ok: true, result: 'deleted' }

export const dataHandlers = (service: DataService): Handler[] => {
  const ofBot = async (context: HostContext, botId: string | null): Promise<Place> =>
    botPlace(context.accountId, await targetBot(context, botId))
  const ofPerson = async (context: HostContext, botId: string | null, user: string | null): Promise<Place> =>
    userPlace(context.accountId, await targetBot(context, botId), targetUser(context, user, 'User'))
  const save = async (context: HostContext, place: Place, name: string, data: Json): Promise<Json> => {
    await service.put(place, name, textOf(context, data))
    return SAVED
  }
  const get = async (context: HostContext, place: Place, name: string): Promise<Json> =>
    toValue(context, (await service.find(place, name))?.value ?? null)
  const remove = async (place: Place, name: string): Promise<Json> => {
    await service.remove(place, name)
    return DELETED
  }
  const removeAll = async (place: Place, except: readonly Json[] | null): Promise<Json> => {
    await service.removeAll(place, (except ?? []).map(String))
    return DELETED
  }
  const ownFile = async (context: HostContext, place: Place, name: string, format: string): Promise<Json> =>
    valueFile(context, await service.find(place, name), name, format)
  const allFile = async (context: HostContext, place: Place, name: string, format: string): Promise<Json> =>
    wholeFile(context, await service.all(place), name, format)

  return [
    handle(bot.save, async (a, c) => save(c, await ofBot(c, a.bot_id), a.name, a.data)),
    handle(bot.get, async (a, c) => get(c, await ofBot(c, a.bot_id), a.name)),
    handle(bot.remove, async (a, c) => remove(await ofBot(c, a.bot_id), a.name)),
    handle(bot.file, async (a, c) => ownFile(c, await ofBot(c, a.bot_id), a.name, a.format)),
    handle(removeAllOfBot, async (a, c) => removeAll(await ofBot(c, a.bot_id), a.except_data)),
    handle(allOfBot, async (a, c) => allFile(c, await ofBot(c, a.bot_id), a.name, a.format)),
    handle(ofUser.save, async (a, c) => save(c, await ofPerson(c, a.bot_id, a.user), a.name, a.data)),
    handle(ofUser.get, async (a, c) => get(c, await ofPerson(c, a.bot_id, a.user), a.name)),
    handle(ofUser.remove, async (a, c) => remove(await ofPerson(c, a.bot_id, a.user), a.name)),
    handle(ofUser.file, async (a, c) => ownFile(c, await ofPerson(c, a.bot_id, a.user), a.name, a.format)),
    handle(removeAllOfUser, async (a, c) => removeAll(await ofPerson(c, a.bot_id, a.user), a.except_data)),
    handle(allOfUser, async (a, c) => allFile(c, await ofPerson(c, a.bot_id, a.user), 'user', a.format)),
    handle(account.save, async (a, c) => save(c, accountPlace(c.accountId), a.name, a.data)),
    handle(account.get, async (a, c) => get(c, accountPlace(c.accountId), a.name)),
    handle(account.remove, async (a, c) => remove(accountPlace(c.accountId), a.name)),
    handle(account.file, async (a, c) => ownFile(c, accountPlace(c.accountId), a.name, a.format)),
    handle(removeAllOfAccount, async (a, c) => removeAll(accountPlace(c.accountId), a.except_data)),
    handle(allOfAccount, async (a, c) => allFile(c, accountPlace(c.accountId), 'account', a.format)),
  ]
}
