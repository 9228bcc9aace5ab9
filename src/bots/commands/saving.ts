import { createHash } from 'node:crypto'
import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { namesEtag } from '../../platform/http/etag.ts'
import { newId } from '../../platform/ids.ts'
import { BotErrors } from '../errors.ts'
import { type CommandRow, commandRepo, parseAliases } from './repo.ts'
import { versionRepo } from './version-repo.ts'

/** What somebody wants a command to be; what is not named stays, or is as for a new command. */
export interface CommandChange {
  readonly name?: string | undefined
  readonly code?: string | undefined
  readonly isPinned?: boolean | undefined
  readonly adminOnly?: boolean | undefined
  readonly folder?: string | null | undefined
  readonly aliases?: readonly string[] | undefined
}

/** One request that changes commands of one bot: its transaction, whose the bot is, who asks and when. */
export interface Saving {
  readonly tx: Db
  readonly accountId: string
  readonly botId: string
  readonly actor: string
  readonly nowMs: number
}

const KEPT_VERSIONS = 100

/**
 * The `ETag` of a command: of all that a request can change of it.
 *
 * @returns With its quotes.
 */
export const commandEtag = ({ name, code, is_pinned, admin_only, folder, aliases }: CommandRow): string => {
  const state = JSON.stringify([name, code, is_pinned, admin_only, folder, aliases])
  return `"${createHash('sha256').update(state).digest('base64url').slice(0, 22)}"`
}

/** @param ifMatch The value of `If-Match`. @throws {AppError} COMMAND_CHANGED */
export const assertUnchanged = (row: CommandRow, ifMatch: string | undefined): void => {
  if (ifMatch !== undefined && !namesEtag(ifMatch, commandEtag(row), false))
    throw new AppError(BotErrors.COMMAND_CHANGED)
}

/** @throws {AppError} COMMAND_EXISTS */
export const insertCommand = async (saving: Saving, name: string, change: CommandChange): Promise<CommandRow> => {
  const { tx, accountId, botId, nowMs } = saving
  const row: CommandRow = {
    id: newId('cmd'),
    name,
    code: change.code ?? '',
    is_pinned: change.isPinned ? 1 : 0,
    admin_only: change.adminOnly ? 1 : 0,
    folder: change.folder || null,
    aliases: JSON.stringify(change.aliases ?? []),
    version: 1,
    created_at: nowMs,
    updated_at: nowMs,
  }
  if (!(await commandRepo(tx).insert(accountId, botId, row))) throw new AppError(BotErrors.COMMAND_EXISTS)
  await keepVersion(saving, row)
  return row
}

/** What is the same as before is not written, and is no version. @returns The command as it is now. */
export const saveCommand = async (saving: Saving, row: CommandRow, change: CommandChange): Promise<CommandRow> => {
  const wanted = { ...row, ...columnsOf(change) }
  if (commandEtag(wanted) === commandEtag(row)) return row
  const isVersion = wanted.code !== row.code || wanted.name !== row.name
  const next = { ...wanted, version: row.version + (isVersion ? 1 : 0), updated_at: saving.nowMs }
  const { id, created_at: _, ...columns } = next
  await commandRepo(saving.tx).update(saving.accountId, id, columns)
  if (isVersion) await keepVersion(saving, next)
  return next
}

/**
 * Refuses aliases that another command has, as a name or as an alias.
 *
 * @throws {AppError} ALIAS_TAKEN
 */
export const assertAliasesFree = async (
  { tx, accountId, botId }: Saving,
  id: string | undefined,
  aliases: readonly string[] | undefined,
): Promise<void> => {
  if (aliases === undefined || aliases.length === 0) return
  const others = (await commandRepo(tx).listNames(accountId, botId)).filter((other) => other.id !== id)
  const taken = new Set(others.flatMap((other) => [other.name, ...parseAliases(other.aliases)]))
  const alias = aliases.find((each) => taken.has(each))
  if (alias !== undefined)
    throw new AppError(BotErrors.ALIAS_TAKEN, { message: `Another command of this bot is called ${alias}` })
}

const keepVersion = async ({ tx, accountId, botId, actor, nowMs }: Saving, row: CommandRow): Promise<void> => {
  const versions = versionRepo(tx)
  const { version: number, name, code } = row
  await versions.insert(accountId, botId, row.id, { number, name, code, saved_at: nowMs, saved_by: actor })
  if (number > KEPT_VERSIONS) await versions.deleteUpTo(accountId, row.id, number - KEPT_VERSIONS)
}

const columnsOf = ({ name, code, isPinned, adminOnly, folder, aliases }: CommandChange): Partial<CommandRow> => ({
  ...(name === undefined ? {} : { name }),
  ...(code === undefined ? {} : { code }),
  ...(isPinned === undefined ? {} : { is_pinned: isPinned ? 1 : 0 }),
  ...(adminOnly === undefined ? {} : { admin_only: adminOnly ? 1 : 0 }),
  ...(folder === undefined ? {} : { folder: folder || null }),
  ...(aliases === undefined ? {} : { aliases: JSON.stringify(aliases) }),
})
