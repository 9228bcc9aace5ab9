import { AppError } from '../../platform/errors.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import type { Bot } from './contract.ts'
import { botCreation, type CreationOptions, type Fill } from './creation.ts'
import { hashToken, tokenContext, whoHas } from './identity.ts'
import { type BotRow, type BotStatus, botRepo, type NewToken } from './repo.ts'
import { parseVersion } from './versions.ts'

export interface BotServiceOptions extends CreationOptions {
  /** Called after a bot was made, started, stopped or changed: the gateway looks again. */
  readonly changed: (botId: string) => void
}

export type BotService = ReturnType<typeof botService>

export const toBot = (row: BotRow): Bot => ({
  botid: row.id,
  bot_name: row.name,
  bot_username: row.username,
  status: row.status,
  needs_token: row.needs_token === 1,
  simulated: row.simulated === 1,
  problem: row.problem,
  version: row.version,
  folder: row.folder,
  created_at: new Date(row.created_at).toISOString(),
  updated_at: new Date(row.updated_at).toISOString(),
})

export const botService = (options: BotServiceOptions) => {
  const { database, clock, sealer, hashKey, telegram, simulator, audit, changed } = options
  const repo = botRepo(database.db)
  const creation = botCreation(options)
  const nowMs = (): number => clock.now().getTime()

  const get = async (accountId: string, id: string): Promise<BotRow> => {
    const row = await repo.find(accountId, id)
    if (row === undefined) throw new AppError(BotErrors.BOT_NOT_FOUND)
    return row
  }

  const created = (accountId: string, id: string): Promise<BotRow> => {
    changed(id)
    return get(accountId, id)
  }

  const setStatus = async ({ accountId, actor }: By, id: string, status: BotStatus): Promise<void> => {
    const bot = await get(accountId, id)
    // It is stopped already, and what it waits for stays said.
    if (bot.needs_token === 1 && status === 'stopped') return
    if (bot.needs_token === 1) throw new AppError(BotErrors.BOT_NEEDS_TOKEN)
    await database.transaction(async (tx) => {
      await botRepo(tx).setStatus(accountId, id, status, nowMs())
      const action = status === 'working' ? 'bot.started' : 'bot.stopped'
      await audit.append(tx, { accountId, actor, action, target: id })
    })
    changed(id)
  }

  /** @throws {AppError} BOT_NOT_FOUND, TOKEN_IN_USE */
  const setToken = async ({ accountId, actor }: By, bot: BotRow, token: NewToken): Promise<void> => {
    await database.transaction(async (tx) => {
      const bots = botRepo(tx)
      if (!(await bots.bumpRevision(accountId, bot.id))) throw new AppError(BotErrors.BOT_NOT_FOUND)
      await bots.lockToken(database.dialect, token.hash)
      if (!(await bots.setToken(accountId, bot.id, token, nowMs()))) throw new AppError(BotErrors.TOKEN_IN_USE)
      await audit.append(tx, { accountId, actor, action: 'bot.token-changed', target: bot.id })
    })
    if (bot.simulated === 1) simulator.forget(accountId, bot.telegram_id)
    changed(bot.id)
  }

  const toNewToken = (id: string, token: string, me: { id: number; username: string }, simulated: boolean) => ({
    sealed: sealer.seal(token, tokenContext(id)),
    hash: hashToken(hashKey, token),
    username: me.username,
    telegramId: me.id,
    simulated,
  })

  return {
    /** @throws {AppError} BOT_NOT_FOUND */
    get,
    /** @throws {AppError} TOKEN_REFUSED, TOKEN_IN_USE, TELEGRAM_UNREACHABLE */
    create: async (by: By, token: string, name: string | undefined): Promise<BotRow> =>
      created(by.accountId, await creation.create(by, token, name)),
    /** A bot with no token, on the simulator; it works at once. */
    createSimulated: async (by: By, name: string | undefined): Promise<BotRow> =>
      created(by.accountId, await creation.createSimulated(by, name)),
    /**
     * A copy with other contents: `fill` puts them in.
     *
     * @throws {AppError} BOT_NOT_FOUND, TOKEN_REFUSED, TOKEN_IN_USE, TELEGRAM_UNREACHABLE
     */
    async clone(by: By, id: string, wish: { token?: string | undefined; simulated: boolean }, fill: Fill) {
      const source = await get(by.accountId, id)
      return created(by.accountId, await creation.clone(by, source, wish, fill))
    },
    list: (accountId: string): Promise<BotRow[]> => repo.list(accountId),
    /** @throws {AppError} BOT_NOT_FOUND */
    async remove({ accountId, actor }: By, id: string): Promise<void> {
      const bot = await get(accountId, id)
      await database.transaction(async (tx) => {
        await botRepo(tx).markDeleted(accountId, id, nowMs())
        await audit.append(tx, { accountId, actor, action: 'bot.deleted', target: id })
      })
      changed(id)
      if (bot.simulated === 1) simulator.forget(accountId, bot.telegram_id)
    },
    /**
     * The bot goes on with the new token as it was with the old one: working or stopped.
     *
     * @throws {AppError} BOT_NOT_FOUND, TOKEN_REFUSED, TOKEN_IN_USE, TELEGRAM_UNREACHABLE
     */
    async updateToken(by: By, id: string, token: string): Promise<void> {
      const bot = await get(by.accountId, id)
      const known = await repo.findByToken(hashToken(hashKey, token))
      if (known !== undefined && known.id !== id) throw new AppError(BotErrors.TOKEN_IN_USE)
      const me = await whoHas(telegram, token)
      await setToken(by, bot, toNewToken(id, token, me, false))
    },
    /** Gives the bot an identity on the simulator of its account instead of a token. @throws {AppError} BOT_NOT_FOUND */
    async moveToSimulator(by: By, id: string): Promise<void> {
      const bot = await get(by.accountId, id)
      await creation.onSimulator(by.accountId, bot.name, ({ token, telegramId, username }) =>
        setToken(by, bot, toNewToken(id, token, { id: telegramId, username }, true)),
      )
    },
    /** @throws {AppError} BOT_NOT_FOUND, BOT_NEEDS_TOKEN */
    start: (by: By, id: string): Promise<void> => setStatus(by, id, 'working'),
    /** @throws {AppError} BOT_NOT_FOUND */
    stop: (by: By, id: string): Promise<void> => setStatus(by, id, 'stopped'),
    /** @throws {AppError} BOT_NOT_FOUND, VERSION_INVALID */
    async setVersion(accountId: string, id: string, version: string): Promise<void> {
      await get(accountId, id)
      await repo.setVersion(accountId, id, parseVersion(version))
      changed(id)
    },
    /** @param folder Empty or null: out of its folder. @throws {AppError} BOT_NOT_FOUND */
    async setFolder(accountId: string, id: string, folder: string | null): Promise<void> {
      await get(accountId, id)
      await repo.setFolder(accountId, id, folder || null)
    },
  }
}
