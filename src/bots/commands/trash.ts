import { AppError } from '../../platform/errors.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { assertOwned, assertRoom, type CommandServiceOptions, commandChanges } from './changing.ts'
import { toCommandName } from './names.ts'
import { commandRepo, commandTrashRepo, type TrashedCommand } from './repo.ts'

export type CommandTrash = ReturnType<typeof commandTrash>

const BATCH = 200

/** Commands that were deleted. They come back with all that they were, and with their versions. */
export const commandTrash = (options: CommandServiceOptions) => {
  const { database, limits } = options
  const change = commandChanges(options)

  return {
    /** @throws {AppError} BOT_NOT_FOUND */
    async list(accountId: string, botId: string): Promise<TrashedCommand[]> {
      await assertOwned(database.db, accountId, botId)
      return commandTrashRepo(database.db).list(accountId, botId)
    },
    /**
     * @param given A name for it; its own unless told.
     * @returns The name that it has now.
     * @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_IN_TRASH, COMMAND_EXISTS, COMMAND_NAME_INVALID,
     * COMMAND_LIMIT_REACHED
     */
    restore: (by: By, botId: string, id: string, given: string | undefined): Promise<string> =>
      change(by, botId, async (saving) => {
        const { tx, accountId, nowMs } = saving
        const command = await commandTrashRepo(tx).find(accountId, botId, id)
        if (command === undefined) throw new AppError(BotErrors.COMMAND_NOT_IN_TRASH)
        const name = given === undefined ? command.name : toCommandName(given)
        if ((await commandRepo(tx).find(accountId, botId, name)) !== undefined)
          throw new AppError(BotErrors.COMMAND_EXISTS)
        await assertRoom(saving, limits)
        await commandTrashRepo(tx).restore(accountId, id, name, nowMs)
        return name
      }),
    /** For good. @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_IN_TRASH */
    purge: (by: By, botId: string, id: string): Promise<void> =>
      change(by, botId, async ({ tx, accountId }) => {
        const trash = commandTrashRepo(tx)
        if ((await trash.find(accountId, botId, id)) === undefined) throw new AppError(BotErrors.COMMAND_NOT_IN_TRASH)
        await trash.delete(accountId, id)
      }),
    /** Of every account: deletes for good what was deleted before. */
    async purgeBefore(beforeMs: number): Promise<void> {
      while ((await commandTrashRepo(database.db).deleteExpired(beforeMs, BATCH)) === BATCH);
    },
  }
}
