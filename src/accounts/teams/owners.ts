import type { Db, SqlDialect } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { AuditLog } from '../audit/log.ts'
import { planRepo } from '../plans/repo.ts'
import { TEAM_ROLES, TeamErrors } from './contract.ts'
import { type MemberRow, memberRepo } from './repo.ts'

/** Whether nobody else could decide about the team. Who is disabled cannot, but is still an owner when they are back. */
export const isLastOwner = (members: readonly MemberRow[], accountId: string): boolean => {
  const owners = members.filter(({ role }) => role === 'owner')
  const able = owners.filter(({ status }) => status === 'active')
  const isOwner = owners.some(({ account_id }) => account_id === accountId)
  return isOwner && able.every(({ account_id }) => account_id === accountId)
}

/** Who deletes an account, for the log, and what becomes of teams that have no other owner. */
export interface Leaving {
  readonly audit: AuditLog
  readonly dialect: SqlDialect
  /** Who does it: the account itself, or an administrator. */
  readonly by: { readonly accountId: string; readonly actor: string }
  /** `refuse` is for people who can still choose an heir; `hand-over` for those whose account is deleted by others. */
  readonly lastOwner: 'refuse' | 'hand-over'
}

/**
 * Takes an account out of its teams, in the transaction that deletes it. A team in which it is alone stays with it: the
 * row of the account stays as well, for the log.
 *
 * @throws {AppError} LAST_OWNER
 */
export const leaveTeams = async (tx: Db, accountId: string, leaving: Leaving): Promise<void> => {
  const repo = memberRepo(tx)
  // In the order in which whoever joins a team takes the locks.
  await planRepo(tx).lockAccount(accountId, leaving.dialect)
  for (const teamId of await repo.teamsOf(accountId)) {
    await repo.lock(teamId, leaving.dialect)
    const members = await repo.list(teamId)
    const others = members.filter(({ account_id }) => account_id !== accountId)
    if (others.length === 0) continue
    if (isLastOwner(members, accountId)) await handOver(tx, teamId, others, leaving)
    await repo.delete(teamId, accountId)
  }
}

/** To the highest of the others, the first to have joined; to one who is disabled only if all of them are. */
const handOver = async (
  tx: Db,
  teamId: string,
  others: readonly MemberRow[],
  { lastOwner, audit, by }: Leaving,
): Promise<void> => {
  if (lastOwner === 'refuse')
    throw new AppError(TeamErrors.LAST_OWNER, { message: LAST_OWNER, details: { team_id: teamId } })
  const able = others.filter(({ status }) => status === 'active')
  const [heir] = (able.length > 0 ? able : others).toSorted((a, b) => rank(a) - rank(b))
  if (heir === undefined) return
  await memberRepo(tx).update(teamId, heir.account_id, 'owner')
  const data = { member: heir.account_id, role: 'owner' }
  await audit.append(tx, { ...by, action: 'team.member-changed', target: teamId, data })
}

const LAST_OWNER = 'You are the last owner of a team with other members. Make somebody else an owner of it first.'

// `toSorted` is stable, and members come in the order in which they joined.
const rank = ({ role }: MemberRow): number => TEAM_ROLES.indexOf(role)
