import { defineErrors } from '../platform/errors.ts'

/** Why somebody may not use a place. */
export const SpaceErrors = defineErrors({
  TEAM_NOT_FOUND: [404, 'There is no such team.'],
  ROLE_TOO_SMALL: [403, 'Your role in this team does not allow this.'],
})
