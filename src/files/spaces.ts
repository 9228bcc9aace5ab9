import { type TeamRole, teamRoles } from '../accounts/index.ts'
import type { Db } from '../platform/db/index.ts'
import { AppError } from '../platform/errors.ts'
import { SpaceErrors } from './space-errors.ts'

/** A place for files and folders, seen by somebody who may use it: the account's own drive, or a team's. */
export interface Space {
  /** Who acts: stores and pays for what is added. */
  readonly accountId: string
  readonly teamId: string | null
}

/** What is to be done in a place. */
export type Need = 'read' | 'write' | 'delete' | 'manage'

/** Somebody who calls; a `Caller` is one. */
export type Actor = Pick<Space, 'accountId'>

/** @returns What rows of the place have as `space_id`. */
export const spaceIdOf = ({ accountId, teamId }: Space): string => teamId ?? accountId

export type Spaces = ReturnType<typeof spaceResolver>

/** Who may do what where. `db` may be a transaction. */
export const spaceResolver = (db: Db) => ({
  /**
   * @param teamId Undefined, null and empty mean the account's own drive.
   * @throws {AppError} TEAM_NOT_FOUND, ROLE_TOO_SMALL
   */
  async of({ accountId }: Actor, teamId: string | null | undefined, needed: Need): Promise<Space> {
    if (teamId === undefined || teamId === null || teamId === '') return { accountId, teamId: null }
    const role = await teamRoles(db).find(accountId, teamId)
    if (role === undefined) throw new AppError(SpaceErrors.TEAM_NOT_FOUND)
    assertRole(role, needed)
    return { accountId, teamId }
  },

  /**
   * The place in which a row lies, for what was asked for by its own id.
   *
   * @returns Undefined where the account cannot know that there is such a row.
   * @throws {AppError} ROLE_TOO_SMALL
   */
  async around(
    { accountId }: Actor,
    row: { readonly account_id: string; readonly team_id: string | null },
    needed: Need,
  ): Promise<Space | undefined> {
    if (row.team_id === null) return row.account_id === accountId ? { accountId, teamId: null } : undefined
    const role = await teamRoles(db).find(accountId, row.team_id)
    if (role === undefined) return undefined
    assertRole(role, needed)
    return { accountId, teamId: row.team_id }
  },
})

const ALLOWED: Readonly<Record<Need, { readonly roles: readonly TeamRole[]; readonly refusal: string }>> = {
  read: { roles: ['owner', 'admin', 'editor', 'viewer'], refusal: '' },
  write: { roles: ['owner', 'admin', 'editor'], refusal: 'A viewer of a team can read its files and change nothing.' },
  delete: { roles: ['owner', 'admin', 'editor'], refusal: 'A viewer of a team cannot delete anything in it.' },
  manage: { roles: ['owner', 'admin'], refusal: 'Only owners and admins of a team can do this.' },
}

const assertRole = (role: TeamRole, needed: Need): void => {
  const { roles, refusal } = ALLOWED[needed]
  if (!roles.includes(role)) throw new AppError(SpaceErrors.ROLE_TOO_SMALL, { message: refusal })
}
