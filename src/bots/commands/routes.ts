import { AppError } from '../../platform/errors.ts'
import { Failures, type RequestInfo, type Route, reply, route } from '../../platform/http/index.ts'
import { byOf, wrap } from '../envelope.ts'
import {
  changeCommand,
  createCommand,
  deleteCommand,
  type Flags,
  getCommand,
  listCommands,
  listFolders,
  renameCommand,
  updateCommand,
} from './contract.ts'
import { commandNameOf, parseCommandName } from './names.ts'
import { type CommandRow, parseAliases } from './repo.ts'
import { type CommandChange, commandEtag } from './saving.ts'
import type { CommandService } from './service.ts'

const nameIn = (request: RequestInfo, tail?: string): string => commandNameOf(request.raw.url ?? '', tail)

const ifMatchOf = ({ headers }: RequestInfo): string | undefined => headers['if-match']

const toCommand = (row: CommandRow) => ({
  _id: row.id,
  command: row.name,
  code: row.code,
  pinned: row.is_pinned === 1,
  is_pinned: row.is_pinned === 1,
  admin_only: row.admin_only === 1,
  folder: row.folder,
  aliases: parseAliases(row.aliases),
  version: row.version,
  created_at: new Date(row.created_at).toISOString(),
  updated_at: new Date(row.updated_at).toISOString(),
})

/** The wishes of a body, in which two members mean the same. */
export const toChange = ({ pinned, is_pinned, admin_only, folder, aliases }: Flags): Omit<CommandChange, 'name'> => ({
  isPinned: pinned ?? is_pinned,
  adminOnly: admin_only,
  folder,
  aliases,
})

/** As the published API answers a change, with the tag for the next one. */
const changed = (row: CommandRow) => reply(200, { ok: true as const, command: row.name }, { etag: commandEtag(row) })

const toFolders = (rows: readonly CommandRow[]) => {
  const folders = Map.groupBy(
    rows.filter(({ folder }) => folder !== null),
    ({ folder }) => folder ?? '',
  )
  return [...folders].map(([name, inside]) => ({ name, commands: inside.map((row) => row.name) }))
}

export const commandRoutes = (commands: CommandService): Route[] => [
  route(createCommand, async ({ caller, params, body }) => {
    const { command, code } = body
    const row = await commands.create(byOf(caller), params.botid, command, { ...toChange(body), code })
    return reply(200, wrap('Command created successfully'), { etag: commandEtag(row) })
  }),
  route(listCommands, async ({ caller, params }) => ({
    ok: true as const,
    commands: (await commands.list(caller.accountId, params.botid)).map(toCommand),
  })),
  route(listFolders, async ({ caller, params }) => ({
    ok: true as const,
    folders: toFolders(await commands.list(caller.accountId, params.botid)),
  })),
  route(getCommand, async ({ caller, params, request }) => {
    const row = await commands.get(caller.accountId, params.botid, nameIn(request))
    const command = { command: row.name, code: row.code, is_pinned: row.is_pinned === 1 }
    return reply(200, { ok: true as const, command }, { etag: commandEtag(row) })
  }),
  route(updateCommand, async ({ caller, params, body, request }) => {
    const change = { ...toChange(body), code: body.code }
    return changed(await commands.update(byOf(caller), params.botid, nameIn(request), change, ifMatchOf(request)))
  }),
  route(changeCommand, async ({ caller, params, body, request }) => {
    const name = parseCommandName(params.command)
    return changed(await commands.update(byOf(caller), params.botid, name, toChange(body), ifMatchOf(request)))
  }),
  route(deleteCommand, async ({ caller, params, request }) => {
    await commands.remove(byOf(caller), params.botid, nameIn(request), ifMatchOf(request))
    return wrap('Command deleted successfully')
  }),
  route(renameCommand, async ({ caller, params, body, request }) => {
    if (!params['*'].endsWith('/rename')) throw new AppError(Failures.NOT_FOUND)
    const name = nameIn(request, 'rename')
    const row = await commands.rename(byOf(caller), params.botid, name, body.new_name, ifMatchOf(request))
    return reply(200, wrap('Command renamed successfully'), { etag: commandEtag(row) })
  }),
]
