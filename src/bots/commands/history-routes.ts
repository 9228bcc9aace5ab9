import { type Route, route } from '../../platform/http/index.ts'
import { byOf, purgedAfter, wrap } from '../envelope.ts'
import type { CommandHistory } from './history.ts'
import {
  diffCommand,
  getCommandVersion,
  listCommandVersions,
  listDeletedCommands,
  purgeCommand,
  restoreCommand,
  restoreCommandVersion,
} from './history-contract.ts'
import { parseCommandName } from './names.ts'
import type { CommandTrash } from './trash.ts'
import type { VersionRow } from './version-repo.ts'

const toVersion = ({ number, name, saved_at, saved_by }: Omit<VersionRow, 'code'>) => ({
  version: number,
  command: name,
  saved_at: new Date(saved_at).toISOString(),
  saved_by,
})

export const commandHistoryRoutes = (history: CommandHistory, trash: CommandTrash): Route[] => [
  route(listCommandVersions, async ({ caller, params }) => {
    const versions = await history.list(caller.accountId, params.botid, parseCommandName(params.command))
    return wrap(versions.map(toVersion))
  }),
  route(getCommandVersion, async ({ caller, params }) => {
    const name = parseCommandName(params.command)
    const version = await history.get(caller.accountId, params.botid, name, params.version)
    return wrap({ ...toVersion(version), code: version.code })
  }),
  route(restoreCommandVersion, async ({ caller, params }) => {
    await history.restore(byOf(caller), params.botid, parseCommandName(params.command), params.version)
    return wrap('Command restored successfully')
  }),
  route(diffCommand, async ({ caller, params, query }) =>
    wrap(await history.diff(caller.accountId, params.botid, parseCommandName(params.command), query)),
  ),
  route(listDeletedCommands, async ({ caller, params }) => {
    const commands = await trash.list(caller.accountId, params.botid)
    return wrap(
      commands.map(({ id, name, folder, deleted_at }) => ({
        _id: id,
        command: name,
        folder,
        deleted_at: new Date(deleted_at).toISOString(),
        purged_after: purgedAfter(deleted_at),
      })),
    )
  }),
  route(restoreCommand, async ({ caller, params, body }) => {
    const command = await trash.restore(byOf(caller), params.botid, params.commandid, body.new_name)
    return { ok: true as const, result: 'Command restored successfully', command }
  }),
  route(purgeCommand, async ({ caller, params }) => {
    await trash.purge(byOf(caller), params.botid, params.commandid)
    return wrap('Command deleted for good')
  }),
]
