import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { botRepo } from '../bots/repo.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { commandRepo } from './repo.ts'
import type { Saving } from './saving.ts'

export interface CommandLimits {
  readonly commands: number
  readonly codeBytes: number
}

export interface CommandServiceOptions {
  readonly database: Database
  readonly clock: Clock
  readonly limits: CommandLimits
  /** Called after a bot's commands have changed. */
  readonly changed: (botId: string) => void
}

export type ChangeCommands = ReturnType<typeof commandChanges>

/**
 * Runs a change of a bot's commands in a transaction that proves the bot to be the account's. Changes of one bot come
 * one after the other, so that nobody takes a name between another's look and its write.
 */
export const commandChanges =
  ({ database, clock, changed }: Omit<CommandServiceOptions, 'limits'>) =>
  async <T>({ accountId, actor }: By, botId: string, work: (saving: Saving) => Promise<T>): Promise<T> => {
    const result = await database.transaction(async (tx) => {
      // First, because it locks the bot's row.
      if (!(await botRepo(tx).bumpRevision(accountId, botId))) throw new AppError(BotErrors.BOT_NOT_FOUND)
      return work({ tx, accountId, botId, actor, nowMs: clock.now().getTime() })
    })
    changed(botId)
    return result
  }

/** @throws {AppError} BOT_NOT_FOUND */
export const assertOwned = async (db: Db, accountId: string, botId: string): Promise<void> => {
  if ((await botRepo(db).find(accountId, botId)) === undefined) throw new AppError(BotErrors.BOT_NOT_FOUND)
}

/** @throws {AppError} CODE_TOO_LARGE */
export const assertCodeFits = (code: string, { codeBytes }: CommandLimits): void => {
  if (Buffer.byteLength(code) > codeBytes)
    throw new AppError(BotErrors.CODE_TOO_LARGE, {
      message: `The code of a command may have ${Math.floor(codeBytes / 1024)} KB at most`,
    })
}

/** Whether one more fits. @throws {AppError} COMMAND_LIMIT_REACHED */
export const assertRoom = async ({ tx, accountId, botId }: Saving, { commands }: CommandLimits): Promise<void> => {
  if ((await commandRepo(tx).count(accountId, botId)) >= commands) throw new AppError(BotErrors.COMMAND_LIMIT_REACHED)
}
