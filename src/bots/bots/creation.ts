import { randomInt } from 'node:crypto'
import type { AuditLog } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Sealer } from '../../platform/sealed.ts'
import type { BotApi } from '../../platform/telegram/api.ts'
import { BotErrors } from '../errors.ts'
import { hashToken, tokenContext, whoHas } from './identity.ts'
import { botRepo } from './repo.ts'

/** Where simulated bots live. */
export interface SimulatorHome {
  /** @returns A new identity on the account's simulator. */
  register(accountId: string, bot: { name: string; username: string }): { token: string; telegramId: number }
  forget(accountId: string, telegramId: number): void
}

export interface CreationOptions {
  readonly database: Database
  readonly clock: Clock
  readonly sealer: Sealer
  /** Keys the hash by which a token is found again. */
  readonly hashKey: string
  readonly telegram: BotApi
  readonly simulator: SimulatorHome
  readonly audit: AuditLog
}

interface NewBot {
  readonly token: string
  readonly name: string
  readonly username: string
  readonly telegramId: number
  readonly simulated: boolean
}

const DEFAULT_VERSION = '4.19.0'
const MAX_DRAWS = 20

/** Eight digits are few: whoever inserts it draws again when it is taken. */
export const newBotId = (): string => String(randomInt(10_000_000, 100_000_000))

/** Makes bots. Each function gives the new bot's id. */
export const botCreation = ({ database, clock, sealer, hashKey, telegram, simulator, audit }: CreationOptions) => {
  const repo = botRepo(database.db)

  const toRow = (accountId: string, id: string, bot: NewBot) => {
    const nowMs = clock.now().getTime()
    return {
      id,
      account_id: accountId,
      name: bot.name,
      username: bot.username,
      telegram_id: bot.telegramId,
      token_sealed: sealer.seal(bot.token, tokenContext(id)),
      token_hash: hashToken(hashKey, bot.token),
      simulated: bot.simulated ? 1 : 0,
      status: bot.simulated ? ('working' as const) : ('stopped' as const),
      version: DEFAULT_VERSION,
      settings: '{}',
      needs_token: 0,
      created_at: nowMs,
      updated_at: nowMs,
    }
  }

  /** @returns undefined if the number or the token is taken. */
  const insert = (accountId: string, actor: string, bot: NewBot): Promise<string | undefined> =>
    database.transaction(async (tx) => {
      const id = newBotId()
      const row = toRow(accountId, id, bot)
      await botRepo(tx).lockToken(database.dialect, row.token_hash)
      if (!(await botRepo(tx).insert(row))) return undefined
      await audit.append(tx, {
        accountId,
        actor,
        action: 'bot.created',
        target: id,
        data: { simulated: bot.simulated },
      })
      return id
    })

  /** @throws {AppError} TOKEN_IN_USE */
  const findOwn = async (accountId: string, token: string): Promise<string | undefined> => {
    const known = await repo.findByToken(hashToken(hashKey, token))
    if (known !== undefined && known.account_id !== accountId) throw new AppError(BotErrors.TOKEN_IN_USE)
    return known?.id
  }

  const insertOrFind = async (accountId: string, actor: string, bot: NewBot): Promise<string> => {
    // Eight digits are few: another number is drawn when one is taken.
    for (let draw = 0; draw < MAX_DRAWS; draw++) {
      const id = (await insert(accountId, actor, bot)) ?? (await findOwn(accountId, bot.token))
      if (id !== undefined) return id
    }
    throw new Error('No free bot number was found.')
  }

  const register = (accountId: string, name: string): { token: string; telegramId: number; username: string } => {
    const username = `${slug(name)}_${randomInt(1000, 10_000)}_bot`
    return { ...simulator.register(accountId, { name, username }), username }
  }

  return {
    /** The same token again is the same bot. @throws {AppError} TOKEN_REFUSED, TOKEN_IN_USE, TELEGRAM_UNREACHABLE */
    async create(accountId: string, actor: string, token: string, name: string | undefined): Promise<string> {
      const known = await findOwn(accountId, token)
      if (known !== undefined) return known
      const me = await whoHas(telegram, token)
      const bot = { token, name: name ?? me.name, username: me.username, telegramId: me.id, simulated: false }
      return insertOrFind(accountId, actor, bot)
    },
    /** A new identity on the simulator of the account. */
    register,
    async createSimulated(accountId: string, actor: string, name = 'Simulated bot'): Promise<string> {
      const { token, telegramId, username } = register(accountId, name)
      try {
        return await insertOrFind(accountId, actor, { token, name, username, telegramId, simulated: true })
      } catch (error) {
        simulator.forget(accountId, telegramId)
        throw error
      }
    },
  }
}

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 16) || 'my'
