import type { AuditLog } from '../../accounts/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { Sealer } from '../../platform/sealed.ts'
import { botRepo } from '../bots/repo.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { type SecretRow, secretRepo } from './repo.ts'

export interface SecretServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly sealer: Sealer
  readonly audit: AuditLog
}

export type SecretService = ReturnType<typeof secretService>

const MAX_SECRETS = 100

/** What code needs and nobody should read: keys of other services. A value goes in, and comes out in a run only. */
export const secretService = ({ database, clock, sealer, audit }: SecretServiceOptions) => {
  /** One change of a bot's secrets after the other. */
  const change = (by: By, botId: string, action: string, name: string, work: (tx: Db) => Promise<void>) =>
    database.transaction(async (tx) => {
      const { accountId, actor } = by
      if (!(await botRepo(tx).bumpRevision(accountId, botId))) throw new AppError(BotErrors.BOT_NOT_FOUND)
      await work(tx)
      await audit.append(tx, { accountId, actor, action, target: botId, data: { name } })
    })

  return {
    /** @throws {AppError} BOT_NOT_FOUND */
    async list(accountId: string, botId: string): Promise<SecretRow[]> {
      if ((await botRepo(database.db).find(accountId, botId)) === undefined) throw new AppError(BotErrors.BOT_NOT_FOUND)
      return secretRepo(database.db).list(accountId, botId)
    },
    /** @throws {AppError} BOT_NOT_FOUND, SECRET_LIMIT_REACHED */
    set: (by: By, botId: string, name: string, value: string): Promise<void> =>
      change(by, botId, 'bot.secret-set', name, async (tx) => {
        const known = await secretRepo(tx).list(by.accountId, botId)
        if (known.length >= MAX_SECRETS && !known.some((secret) => secret.name === name))
          throw new AppError(BotErrors.SECRET_LIMIT_REACHED)
        const sealed = sealer.seal(value, contextOf(botId, name))
        await secretRepo(tx).upsert(by.accountId, botId, name, sealed, clock.now().getTime())
      }),
    /** @throws {AppError} BOT_NOT_FOUND, SECRET_NOT_FOUND */
    remove: (by: By, botId: string, name: string): Promise<void> =>
      change(by, botId, 'bot.secret-deleted', name, async (tx) => {
        if (!(await secretRepo(tx).delete(by.accountId, botId, name))) throw new AppError(BotErrors.SECRET_NOT_FOUND)
      }),
    /**
     * For a run of the bot, and for nothing else. One that cannot be opened, because the encryption key of the server has
     * changed, is left out.
     *
     * @returns Values by name.
     */
    async secretsOf(accountId: string, botId: string): Promise<ReadonlyMap<string, string>> {
      const rows = await secretRepo(database.db).listSealed(accountId, botId)
      return new Map(
        rows.flatMap(({ name, sealed }): [string, string][] => {
          try {
            return [[name, sealer.open(sealed, contextOf(botId, name))]]
          } catch {
            return []
          }
        }),
      )
    },
  }
}

const contextOf = (botId: string, name: string): string => `bot:${botId}:secret:${name}`
