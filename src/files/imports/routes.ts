import { type Route, reply, route } from '../../platform/http/index.ts'
import { cancelImport, createImport, getImport, listImports } from './contract.ts'
import type { Imports } from './service.ts'

export const importRoutes = (imports: Imports): Route[] => [
  route(createImport, async ({ caller, body }) => {
    const created = await imports.create(caller.accountId, body)
    return reply(202, created, { location: `/api/v1/files/imports/${created.id}` })
  }),
  route(listImports, ({ caller, query }) => imports.list(caller.accountId, query.limit, query.cursor)),
  route(getImport, ({ caller, params }) => imports.get(caller.accountId, params.id)),
  route(cancelImport, ({ caller, params }) => imports.cancel(caller.accountId, params.id)),
]
