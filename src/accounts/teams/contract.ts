import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/index.ts'
import { AccountErrors } from '../errors.ts'
import { EmailAddress } from '../users/contract.ts'

const OwnErrors = defineErrors({
  TEAM_NOT_FOUND: [404, 'There is no such team.'],
  MEMBER_NOT_FOUND: [404, 'The team has no such member.'],
  INVITE_NOT_FOUND: [404, 'There is no such invitation, or it was used or has expired. Ask for a new one.'],
  ROLE_TOO_SMALL: [403, 'Your role in this team does not allow this.'],
  INVITE_FOR_ANOTHER: [
    403,
    'This invitation is for another e-mail address. Sign in with the account that it was sent to.',
  ],
  TEAM_NOT_EMPTY: [409, 'There is something in this team. Delete its files and folders, and empty its trash first.'],
  TEAM_FULL: [409, "The plan of the team's owner has no room for another member."],
  INVITE_LIMIT_REACHED: [409, 'A team can have at most 100 open invitations. Withdraw one first.'],
  TEAM_LIMIT_REACHED: [409, 'An account can be in at most 100 teams. Leave one first.'],
})
export const TeamErrors = { ...OwnErrors, LAST_OWNER: AccountErrors.LAST_OWNER } as const

export const TEAM_ROLES = ['owner', 'admin', 'editor', 'viewer'] as const
export type TeamRole = (typeof TEAM_ROLES)[number]

export const Team = z.object({
  id: z.string().meta({ example: 'team_0Pk3dY00Hq8ZtVb1cXw5Lm' }),
  name: z.string(),
  role: z.enum(TEAM_ROLES).describe('Your role in it.'),
  members: z.int().describe('How many people are in it.'),
})
export type Team = z.infer<typeof Team>

const { TEAM_NOT_FOUND, MEMBER_NOT_FOUND, ROLE_TOO_SMALL, LAST_OWNER, TEAM_NOT_EMPTY } = TeamErrors
const { INVITE_NOT_FOUND, INVITE_LIMIT_REACHED, INVITE_FOR_ANOTHER, TEAM_FULL, TEAM_LIMIT_REACHED } = TeamErrors

const TeamParams = z.object({ id: z.string() })
const TeamName = z.strictObject({ name: z.string().trim().min(1, 'A team needs a name.').max(80) })
const success = z.object({ success: z.literal(true) })

export const listTeams = endpoint({
  method: 'GET',
  path: '/api/v1/teams',
  scope: 'any',
  summary: 'The teams you are a member of',
  returns: [200, z.object({ teams: z.array(Team) })],
})

export const createTeam = endpoint({
  method: 'POST',
  path: '/api/v1/teams',
  scope: 'files:write',
  summary: 'Create a team; you are its owner',
  body: TeamName,
  returns: [201, Team],
  errors: { TEAM_LIMIT_REACHED },
})

export const getTeam = endpoint({
  method: 'GET',
  path: '/api/v1/teams/:id',
  scope: 'any',
  summary: 'A team',
  params: TeamParams,
  returns: [200, Team],
  errors: { TEAM_NOT_FOUND },
})

export const renameTeam = endpoint({
  method: 'PATCH',
  path: '/api/v1/teams/:id',
  scope: 'files:write',
  summary: 'Give a team another name, as its owner or admin',
  params: TeamParams,
  body: TeamName,
  returns: [200, Team],
  errors: { TEAM_NOT_FOUND, ROLE_TOO_SMALL },
})

export const deleteTeam = endpoint({
  method: 'DELETE',
  path: '/api/v1/teams/:id',
  scope: 'files:delete',
  summary: 'Delete an empty team, as its owner',
  description: 'A team that has files or folders, also in its trash, stays. Its members and invitations go with it.',
  params: TeamParams,
  returns: [200, success],
  errors: { TEAM_NOT_FOUND, ROLE_TOO_SMALL, TEAM_NOT_EMPTY },
})

// ── Members ──────────────────────────────────────────────────────────────────────────────────────

const moment = z.iso.datetime().meta({ example: '2026-01-15T10:30:00Z' })
const MemberParams = z.object({ id: z.string(), account_id: z.string() })
const INVITED_ROLES = ['admin', 'editor', 'viewer'] as const

