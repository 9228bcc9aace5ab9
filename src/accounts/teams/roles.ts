import type { Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { TeamErrors, type TeamRole } from './contract.ts'
import { teamRoles } from './repo.ts'

/** Who does something, for the rules and for the log. */
export interface TeamActor {
  readonly accountId: string
  readonly actor: string
}

/** @throws {AppError} TEAM_NOT_FOUND, also for a team that the account is not in */
export const getRole = async (db: Db, accountId: string, teamId: string): Promise<TeamRole> => {
  const role = await teamRoles(db).find(accountId, teamId)
  if (role === undefined) throw new AppError(TeamErrors.TEAM_NOT_FOUND)
  return role
}

/** @throws {AppError} ROLE_TOO_SMALL */
export const assertManaging = (role: TeamRole): void => {
  if (role === 'owner' || role === 'admin') return
  throw new AppError(TeamErrors.ROLE_TOO_SMALL, { message: 'Only owners and admins of a team can change it.' })
}

export const ownersOnly = (message: string): AppError => new AppError(TeamErrors.ROLE_TOO_SMALL, { message })
