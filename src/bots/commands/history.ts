import { AppError } from '../../platform/errors.ts'
import type { By } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { assertOwned, type CommandServiceOptions, commandChanges } from './changing.ts'
import { unifiedDiff } from './diff.ts'
import { type CommandRow, commandRepo } from './repo.ts'
import { saveCommand } from './saving.ts'
import { type VersionRow, versionRepo } from './version-repo.ts'

export interface VersionRange {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

export type CommandHistory = ReturnType<typeof commandHistory>

/** Every save of a command, back to the hundredth last. */
export const commandHistory = (options: CommandServiceOptions) => {
  const { database } = options
  const change = commandChanges(options)
  const versions = versionRepo(database.db)

  const getCommand = async (accountId: string, botId: string, name: string): Promise<CommandRow> => {
    await assertOwned(database.db, accountId, botId)
    const row = await commandRepo(database.db).find(accountId, botId, name)
    if (row === undefined) throw new AppError(BotErrors.COMMAND_NOT_FOUND)
    return row
  }
  const getVersion = async (accountId: string, commandId: string, number: number): Promise<VersionRow> => {
    const version = await versions.find(accountId, commandId, number)
    if (version === undefined) throw new AppError(BotErrors.COMMAND_VERSION_NOT_FOUND)
    return version
  }

  return {
    /** @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_FOUND */
    async list(accountId: string, botId: string, name: string): Promise<Omit<VersionRow, 'code'>[]> {
      return versions.list(accountId, (await getCommand(accountId, botId, name)).id)
    },
    /** @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_VERSION_NOT_FOUND */
    async get(accountId: string, botId: string, name: string, number: number): Promise<VersionRow> {
      return getVersion(accountId, (await getCommand(accountId, botId, name)).id, number)
    },
    /**
     * @param from The version before `to` unless told.
     * @param to The newest unless told.
     * @returns `diff` is empty where the code is the same.
     * @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_VERSION_NOT_FOUND
     */
    async diff(accountId: string, botId: string, name: string, { from, to }: VersionRange) {
      const command = await getCommand(accountId, botId, name)
      const after = await getVersion(accountId, command.id, to ?? command.version)
      const before = await getVersion(accountId, command.id, from ?? Math.max(1, after.number - 1))
      const titles = [before, after].map((version) => `${version.name} (version ${version.number})`)
      return {
        from: before.number,
        to: after.number,
        diff: unifiedDiff(before.code, after.code, titles[0] ?? '', titles[1] ?? ''),
      }
    },
    /**
     * Gives the command the code of an earlier version again, as a new version.
     *
     * @throws {AppError} BOT_NOT_FOUND, COMMAND_NOT_FOUND, COMMAND_VERSION_NOT_FOUND
     */
    restore: (by: By, botId: string, name: string, number: number): Promise<CommandRow> =>
      change(by, botId, async (saving) => {
        const row = await commandRepo(saving.tx).find(by.accountId, botId, name)
        if (row === undefined) throw new AppError(BotErrors.COMMAND_NOT_FOUND)
        const version = await versionRepo(saving.tx).find(by.accountId, row.id, number)
        if (version === undefined) throw new AppError(BotErrors.COMMAND_VERSION_NOT_FOUND)
        return saveCommand(saving, row, { code: version.code })
      }),
  }
}
