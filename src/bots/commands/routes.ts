import { AppError } from '../../platform/errors.ts'
import { Failures, type RequestInfo, type Route, route } from '../../platform/http/index.ts'
import { wrap } from '../envelope.ts'
import {
  createCommand,
  deleteCommand,
  getCommand,
  listCommands,
  listFolders,
  renameCommand,
  updateCommand,
} from './contract.ts'
import { commandNameOf } from './names.ts'
import type { CommandRow } from './repo.ts'
import type { CommandService } from './service.ts'

const nameIn = (request: RequestInfo, tail?: string): string => commandNameOf(request.raw.url ?? '', tail)

const toCommand = ({ id, name, code, is_pinned, admin_only, folder, created_at }: CommandRow) => ({
  _id: id,
  command: name,
  code,
  pinned: is_pinned === 1,
  is_pinned: is_pinned === 1,
  admin_only: admin_only === 1,
  folder,
  created_at: new Date(created_at).toISOString(),
})

export const commandRoutes = (commands: CommandService): Route[] => [
  route(createCommand, async ({ caller, params, body }) => {
    await commands.create(caller.accountId, params.botid, body.command, body.code, body)
    return wrap('Command created successfully')
  }),
  route(listCommands, async ({ caller, params }) => ({
    ok: true as const,
    commands: (await commands.list(caller.accountId, params.botid)).map(toCommand),
  })),
  route(listFolders, async ({ caller, params }) => {
    const rows = await commands.list(caller.accountId, params.botid)
    const folders = Map.groupBy(
      rows.filter(({ folder }) => folder !== null),
      ({ folder }) => folder ?? '',
    )
    return {
      ok: true as const,
      folders: [...folders].map(([name, inside]) => ({ name, commands: inside.map((row) => row.name) })),
    }
  }),
  route(getCommand, async ({ caller, params, request }) => {
    const { name, code, is_pinned } = await commands.get(caller.accountId, params.botid, nameIn(request))
    return { ok: true as const, command: { command: name, code, is_pinned: is_pinned === 1 } }
  }),
  route(updateCommand, async ({ caller, params, body, request }) => {
    const name = nameIn(request)
    await commands.update(caller.accountId, params.botid, name, body.code, body)
    return { ok: true as const, command: name }
  }),
  route(deleteCommand, async ({ caller, params, request }) => {
    await commands.remove(caller.accountId, params.botid, nameIn(request))
    return wrap('Command deleted successfully')
  }),
  route(renameCommand, async ({ caller, params, body, request }) => {
    if (!params['*'].endsWith('/rename')) throw new AppError(Failures.NOT_FOUND)
    await commands.rename(caller.accountId, params.botid, nameIn(request, 'rename'), body.new_name)
    return wrap('Command renamed successfully')
  }),
]
