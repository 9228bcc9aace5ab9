import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/index.ts'

export const TeamErrors = defineErrors({
  TEAM_NOT_FOUND: [404, 'There is no such team.'],
  TEAM_LIMIT_REACHED: [409, 'An account can be in at most 100 teams. Leave one first.'],
})

export const TEAM_ROLES = ['owner', 'admin', 'editor', 'viewer'] as const
export type TeamRole = (typeof TEAM_ROLES)[number]

export const Team = z.object({
  id: z.string().meta({ example: 'team_0Pk3dY00Hq8ZtVb1cXw5Lm' }),
  name: z.string(),
  role: z.enum(TEAM_ROLES).describe('Your role in it.'),
  members: z.int().describe('How many people are in it.'),
})
export type Team = z.infer<typeof Team>

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
  body: z.strictObject({ name: z.string().trim().min(1, 'A team needs a name.').max(80) }),
  returns: [201, Team],
  errors: { TEAM_LIMIT_REACHED: TeamErrors.TEAM_LIMIT_REACHED },
})

export const teamContracts = [listTeams, createTeam] as const
