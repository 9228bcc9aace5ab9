import { AppError } from '../../platform/errors.ts'
import { BotErrors } from '../errors.ts'
import type { Bot } from './contract.ts'
import { botCreation, type CreationOptions } from './creation.ts'
import { hashToken, tokenContext, whoHas } from './identity.ts'
import { type BotRow, type BotStatus, botRepo } from './repo.ts'

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
  simulated: row.simulated === 1,
  problem: row.problem,
  version: row.version,
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

  const setStatus = async (accountId: string, actor: string, id: string, status: BotStatus): Promise<void> => {
    await get(accountId, id)
    await database.transaction(async (tx) => {
      await botRepo(tx).setStatus(accountId, id, status, nowMs())
      await audit.append(tx, {
        accountId,
        actor,
        action: status === 'working' ? 'bot.started' : 'bot.stopped',
        target: id,
      })
    })
    changed(id)
  }

  return {
    /** @throws {AppError} BOT_NOT_FOUND */
    get,
    /** @throws {AppError} TOKEN_REFUSED, TOKEN_IN_USE, TELEGRAM_UNREACHABLE */
    create: async (accountId: string, actor: string, token: string, name: string | undefined): Promise<BotRow> =>
      created(accountId, await creation.create(accountId, actor, token, name)),
    /** A bot with no token, on the simulator; it works at once. */
    createSimulated: async (accountId: string, actor: string, name: string | undefined): Promise<BotRow> =>
      created(accountId, await creation.createSimulated(accountId, actor, name)),
    list: (accountId: string): Promise<BotRow[]> => repo.list(accountId),
    /** @throws {AppError} BOT_NOT_FOUND */
    async remove(accountId: string, actor: string, id: string): Promise<void> {
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
    async updateToken(accountId: string, actor: string, id: string, token: string): Promise<void> {
      const bot = await get(accountId, id)
      const hash = hashToken(hashKey, token)
      const known = await repo.findByToken(hash)
      if (known !== undefined && known.id !== id) throw new AppError(BotErrors.TOKEN_IN_USE)
      const me = await whoHas(telegram, token)
      const sealed = { sealed: sealer.seal(token, tokenContext(id)), hash, username: me.username, telegramId: me.id }
      await database.transaction(async (tx) => {
        if (!(await botRepo(tx).bumpRevision(accountId, id))) throw new AppError(BotErrors.BOT_NOT_FOUND)
        if (!(await botRepo(tx).setToken(accountId, id, sealed, nowMs()))) throw new AppError(BotErrors.TOKEN_IN_USE)
        await audit.append(tx, { accountId, actor, action: 'bot.token-changed', target: id })
      })
      if (bot.simulated === 1) simulator.forget(accountId, bot.telegram_id)
      changed(id)
    },
    start: (accountId: string, actor: string, id: string): Promise<void> => setStatus(accountId, actor, id, 'working'),
    stop: (accountId: string, actor: string, id: string): Promise<void> => setStatus(accountId, actor, id, 'stopped'),
  }
}
