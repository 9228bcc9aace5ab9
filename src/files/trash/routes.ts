import { type Route, route } from '../../platform/http/index.ts'
import type { FileService } from '../files/service.ts'
import { toFolder } from '../folders/present.ts'
import {
  listTrash,
  purgeTrash,
  purgeTrashItem,
  restoreFile,
  restoreFolder,
  trashFile,
  trashFolder,
} from './contract.ts'
import type { TrashService } from './service.ts'

export const trashRoutes = ({ trash, files }: { trash: TrashService; files: FileService }): Route[] => [
  route(trashFile, ({ caller, params }) => trash.trashFile(caller, params.id)),
  route(restoreFile, async ({ caller, params }) =>
    files.present(caller.accountId, await trash.restoreFile(caller, params.id)),
  ),
  route(trashFolder, ({ caller, params }) => trash.trashFolder(caller, params.id)),
  route(restoreFolder, async ({ caller, params }) => toFolder(await trash.restoreFolder(caller, params.id))),
  route(listTrash, ({ caller, query: { team_id, limit, cursor } }) => trash.list(caller, team_id, limit, cursor)),
  route(purgeTrashItem, ({ caller, params }) => trash.purge(caller, params.id)),
  route(purgeTrash, ({ caller, query }) => trash.purgeAll(caller, query.team_id)),
]
