import { type Route, reply, route } from '../../platform/http/index.ts'
import { changeShare, disableShare, getShare, listShares, requestFiles, shareFile, shareFolder } from './contract.ts'
import type { ShareService } from './service.ts'

export const shareRoutes = (shares: ShareService): Route[] => [
  route(shareFile, async ({ caller, params, body }) =>
    created(await shares.create(caller.accountId, { kind: 'file', fileId: params.id }, body)),
  ),
  route(shareFolder, async ({ caller, params, body }) =>
    created(await shares.create(caller.accountId, { kind: 'folder', folderId: params.id }, body)),
  ),
  route(requestFiles, async ({ caller, params, body }) =>
    created(await shares.create(caller.accountId, { kind: 'request', folderId: params.id }, body)),
  ),
  route(listShares, ({ caller, query }) => shares.list(caller.accountId, query)),
  route(getShare, ({ caller, params }) => shares.get(caller.accountId, params.id)),
  route(changeShare, ({ caller, params, body }) => shares.change(caller.accountId, params.id, body)),
  route(disableShare, ({ caller, params }) => shares.disable(caller.accountId, params.id)),
]

const created = <T extends { readonly id: string }>(share: T) =>
  reply(201, share, { location: `/api/v1/shares/${share.id}` })
