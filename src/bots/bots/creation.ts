import { randomInt } from 'node:crypto'
import type { AuditLog } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Sealer } from '../../platform/sealed.ts'
import type { BotApi } from '../../platform/telegram/api.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { hashToken, tokenContext, whoHas } from './identity.ts'
import { type BotRow, botRepo } from './repo.ts'
import { tokenless } from './tokenless.ts'

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

interface Identity {
  readonly token: string
  readonly username: string
  readonly telegramId: number
  readonly simulated: boolean
}

interface NewBot {
  readonly name: string
  /** Without one it waits for a token. */
  readonly identity: Identity | undefined
  /** Of the bot that it is a copy of. */
  readonly from?: Pick<BotRow, 'id' | 'version' | 'settings' | 'folder'> | undefined
}

/** Puts into a new bot what belongs in it, in the transaction that makes it. */
export type Fill = (tx: Db, botId: string) => Promise<void>

const DEFAULT_VERSION = '4.19.0'
const MAX_DRAWS = 20

/** Makes bots. Each function gives the new bot's id. */
export const botCreation = ({ database, clock, sealer, hashKey, telegram, simulator, audit }: CreationOptions) => {
  const repo = botRepo(database.db)

  const toRow = (accountId: string, id: string, { name, identity, from }: NewBot) => {
    const nowMs = clock.now().getTime()
    return {
      id,
      account_id: accountId,
      name,
      username: identity?.username ?? '',
      telegram_id: identity?.telegramId ?? 0,
      simulated: identity?.simulated ? 1 : 0,
      version: from?.version ?? DEFAULT_VERSION,
      settings: from?.settings ?? '{}',
      folder: from?.folder ?? null,
      created_at: nowMs,
      updated_at: nowMs,
      ...(identity === undefined ? tokenless('cloned') : tokenColumns(id, identity)),
    }
  }

  const tokenColumns = (id: string, { token, simulated }: Identity) => ({
    token_sealed: sealer.seal(token, tokenContext(id)),
    token_hash: hashToken(hashKey, token),
    needs_token: 0,
    status: simulated ? ('working' as const) : ('stopped' as const),
    problem: null,
  })

  /** @returns undefined if the number or the token is taken. */
  const insert = ({ accountId, actor }: By, bot: NewBot, fill?: Fill): Promise<string | undefined> =>
    database.transaction(async (tx) => {
      const id = String(randomInt(10_000_000, 100_000_000))
      const row = toRow(accountId, id, bot)
      await botRepo(tx).lockToken(database.dialect, row.token_hash)
      if (!(await botRepo(tx).insert(row))) return undefined
      await fill?.(tx, id)
      const data = { simulated: row.simulated === 1, ...(bot.from === undefined ? {} : { cloned_from: bot.from.id }) }
      await audit.append(tx, { accountId, actor, action: 'bot.created', target: id, data })
      return id
    })

  /** Eight digits are few: another number is drawn when one is taken. @param taken Asked why nothing was made. */
  const draw = async (make: () => Promise<string | undefined>, taken: () => Promise<string | undefined>) => {
    for (let attempt = 0; attempt < MAX_DRAWS; attempt++) {
      const id = (await make()) ?? (await taken())
      if (id !== undefined) return id
    }
    throw new Error('No free bot number was found.')
  }

  /** @throws {AppError} TOKEN_IN_USE */
  const findOwn = async (accountId: string, token: string): Promise<string | undefined> => {
    const known = await repo.findByToken(hashToken(hashKey, token))
    if (known !== undefined && known.account_id !== accountId) throw new AppError(BotErrors.TOKEN_IN_USE)
    return known?.id
  }

  /** @throws {AppError} TOKEN_IN_USE */
  const assertUnused = async (token: string): Promise<undefined> => {
    if ((await repo.findByToken(hashToken(hashKey, token))) !== undefined) throw new AppError(BotErrors.TOKEN_IN_USE)
  }

  /** @throws {AppError} TOKEN_REFUSED, TELEGRAM_UNREACHABLE */
  const identify = async (token: string): Promise<{ identity: Identity; name: string }> => {
    const { id, username, name } = await whoHas(telegram, token)
    return { identity: { token, username, telegramId: id, simulated: false }, name }
  }

  /** A new identity on the simulator of the account, which is forgotten if nothing comes of it. */
  const onSimulator = async <T>(accountId: string, name: string, make: (identity: Identity) => Promise<T>) => {
    const username = `${slug(name)}_${randomInt(1000, 10_000)}_bot`
    const { token, telegramId } = simulator.register(accountId, { name, username })
    try {
      return await make({ token, telegramId, username, simulated: true })
    } catch (error) {
      simulator.forget(accountId, telegramId)
      throw error
    }
  }

  return {
    onSimulator,
    /** The same token again is the same bot. @throws {AppError} TOKEN_REFUSED, TOKEN_IN_USE, TELEGRAM_UNREACHABLE */
    async create(by: By, token: string, given: string | undefined): Promise<string> {
      const known = await findOwn(by.accountId, token)
      if (known !== undefined) return known
      const { identity, name } = await identify(token)
      return draw(
        () => insert(by, { name: given ?? name, identity }),
        () => findOwn(by.accountId, token),
      )
    },
    createSimulated: (by: By, name = 'Simulated bot'): Promise<string> =>
      onSimulator(by.accountId, name, (identity) =>
        draw(
          () => insert(by, { name, identity }),
          () => findOwn(by.accountId, identity.token),
        ),
      ),
    /**
     * @param wish A token; or `simulated`; or neither, and the copy waits for a token.
     * @throws {AppError} TOKEN_REFUSED, TOKEN_IN_USE, TELEGRAM_UNREACHABLE
     */
    async clone(by: By, from: BotRow, wish: { token?: string | undefined; simulated: boolean }, fill: Fill) {
      const { name } = from
      const { token, simulated } = wish
      const make = (identity: Identity | undefined): Promise<string> =>
        draw(
          () => insert(by, { name, identity, from }, fill),
          async () => (identity === undefined ? undefined : assertUnused(identity.token)),
        )
      if (simulated) return onSimulator(by.accountId, name, make)
      if (token === undefined) return make(undefined)
      await assertUnused(token)
      return make((await identify(token)).identity)
    },
  }
}

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 16) || 'my'
