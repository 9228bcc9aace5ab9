import { createHmac, randomInt } from 'node:crypto'
import { z } from 'zod'
import type { AuditLog } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Sealer } from '../../platform/sealed.ts'
import { type BotApi, TelegramError } from '../../platform/telegram/api.ts'
import { BotErrors } from '../errors.ts'
import type { Bot } from './contract.ts'
import { type BotRow, botRepo } from './repo.ts'

/** Where simulated bots live. */
export interface SimulatorHome {
  /** @returns A new identity on the simulator. */
  register(bot: { name: string; username: string }): { token: string; telegramId: number }
  forget(telegramId: number): void
}

export interface BotServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly sealer: Sealer
  /** Keys the hash by which a token is found again. */
  readonly hashKey: string
  readonly telegram: BotApi
  readonly simulator: SimulatorHome
  readonly audit: AuditLog
  /** Called after a bot was started, stopped or changed: the gateway looks again. */
  readonly changed: (botId: string) => void
}

export type BotService = ReturnType<typeof botService>

const DEFAULT_VERSION = '4.19.0'
const GET_ME_TIMEOUT_MS = 10_000
const Me = z.looseObject({ id: z.int(), username: z.string().optional(), first_name: z.string() })

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

/** Sealed texts are bound to the row that they belong to. */
export const tokenContext = (botId: string): string => `bot:${botId}:token`

export const botService = (options: BotServiceOptions) => {
  const { database, clock, sealer, telegram, simulator, audit, changed } = options
  const repo = botRepo(database.db)
  const nowMs = (): number => clock.now().getTime()
  const hashOf = (token: string): Buffer => createHmac('sha256', options.hashKey).update(`bot-token:${token}`).digest()

  const get = async (accountId: string, id: string): Promise<BotRow> => {
    const row = await repo.find(accountId, id)
    if (row === undefined) throw new AppError(BotErrors.BOT_NOT_FOUND)
    return row
  }

  /** @throws {AppError} TOKEN_REFUSED, TELEGRAM_UNREACHABLE */
  const whoIs = async (token: string): Promise<{ id: number; username: string; name: string }> => {
    try {
      const me = Me.parse(await telegram.call(token, 'getMe', {}, { timeoutMs: GET_ME_TIMEOUT_MS }))
      return { id: me.id, username: me.username ?? '', name: me.first_name }
    } catch (error) {
      const refused = error instanceof TelegramError && [401, 404, 421].includes(error.errorCode)
      throw new AppError(refused ? BotErrors.TOKEN_REFUSED : BotErrors.TELEGRAM_UNREACHABLE, {
        cause: error,
        ...(refused ? {} : { retryAfterSeconds: 5 }),
      })
    }
  }

  const insert = async (accountId: string, actor: string, bot: NewBot): Promise<string> => {
    // Eight digits are few: another number is drawn when one is taken.
    for (let attempt = 0; attempt < 20; attempt++) {
      const id = String(randomInt(10_000_000, 100_000_000))
      const row = {
        id,
        account_id: accountId,
        name: bot.name,
        username: bot.username,
        telegram_id: bot.telegramId,
        token_sealed: sealer.seal(bot.token, tokenContext(id)),
        token_hash: hashOf(bot.token),
        simulated: bot.simulated ? 1 : 0,
        status: bot.simulated ? ('working' as const) : ('stopped' as const),
        version: DEFAULT_VERSION,
        created_at: nowMs(),
        updated_at: nowMs(),
      }
      const inserted = await database.transaction(async (tx) => {
        if (!(await botRepo(tx).insert(row))) return false
        await audit.append(tx, {
          accountId,
          actor,
          action: 'bot.created',
          target: id,
          data: { simulated: bot.simulated },
        })
        return true
      })
      if (inserted) return id
      if ((await repo.findByToken(row.token_hash)) !== undefined) throw new AppError(BotErrors.TOKEN_IN_USE)
    }
    throw new Error('No free bot number was found.')
  }

  const power = async (accountId: string, actor: string, id: string, status: 'working' | 'stopped'): Promise<void> => {
    await get(accountId, id)
    await database.transaction(async (tx) => {
      await botRepo(tx).setStatus(accountId, id, status, null, nowMs())
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
    get,
    /** @throws {AppError} TOKEN_REFUSED, TOKEN_IN_USE, TELEGRAM_UNREACHABLE */
    async create(accountId: string, actor: string, token: string, name: string | undefined): Promise<BotRow> {
      const known = await repo.findByToken(hashOf(token))
      if (known !== undefined && known.account_id !== accountId) throw new AppError(BotErrors.TOKEN_IN_USE)
      if (known !== undefined) return get(accountId, known.id)
      const me = await whoIs(token)
      const draft = { token, name: name ?? me.name, username: me.username, telegramId: me.id, simulated: false }
      return get(accountId, await insert(accountId, actor, draft))
    },
    /** A bot with no token, on the simulator; it works at once. */
    async createSimulated(accountId: string, actor: string, name: string | undefined): Promise<BotRow> {
      const title = name ?? 'Simulated bot'
      const username = `${slug(title)}_${randomInt(1000, 10_000)}_bot`
      const identity = simulator.register({ name: title, username })
      const draft = { token: identity.token, name: title, username, telegramId: identity.telegramId, simulated: true }
      const id = await insert(accountId, actor, draft)
      changed(id)
      return get(accountId, id)
    },
    list: (accountId: string): Promise<BotRow[]> => repo.list(accountId),
    /** @throws {AppError} BOT_NOT_FOUND */
    async remove(accountId: string, actor: string, id: string): Promise<void> {
      const bot = await get(accountId, id)
      await database.transaction(async (tx) => {
        await botRepo(tx).markDeleted(accountId, id, nowMs())
        await audit.append(tx, { accountId, actor, action: 'bot.deleted', target: id })
      })
      changed(id)
      if (bot.simulated === 1) simulator.forget(bot.telegram_id)
    },
    /** The bot goes on with the new token as it was with the old one: working or stopped. */
    async updateToken(accountId: string, actor: string, id: string, token: string): Promise<void> {
      const bot = await get(accountId, id)
      const known = await repo.findByToken(hashOf(token))
      if (known !== undefined && known.id !== id) throw new AppError(BotErrors.TOKEN_IN_USE)
      const me = await whoIs(token)
      const sealed = {
        sealed: sealer.seal(token, tokenContext(id)),
        hash: hashOf(token),
        username: me.username,
        telegramId: me.id,
      }
      await database.transaction(async (tx) => {
        await botRepo(tx).setToken(accountId, id, sealed, nowMs())
        await botRepo(tx).bumpRevision(accountId, id)
        await audit.append(tx, { accountId, actor, action: 'bot.token-changed', target: id })
      })
      if (bot.simulated === 1) simulator.forget(bot.telegram_id)
      changed(id)
    },
    start: (accountId: string, actor: string, id: string): Promise<void> => power(accountId, actor, id, 'working'),
    stop: (accountId: string, actor: string, id: string): Promise<void> => power(accountId, actor, id, 'stopped'),
  }
}

interface NewBot {
  readonly token: string
  readonly name: string
  readonly username: string
  readonly telegramId: number
  readonly simulated: boolean
}

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 16) || 'my'
