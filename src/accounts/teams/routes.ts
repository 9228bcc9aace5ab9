import { type Caller, type Route, route } from '../../platform/http/index.ts'
import {
  changeTeamMember,
  createTeam,
  createTeamInvite,
  deleteTeam,
  getTeam,
  joinTeam,
  listTeamInvites,
  listTeamMembers,
  listTeams,
  removeTeamMember,
  renameTeam,
  withdrawTeamInvite,
} from './contract.ts'
import type { MemberService } from './members.ts'
import type { TeamService } from './service.ts'

export const teamRoutes = (teams: TeamService, members: MemberService): Route[] => [
  route(listTeams, async ({ caller }) => ({ teams: await teams.list(caller.accountId) })),
  route(createTeam, ({ caller, body }) =>
    teams.create(caller.accountId, `${caller.kind}:${caller.credentialId}`, body.name),
  ),
  route(getTeam, ({ caller, params }) => teams.get(caller.accountId, params.id)),
  route(renameTeam, ({ caller, params, body }) => teams.rename(actorOf(caller), params.id, body.name)),
  route(deleteTeam, async ({ caller, params }) => {
    await teams.remove(actorOf(caller), params.id)
    return { success: true as const }
  }),
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
  route(createTeamInvite, ({ caller, params, body }) => members.invite(actorOf(caller), params.id, body)),
  route(withdrawTeamInvite, async ({ caller, params }) => {
    await members.withdraw(actorOf(caller), params.id, params.invite_id)
    return { success: true as const }
  }),
]

const actorOf = ({ accountId, kind, credentialId }: Caller) => ({ accountId, actor: `${kind}:${credentialId}` })
