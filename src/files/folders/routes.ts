import { type Route, route } from '../../platform/http/index.ts'
import { createFolder, getFolder, listFolders, updateFolder } from './contract.ts'
import { toFolder } from './present.ts'
import type { FolderService } from './service.ts'

export const folderRoutes = (folders: FolderService): Route[] => [
  route(listFolders, async ({ caller, query: { team_id, parent_id, limit, cursor } }) => {
    const page = await folders.list(caller, { teamId: team_id, folderId: parent_id }, limit, cursor)
    return { folders: page.folders.map(toFolder), next_cursor: page.next_cursor }
  }),

  route(createFolder, async ({ caller, body: { name, team_id, parent_id } }) =>
    toFolder(await folders.create(caller, { teamId: team_id, folderId: parent_id }, name)),
  ),

  route(getFolder, async ({ caller, params }) => {
    const { folder, space } = await folders.get(caller, params.id, 'read')
    return { ...toFolder(folder), path: await folders.path(space, folder.id) }
  }),

  route(updateFolder, async ({ caller, params, body: { name, parent_id } }) =>
    toFolder(await folders.change(caller, params.id, { name, parentId: parent_id })),
  ),
]
