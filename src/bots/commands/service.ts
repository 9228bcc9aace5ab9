import { AppError } from '../../platform/errors.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { assertCodeFits, assertOwned, assertRoom, type CommandServiceOptions, commandChanges } from './changing.ts'
import { toCommandName } from './names.ts'
import { type CommandRow, commandRepo } from './repo.ts'
import {
  assertAliasesFree,
  assertUnchanged,
  type CommandChange,
  insertCommand,
  type Saving,
  saveCommand,
} from './saving.ts'

export type { CommandLimits, CommandServiceOptions } from './changing.ts'

export type CommandService = ReturnType<typeof commandService>

export const commandService = (options: CommandServiceOptions) => {
  const { database, clock, limits } = options
  const change = commandChanges(options)

  return {
    /**
     * @throws {AppError} BOT_NOT_FOUND, COMMAND_EXISTS, COMMAND_NAME_INVALID, COMMAND_LIMIT_REACHED, CODE_TOO_LARGE,
     * ALIAS_TAKEN
     */
    async create(by: By, botId: string, given: string, wish: CommandChange): Promise<CommandRow> {
      const name = toCommandName(given)
      assertCodeFits(wish.code ?? '', limits)
      return change(by, botId, async (saving) => {
        await assertRoom(saving, limits)
        await assertAliasesFree(saving, undefined, wish.aliases)
        return insertCommand(saving, name, wish)
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
    /**
     * @param ifMatch The value of `If-Match`, here and below.
     * @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_CHANGED, CODE_TOO_LARGE, ALIAS_TAKEN
     */
    async update(
      by: By,
      botId: string,
      name: string,
      wish: Omit<CommandChange, 'name'>,
      ifMatch?: string,
    ): Promise<CommandRow> {
      assertCodeFits(wish.code ?? '', limits)
      return change(by, botId, async (saving) => {
        const row = await getCommand(saving, name, ifMatch)
        await assertAliasesFree(saving, row.id, wish.aliases)
        return saveCommand(saving, row, wish)
      })
    },
    /** @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_CHANGED */
    remove: (by: By, botId: string, name: string, ifMatch?: string): Promise<void> =>
      change(by, botId, async (saving) => {
        const { id } = await getCommand(saving, name, ifMatch)
        await commandRepo(saving.tx).markDeleted(by.accountId, id, clock.now().getTime())
      }),
    /** @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_CHANGED, COMMAND_EXISTS, COMMAND_NAME_INVALID */
    async rename(by: By, botId: string, name: string, given: string, ifMatch?: string): Promise<CommandRow> {
      const newName = toCommandName(given)
      return change(by, botId, async (saving) => {
        const row = await getCommand(saving, name, ifMatch)
        if (newName === name) return row
        if ((await commandRepo(saving.tx).find(by.accountId, botId, newName)) !== undefined)
          throw new AppError(BotErrors.COMMAND_EXISTS)
        return saveCommand(saving, row, { name: newName })
      })
    },
  }
}

const getCommand = async (
  { tx, accountId, botId }: Saving,
  name: string,
  ifMatch: string | undefined,
): Promise<CommandRow> => {
  const row = await commandRepo(tx).find(accountId, botId, name)
  if (row === undefined) throw new AppError(BotErrors.COMMAND_NOT_FOUND)
  assertUnchanged(row, ifMatch)
  return row
}
