import { type Route, route } from '../../platform/http/index.ts'
import { getServer, listJobs, retryJob } from './contract.ts'
import type { ServerService } from './service.ts'

export const serverRoutes = (server: ServerService): Route[] => [
  route(getServer, ({ caller }) => server.facts(caller.accountId)),
  route(listJobs, ({ caller }) => server.jobs(caller.accountId)),
  route(retryJob, async ({ caller, params }) => {
    await server.retry({ accountId: caller.accountId, actor: `${caller.kind}:${caller.credentialId}` }, params.id)
    return { success: true as const }
  }),
]
