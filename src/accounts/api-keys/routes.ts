import { type Caller, type Route, route } from '../../platform/http/index.ts'
import {
  createFilesKey,
  createKey,
  listFilesKeys,
  listKeys,
  readKeyUsage,
  revokeFilesKey,
  revokeKey,
  rotateKey,
  updateKey,
} from './contract.ts'
import type { KeyService } from './service.ts'

const actor = ({ kind, credentialId }: Caller): string => `${kind}:${credentialId}`

/** @param defaultRate Calls a minute of a key that has no limit of its own, as the files surface shows it. */
export const keyRoutes = (keys: KeyService, defaultRate: number): Route[] => [
  route(listKeys, async ({ caller }) => ({ keys: await keys.list(caller.accountId) })),
  route(readKeyUsage, ({ caller, query }) => keys.usage(caller.accountId, query.days)),
  route(createKey, ({ caller, body }) => keys.create(caller.accountId, actor(caller), body)),
  route(updateKey, ({ caller, params, body }) => keys.update(caller.accountId, actor(caller), params.id, body)),
  route(revokeKey, async ({ caller, params }) => {
    await keys.revoke(caller.accountId, actor(caller), params.id)
    return { success: true as const }
  }),
  route(rotateKey, ({ caller, params, body }) =>
    keys.rotate(caller.accountId, actor(caller), params.id, body.overlap_seconds),
  ),
  route(listFilesKeys, async ({ caller }) => {
    const all = await keys.list(caller.accountId)
    const shown = all.filter(({ kind }) => kind === 'files')
    return {
      keys: shown.map((key) => ({ ...key, permissions: key.scopes, rate_limit: key.rate_limit ?? defaultRate })),
    }
  }),
  route(createFilesKey, async ({ caller, body }) => {
    const { name, permissions, rate_limit } = body
    const made = await keys.create(caller.accountId, actor(caller), {
      kind: 'files',
      name,
      scopes: permissions,
      rate_limit,
    })
    return { ...made, permissions: made.scopes, rate_limit: made.rate_limit ?? defaultRate }
  }),
  route(revokeFilesKey, async ({ caller, params }) => {
    await keys.revokeAs(caller, params.id)
    return { success: true as const }
  }),
]
