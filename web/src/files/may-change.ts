import type { Team as KnownTeam } from '../../../src/accounts/teams/contract.ts'

/**
 * Whether somebody may change what a drive holds, or only read it.
 *
 * @param teams Those that one is in; undefined while nobody knows, when nothing is offered that might be refused.
 * @param team Whose drive it is; undefined for one's own.
 */
export const mayChangeIn = (
  teams: readonly Pick<KnownTeam, 'id' | 'role'>[] | undefined,
  team: string | undefined,
): boolean => {
  if (team === undefined) return true
  const role = teams?.find(({ id }) => id === team)?.role
  return role !== undefined && role !== 'viewer'
}
