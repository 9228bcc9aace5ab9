import { type Caller, type Route, route } from '../../platform/http/index.ts'
import { listAccounts, removeAccount, updateAccount } from './admin-contract.ts'
import { type Administrator, type AdminService, toManagedAccount } from './admin-service.ts'

const by = ({ accountId, kind, credentialId }: Caller): Administrator => ({
  accountId,
  actor: `${kind}:${credentialId}`,
})

export const adminRoutes = (accounts: AdminService): Route[] => [
  route(listAccounts, async ({ caller, query }) => {
    const { items, nextCursor } = await accounts.list(caller.accountId, query.limit, query.cursor)
    return { accounts: items.map(toManagedAccount), next_cursor: nextCursor }
  }),
  route(updateAccount, async ({ caller, params, body }) => ({
    account: toManagedAccount(await accounts.update(by(caller), params.id, body)),
  })),
  route(removeAccount, async ({ caller, params }) => {
    await accounts.remove(by(caller), params.id)
    return { success: true as const }
  }),
]
