import {
  changeCommand,
  createCommand,
  deleteCommand,
  renameCommand,
  updateCommand,
} from '../../../../src/bots/commands/contract.ts'
import { purgeCommand, restoreCommand, restoreCommandVersion } from '../../../../src/bots/commands/history-contract.ts'
import { api, ClientError, queries } from '../../api.ts'
import { commandPath } from '../command-path.ts'
import { type BotCommand, commandQuery, commandsQuery, readCommand, type SavedCommand } from '../queries.ts'
import { attempt, refreshBots, sayWithUndo } from '../undo.ts'
import { drafts } from './kept.ts'
import { workshopTexts } from './texts.ts'

/** @throws {ClientError} for whoever shows it beside the field. */
export const makeCommand = async (botid: string, command: string, folder: string): Promise<void> => {
  await api.call(createCommand, { params: { botid }, body: { command, code: '', folder: folder || null } })
  await refreshBots()
}

// The published path ends in a word behind the name, which a parameter of the path cannot hold.
const RENAME = { ...renameCommand, path: `${renameCommand.path}/rename` } as const

const rename = async (botid: string, from: string, to: string): Promise<void> => {
  await api.call(RENAME, { params: commandPath(botid, from), body: { new_name: to } })
  drafts.rename(botid, from, to)
}

/** @throws {ClientError} for whoever shows it beside the field. */
export const renameTo = async (botid: string, from: string, to: string): Promise<void> => {
  if (to === from) return
  await rename(botid, from, to)
  await refreshBots()
  sayWithUndo(workshopTexts.now().renamed(to), () => rename(botid, to, from))
}

type Flags = Partial<Pick<BotCommand, 'pinned' | 'folder' | 'admin_only' | 'aliases'>>

/** Shown before the server has answered; what was before is a press away. */
export const setFlags = async (botid: string, command: BotCommand, flags: Flags): Promise<void> => {
  const params = commandPath(botid, command.command)
  const key = commandsQuery(botid).queryKey
  queries.setQueryData(key, (old) => old?.map((each) => (each._id === command._id ? { ...each, ...flags } : each)))
  if (!(await attempt(() => api.call(changeCommand, { params, body: flags })))) return
  const { pinned, folder, admin_only, aliases } = command
  const before = { pinned, folder, admin_only, aliases }
  sayWithUndo(workshopTexts.now().changed(command.command), () => api.call(changeCommand, { params, body: before }))
}

export const trashCommand = async (botid: string, { _id, command }: BotCommand): Promise<void> => {
  const key = commandsQuery(botid).queryKey
  queries.setQueryData(key, (old) => old?.filter((each) => each._id !== _id))
  if (!(await attempt(() => api.call(deleteCommand, { params: commandPath(botid, command) })))) return
  sayWithUndo(workshopTexts.now().removed(command), () => bringBack(botid, _id))
}

export const bringBack = (botid: string, commandid: string) =>
  api.call(restoreCommand, { params: { botid, commandid }, body: {} })

export const purge = (botid: string, commandid: string) => api.call(purgeCommand, { params: { botid, commandid } })

export type Saving =
  | { readonly kind: 'saved' }
  /** Somebody else has saved other code since. */
  | { readonly kind: 'changed'; readonly theirs: SavedCommand }

const put = async (botid: string, name: string, code: string, etag: string): Promise<void> => {
  const response = await api.raw(updateCommand, {
    params: commandPath(botid, name),
    body: { code },
    headers: { 'if-match': etag },
  })
  queries.setQueryData(commandQuery(botid, name).queryKey, { code, etag: response.headers.get('etag') ?? '' })
}

/**
 * Saves the code of a command unless somebody else has changed it since it was `base`. A pin or another folder is no
 * such change.
 *
 * @throws {ClientError}
 */
export const saveCode = async (
  botid: string,
  name: string,
  { text, base, etag }: { readonly text: string; readonly base: string; readonly etag: string },
): Promise<Saving> => {
  try {
    await put(botid, name, text, etag)
  } catch (error) {
    if (!(error instanceof ClientError) || error.status !== 412) throw error
    const theirs = await readCommand(botid, name)
    if (theirs.code !== base) return { kind: 'changed', theirs }
    await put(botid, name, text, theirs.etag)
  }
  drafts.drop(botid, name)
  void queries.invalidateQueries({ queryKey: ['bots', 'versions', botid, name] })
  void queries.invalidateQueries({ queryKey: commandsQuery(botid).queryKey })
  return { kind: 'saved' }
}

const restoreTo = async (botid: string, name: string, version: number): Promise<void> => {
  await api.call(restoreCommandVersion, { params: { ...commandPath(botid, name), version: String(version) } })
  drafts.drop(botid, name)
}

/** @param newest The version that is left, for the way back. */
export const restoreVersion = async (botid: string, name: string, version: number, newest: number): Promise<void> => {
  if (!(await attempt(() => restoreTo(botid, name, version)))) return
  sayWithUndo(workshopTexts.now().restoredVersion(version), () => restoreTo(botid, name, newest))
}
