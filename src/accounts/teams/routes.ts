import { type Route, route } from '../../platform/http/index.ts'
import { createTeam, listTeams } from './contract.ts'
import type { TeamService } from './service.ts'

export const teamRoutes = (teams: TeamService): Route[] => [
  route(listTeams, async ({ caller }) => ({ teams: await teams.list(caller.accountId) })),
  route(createTeam, ({ caller, body }) =>
    teams.create(caller.accountId, `${caller.kind}:${caller.credentialId}`, body.name),
  ),
]
