import { createHash } from 'node:crypto'
import { AppError } from '../../platform/errors.ts'
import { BotErrors } from '../errors.ts'
import type { CommandLimits } from './changing.ts'
import { type CommandRow, commandRepo, parseAliases } from './repo.ts'
import { type CommandChange, commandEtag, insertCommand, type Saving, saveCommand } from './saving.ts'

/** A command as a file, a snapshot or another bot has it. What is undefined stays as it is. */
export interface WantedCommand extends CommandChange {
  readonly name: string
  readonly code: string
}

/**
 * The `ETag` of all commands of a bot, whatever their order: what is exported is as it was as long as this is.
 *
 * @returns With its quotes.
 */
export const commandsEtag = (rows: readonly CommandRow[]): string => {
  const state = rows.map(commandEtag).sort().join()
  return `"${createHash('sha256').update(state).digest('base64url').slice(0, 22)}"`
}

/** All that makes a command what it is, for the same command elsewhere. */
export const toWanted = (row: CommandRow): WantedCommand => ({
  name: row.name,
  code: row.code,
  isPinned: row.is_pinned === 1,
  adminOnly: row.admin_only === 1,
  folder: row.folder,
  aliases: parseAliases(row.aliases),
})

/**
 * Gives a bot these commands: changes those that it has by name, and adds the others in this order.
 *
 * @param rows The commands of the bot, read in the same transaction.
 * @param removeOthers Whether those that are not among these go to the trash.
 * @throws {AppError} COMMAND_LIMIT_REACHED, with nothing kept of what was written
 */
export const putCommands = async (
  saving: Saving,
  rows: readonly CommandRow[],
  wanted: readonly WantedCommand[],
  { removeOthers, limits }: { removeOthers: boolean; limits: CommandLimits },
): Promise<void> => {
  const known = new Map(rows.map((row) => [row.name, row]))
  const names = new Set(wanted.map(({ name }) => name))
  const others = rows.filter(({ name }) => !names.has(name))
  if (names.size + (removeOthers ? 0 : others.length) > limits.commands)
    throw new AppError(BotErrors.COMMAND_LIMIT_REACHED)
  if (removeOthers)
    for (const { id } of others) await commandRepo(saving.tx).markDeleted(saving.accountId, id, saving.nowMs)
  for (const { name, ...change } of wanted) {
    const row = known.get(name)
    if (row === undefined) await insertCommand(saving, name, change)
    else await saveCommand(saving, row, change)
  }
}
