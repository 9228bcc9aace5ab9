import { type Caller, type Route, route } from '../../platform/http/index.ts'
import {
  changeTeamMember,
  createTeam,
  createTeamInvite,
  joinTeam,
  listTeamInvites,
  listTeamMembers,
  listTeams,
  removeTeamMember,
  withdrawTeamInvite,
} from './contract.ts'
import type { MemberService } from './members.ts'
import type { TeamService } from './service.ts'

export const teamRoutes = (teams: TeamService, members: MemberService): Route[] => [
  route(listTeams, async ({ caller }) => ({ teams: await teams.list(caller.accountId) })),
  route(createTeam, ({ caller, body }) =>
    teams.create(caller.accountId, `${caller.kind}:${caller.credentialId}`, body.name),
  ),
  route(joinTeam, ({ caller, body }) => members.join(actorOf(caller), body.token)),
  route(listTeamMembers, async ({ caller, params }) => ({ members: await members.list(caller.accountId, params.id) })),
  route(changeTeamMember, ({ caller, params, body }) =>
    members.change(actorOf(caller), params.id, params.account_id, body.role),
  ),
  route(removeTeamMember, async ({ caller, params }) => {
    await members.remove(actorOf(caller), params.id, params.account_id)
    return { success: true as const }
  }),
  route(listTeamInvites, async ({ caller, params }) => ({
    invites: await members.invites(caller.accountId, params.id),
  })),
  route(createTeamInvite, ({ caller, params, body }) => members.invite(actorOf(caller), params.id, body.role)),
  route(withdrawTeamInvite, async ({ caller, params }) => {
    await members.withdraw(actorOf(caller), params.id, params.invite_id)
    return { success: true as const }
  }),
]

const actorOf = ({ accountId, kind, credentialId }: Caller) => ({ accountId, actor: `${kind}:${credentialId}` })
