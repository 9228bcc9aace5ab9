import { createHash } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId, randomBase62 } from '../../platform/ids.ts'
import type { AuditLog } from '../audit/log.ts'
import { planRepo } from '../plans.ts'
import { type Team, TeamErrors, type TeamInvite, type TeamMember, type TeamRole } from './contract.ts'
import { memberRepo, teamRepo, teamRoles } from './repo.ts'
import { MAX_TEAMS } from './service.ts'

const INVITE_MS = 7 * 86_400_000
const MAX_INVITES = 100
// 131 bits: nobody guesses one, so a plain hash of it is enough.
const TOKEN_LENGTH = 22

/** Who does something, for the rules and for the log. */
export interface TeamActor {
  readonly accountId: string
  readonly actor: string
}

export interface MemberServiceParts {
  readonly database: Database
  readonly clock: Clock
  readonly audit: AuditLog
}

export type MemberService = ReturnType<typeof memberService>

/** Who is in a team, as what, and how others come into it. */
export const memberService = ({ database, clock, audit }: MemberServiceParts) => {
  const nowMs = (): number => clock.now().getTime()

  /** One change of the members at a time. */
  const changing = <T>(teamId: string, work: (tx: Db) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => {
      await memberRepo(tx).lock(teamId, database.dialect)
      return work(tx)
    })

  const find = async (tx: Db, teamId: string, accountId: string) => {
    const members = await memberRepo(tx).list(teamId)
    const member = members.find(({ account_id }) => account_id === accountId)
    if (member === undefined) throw new AppError(TeamErrors.MEMBER_NOT_FOUND)
    const isLastOwner = member.role === 'owner' && members.filter(({ role }) => role === 'owner').length === 1
    return { member, isLastOwner }
  }

  return {
    /** @throws {AppError} TEAM_NOT_FOUND */
    async list(accountId: string, teamId: string): Promise<TeamMember[]> {
      await roleOf(database.db, accountId, teamId)
      return (await memberRepo(database.db).list(teamId)).map(toMember)
    },

    /** @throws {AppError} TEAM_NOT_FOUND, MEMBER_NOT_FOUND, ROLE_TOO_SMALL, LAST_OWNER */
    change: ({ accountId, actor }: TeamActor, teamId: string, memberId: string, role: TeamRole): Promise<TeamMember> =>
      changing(teamId, async (tx) => {
        const own = await managing(tx, accountId, teamId)
        const { member, isLastOwner } = await find(tx, teamId, memberId)
        if (own !== 'owner' && (member.role === 'owner' || role === 'owner')) throw ownersOnly()
        if (isLastOwner && role !== 'owner') throw new AppError(TeamErrors.LAST_OWNER)
        await memberRepo(tx).update(teamId, memberId, role)
        const data = { member: memberId, role }
        await audit.append(tx, { accountId, actor, action: 'team.member-changed', target: teamId, data })
        return toMember({ ...member, role })
      }),

    /** Oneself, or another. @throws {AppError} TEAM_NOT_FOUND, MEMBER_NOT_FOUND, ROLE_TOO_SMALL, LAST_OWNER */
    remove: ({ accountId, actor }: TeamActor, teamId: string, memberId: string): Promise<void> =>
      changing(teamId, async (tx) => {
        const own = memberId === accountId ? await roleOf(tx, accountId, teamId) : await managing(tx, accountId, teamId)
        const { member, isLastOwner } = await find(tx, teamId, memberId)
        if (isLastOwner) throw new AppError(TeamErrors.LAST_OWNER)
        if (member.role === 'owner' && own !== 'owner') throw ownersOnly()
        await memberRepo(tx).delete(teamId, memberId)
        const data = { member: memberId }
        await audit.append(tx, { accountId, actor, action: 'team.member-removed', target: teamId, data })
      }),

    /** @throws {AppError} TEAM_NOT_FOUND, ROLE_TOO_SMALL */
    async invites(accountId: string, teamId: string): Promise<TeamInvite[]> {
      await managing(database.db, accountId, teamId)
      return (await memberRepo(database.db).invites(teamId, nowMs())).map(toInvite)
    },

    /** @throws {AppError} TEAM_NOT_FOUND, ROLE_TOO_SMALL, INVITE_LIMIT_REACHED */
    invite: (
      { accountId, actor }: TeamActor,
      teamId: string,
      role: TeamInvite['role'],
    ): Promise<TeamInvite & { token: string }> =>
      changing(teamId, async (tx) => {
        await managing(tx, accountId, teamId)
        const [repo, at, token] = [memberRepo(tx), nowMs(), randomBase62(TOKEN_LENGTH)]
        if ((await repo.invites(teamId, at)).length >= MAX_INVITES) throw new AppError(TeamErrors.INVITE_LIMIT_REACHED)
        const invite = { id: newId('invite'), role, created_at: at, expires_at: at + INVITE_MS }
        await repo.insertInvite({ ...invite, hash: hashOf(token), team_id: teamId, created_by: accountId })
        const data = { invite: invite.id, role }
        await audit.append(tx, { accountId, actor, action: 'team.invited', target: teamId, data })
        return { ...toInvite(invite), token }
      }),

    /** @throws {AppError} TEAM_NOT_FOUND, INVITE_NOT_FOUND, ROLE_TOO_SMALL */
    withdraw: ({ accountId }: TeamActor, teamId: string, inviteId: string): Promise<void> =>
      changing(teamId, async (tx) => {
        await managing(tx, accountId, teamId)
        if (!(await memberRepo(tx).deleteInvite(teamId, inviteId))) throw new AppError(TeamErrors.INVITE_NOT_FOUND)
      }),

    /** Who is in the team already stays what it is there. @throws {AppError} INVITE_NOT_FOUND, TEAM_FULL, TEAM_LIMIT_REACHED */
    join: ({ accountId, actor }: TeamActor, token: string): Promise<Team> =>
      database.transaction(async (tx) => {
        const [repo, hash] = [memberRepo(tx), hashOf(token)]
        await planRepo(tx).lockAccount(accountId, database.dialect)
        const { team_id } = found(await repo.findInvite(hash, nowMs()))
        await repo.lock(team_id, database.dialect)
        if ((await teamRoles(tx).find(accountId, team_id)) === undefined) {
          const { id, role } = found(await repo.findInvite(hash, nowMs()))
          await assertRoom(tx, team_id, accountId)
          await repo.deleteInvite(team_id, id)
          await repo.insert(team_id, accountId, role, nowMs())
          await audit.append(tx, { accountId, actor, action: 'team.joined', target: team_id, data: { role } })
        }
        const team = (await teamRepo(tx).list(accountId)).find(({ id }) => id === team_id)
        return found(team)
      }),
  }
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

const ownersOnly = (): AppError =>
  new AppError(TeamErrors.ROLE_TOO_SMALL, { message: 'Only an owner changes owners, or makes somebody one.' })

const found = <T>(row: T | undefined): T => {
  if (row === undefined) throw new AppError(TeamErrors.INVITE_NOT_FOUND)
  return row
}

const roleOf = async (db: Db, accountId: string, teamId: string): Promise<TeamRole> => {
  const role = await teamRoles(db).find(accountId, teamId)
  if (role === undefined) throw new AppError(TeamErrors.TEAM_NOT_FOUND)
  return role
}

const managing = async (db: Db, accountId: string, teamId: string): Promise<TeamRole> => {
  const role = await roleOf(db, accountId, teamId)
  if (role === 'owner' || role === 'admin') return role
  throw new AppError(TeamErrors.ROLE_TOO_SMALL, { message: 'Only owners and admins of a team change its members.' })
}

/** A team is as large as the plan of its owner allows; of several, the first. */
const assertRoom = async (tx: Db, teamId: string, accountId: string): Promise<void> => {
  if ((await teamRepo(tx).count(accountId)) >= MAX_TEAMS) throw new AppError(TeamErrors.TEAM_LIMIT_REACHED)
  const members = await memberRepo(tx).list(teamId)
  const owner = members.find(({ role }) => role === 'owner')
  const seats = owner === undefined ? 0 : (await planRepo(tx).ofAccount(owner.account_id)).max_seats
  if (seats !== null && members.length >= seats) throw new AppError(TeamErrors.TEAM_FULL)
}

const momentOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

const toMember = (row: { account_id: string; email: string; role: TeamRole; joined_at: number }): TeamMember => ({
  ...row,
  joined_at: momentOf(row.joined_at),
})

const toInvite = (row: {
  id: string
  role: TeamInvite['role']
  created_at: number
  expires_at: number
}): TeamInvite => ({
  ...row,
  created_at: momentOf(row.created_at),
  expires_at: momentOf(row.expires_at),
})
