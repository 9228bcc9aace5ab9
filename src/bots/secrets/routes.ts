import { type Route, route } from '../../platform/http/index.ts'
import { byOf, wrap } from '../envelope.ts'
import { deleteSecret, listSecrets, setSecret } from './contract.ts'
import type { SecretService } from './service.ts'

export const secretRoutes = (secrets: SecretService): Route[] => [
  route(listSecrets, async ({ caller, params }) => {
    const rows = await secrets.list(caller.accountId, params.botid)
    return wrap(
      rows.map(({ name, created_at, updated_at }) => ({
        name,
        created_at: new Date(created_at).toISOString(),
        updated_at: new Date(updated_at).toISOString(),
      })),
    )
  }),
  route(setSecret, async ({ caller, params, body }) => {
    await secrets.set(byOf(caller), params.botid, params.name, body.value)
    return wrap('Secret set successfully')
  }),
  route(deleteSecret, async ({ caller, params }) => {
    await secrets.remove(byOf(caller), params.botid, params.name)
    return wrap('Secret deleted successfully')
  }),
]
