import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { botRepo } from '../bots/repo.ts'
import { BotErrors } from '../errors.ts'
import { toCommandName } from './names.ts'
import { type CommandChange, type CommandRow, commandRepo } from './repo.ts'

export interface CommandServiceOptions {
  readonly database: Database
  readonly clock: Clock
  /** Called after a bot's commands have changed. */
  readonly changed: (botId: string) => void
}

export interface CommandFlags {
  readonly pinned?: boolean | undefined
  readonly is_pinned?: boolean | undefined
  readonly admin_only?: boolean | undefined
  readonly folder?: string | null | undefined
}

export type CommandService = ReturnType<typeof commandService>

const MAX_COMMANDS = 400
const MAX_CODE_BYTES = 256 * 1024

export const commandService = ({ database, clock, changed }: CommandServiceOptions) => {
  const nowMs = (): number => clock.now().getTime()

  /** Runs a change of a bot's commands in a transaction that proves the bot to be the account's. */
  const change = async (accountId: string, botId: string, work: (tx: Db) => Promise<void>): Promise<void> => {
    await database.transaction(async (tx) => {
      // First, because it locks the bot's row: changes of one bot come one after the other, so that nobody takes a name
      // between another's look and its write.
      if (!(await botRepo(tx).bumpRevision(accountId, botId))) throw new AppError(BotErrors.BOT_NOT_FOUND)
      await work(tx)
    })
    changed(botId)
  }

  return {
    /** @throws {AppError} BOT_NOT_FOUND, COMMAND_EXISTS, COMMAND_NAME_INVALID, COMMAND_LIMIT_REACHED, CODE_TOO_LARGE */
    async create(accountId: string, botId: string, given: string, code: string, flags: CommandFlags): Promise<void> {
      const name = toCommandName(given)
      assertCodeFits(code)
      await change(accountId, botId, async (tx) => {
        const commands = commandRepo(tx)
        if ((await commands.count(accountId, botId)) >= MAX_COMMANDS)
          throw new AppError(BotErrors.COMMAND_LIMIT_REACHED)
        const row: CommandRow = {
          id: newId('cmd'),
          name,
          code,
          is_pinned: (flags.pinned ?? flags.is_pinned) ? 1 : 0,
          admin_only: flags.admin_only ? 1 : 0,
          folder: flags.folder || null,
          created_at: nowMs(),
        }
        if (!(await commands.insert(accountId, botId, row))) throw new AppError(BotErrors.COMMAND_EXISTS)
      })
    },
    /** @throws {AppError} BOT_NOT_FOUND */
    async list(accountId: string, botId: string): Promise<CommandRow[]> {
      await assertOwned(database.db, accountId, botId)
      return commandRepo(database.db).list(accountId, botId)
    },
    /** @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_FOUND */
    async get(accountId: string, botId: string, name: string): Promise<CommandRow> {
      await assertOwned(database.db, accountId, botId)
      const row = await commandRepo(database.db).find(accountId, botId, name)
      if (row === undefined) throw new AppError(BotErrors.COMMAND_NOT_FOUND)
      return row
    },
    /** @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_FOUND, CODE_TOO_LARGE */
    async update(accountId: string, botId: string, name: string, code: string, flags: CommandFlags): Promise<void> {
      assertCodeFits(code)
      await change(accountId, botId, async (tx) => {
        const done = await commandRepo(tx).update(accountId, botId, name, { code, ...toChange(flags) }, nowMs())
        if (!done) throw new AppError(BotErrors.COMMAND_NOT_FOUND)
      })
    },
    /** @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_FOUND */
    remove: (accountId: string, botId: string, name: string): Promise<void> =>
      change(accountId, botId, async (tx) => {
        if (!(await commandRepo(tx).markDeleted(accountId, botId, name, nowMs())))
          throw new AppError(BotErrors.COMMAND_NOT_FOUND)
      }),
    /** @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_EXISTS, COMMAND_NAME_INVALID */
    async rename(accountId: string, botId: string, name: string, given: string): Promise<void> {
      const newName = toCommandName(given)
      await change(accountId, botId, async (tx) => {
        const commands = commandRepo(tx)
        const taken = newName !== name && (await commands.find(accountId, botId, newName)) !== undefined
        if (taken) throw new AppError(BotErrors.COMMAND_EXISTS)
        if (!(await commands.update(accountId, botId, name, { name: newName }, nowMs())))
          throw new AppError(BotErrors.COMMAND_NOT_FOUND)
      })
    },
  }
}

const assertCodeFits = (code: string): void => {
  if (Buffer.byteLength(code) > MAX_CODE_BYTES) throw new AppError(BotErrors.CODE_TOO_LARGE)
}

const assertOwned = async (db: Db, accountId: string, botId: string): Promise<void> => {
  if ((await botRepo(db).find(accountId, botId)) === undefined) throw new AppError(BotErrors.BOT_NOT_FOUND)
}

const toChange = ({ pinned, is_pinned, admin_only, folder }: CommandFlags): CommandChange => ({
  ...((pinned ?? is_pinned) === undefined ? {} : { isPinned: pinned ?? is_pinned ?? false }),
  ...(admin_only === undefined ? {} : { adminOnly: admin_only }),
  ...(folder === undefined ? {} : { folder: folder || null }),
})