export const TeamMember = z.object({
  account_id: z.string(),
  email: z.string(),
  role: z.enum(TEAM_ROLES).describe('A viewer reads, an editor changes files, an admin also changes members.'),
  status: z.enum(['active', 'disabled']).describe('A disabled account is a member that cannot do anything.'),
  joined_at: moment,
})
export type TeamMember = z.infer<typeof TeamMember>

export const TeamInvite = z.object({
  id: z.string(),
  role: z.enum(INVITED_ROLES),
  email: z.string().nullable().describe('The only address that can use it; null for whoever has the link.'),
  created_by: z.string(),
  created_at: moment,
  expires_at: moment,
})
export type TeamInvite = z.infer<typeof TeamInvite>

export const listTeamMembers = endpoint({
  method: 'GET',
  path: '/api/v1/teams/:id/members',
  scope: 'any',
  summary: 'Who is in a team',
  params: TeamParams,
  returns: [200, z.object({ members: z.array(TeamMember) })],
  errors: { TEAM_NOT_FOUND },
})

export const changeTeamMember = endpoint({
  method: 'PATCH',
  path: '/api/v1/teams/:id/members/:account_id',
  scope: 'files:write',
  summary: 'Give a member another role',
  description: 'Owners and admins change members; only owners change owners, or make somebody one.',
  params: MemberParams,
  body: z.strictObject({ role: z.enum(TEAM_ROLES, `role takes ${TEAM_ROLES.join(', ')}.`) }),
  returns: [200, TeamMember],
  errors: { TEAM_NOT_FOUND, MEMBER_NOT_FOUND, ROLE_TOO_SMALL, LAST_OWNER },
})

export const removeTeamMember = endpoint({
  method: 'DELETE',
  path: '/api/v1/teams/:id/members/:account_id',
  scope: 'files:write',
  summary: 'Remove a member, or leave a team',
  description: 'What the member has stored stays in the team.',
  params: MemberParams,
  returns: [200, success],
  errors: { TEAM_NOT_FOUND, MEMBER_NOT_FOUND, ROLE_TOO_SMALL, LAST_OWNER },
})

export const listTeamInvites = endpoint({
  method: 'GET',
  path: '/api/v1/teams/:id/invites',
  scope: 'files:write',
  summary: 'The open invitations to a team',
  params: TeamParams,
  returns: [200, z.object({ invites: z.array(TeamInvite) })],
  errors: { TEAM_NOT_FOUND, ROLE_TOO_SMALL },
})

export const createTeamInvite = endpoint({
  method: 'POST',
  path: '/api/v1/teams/:id/invites',
  scope: 'files:write',
  summary: 'Invite somebody to a team',
  description:
    'Owners and admins invite. The link lets one person join, within 7 days, and is shown once; the token stands behind the # and so in no log. It ends when who made it no longer manages the team.',
  params: TeamParams,
  body: z.strictObject({
    role: z.enum(INVITED_ROLES, `role takes ${INVITED_ROLES.join(', ')}.`).default('viewer'),
    email: EmailAddress.nullable().optional().describe('Only an account with this address can use the invitation.'),
  }),
  returns: [201, TeamInvite.extend({ token: z.string(), url: z.string() })],
  errors: { TEAM_NOT_FOUND, ROLE_TOO_SMALL, INVITE_LIMIT_REACHED },
})

export const withdrawTeamInvite = endpoint({
  method: 'DELETE',
  path: '/api/v1/teams/:id/invites/:invite_id',
  scope: 'files:write',
  summary: 'Withdraw an invitation',
  params: z.object({ id: z.string(), invite_id: z.string() }),
  returns: [200, success],
  errors: { TEAM_NOT_FOUND, INVITE_NOT_FOUND, ROLE_TOO_SMALL },
})

export const joinTeam = endpoint({
  method: 'POST',
  path: '/api/v1/teams/invites/accept',
  scope: 'files:write',
  summary: 'Join a team by an invitation',
  body: z.strictObject({ token: z.string().max(100) }),
  returns: [200, Team],
  errors: { INVITE_NOT_FOUND, INVITE_FOR_ANOTHER, TEAM_FULL, TEAM_LIMIT_REACHED },
})

export const teamContracts = [
  listTeams,
  createTeam,
  getTeam,
  renameTeam,
  deleteTeam,
  joinTeam,
  listTeamMembers,
  changeTeamMember,
  removeTeamMember,
  listTeamInvites,
  createTeamInvite,
  withdrawTeamInvite,
] as const
