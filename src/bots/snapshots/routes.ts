import { type Route, route } from '../../platform/http/index.ts'
import { byOf, wrap } from '../envelope.ts'
import { createSnapshot, deleteSnapshot, listSnapshots, restoreSnapshot } from './contract.ts'
import type { SnapshotRow } from './repo.ts'
import type { SnapshotService } from './service.ts'

const toSnapshot = ({ id, name, command_count, created_at, created_by }: SnapshotRow) => ({
  id,
  name,
  commands: command_count,
  created_at: new Date(created_at).toISOString(),
  created_by,
})

export const snapshotRoutes = (snapshots: SnapshotService): Route[] => [
  route(listSnapshots, async ({ caller, params }) =>
    wrap((await snapshots.list(caller.accountId, params.botid)).map(toSnapshot)),
  ),
  route(createSnapshot, async ({ caller, params, body }) =>
    wrap(toSnapshot(await snapshots.create(byOf(caller), params.botid, body.name))),
  ),
  route(restoreSnapshot, async ({ caller, params }) => {
    await snapshots.restore(byOf(caller), params.botid, params.snapshotid)
    return wrap('Snapshot restored successfully')
  }),
  route(deleteSnapshot, async ({ caller, params }) => {
    await snapshots.remove(byOf(caller), params.botid, params.snapshotid)
    return wrap('Snapshot deleted successfully')
  }),
]
