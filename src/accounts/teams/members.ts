import { createHash } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId, randomBase62 } from '../../platform/ids.ts'
import type { AuditLog } from '../audit/log.ts'
import { planRepo } from '../plans/repo.ts'
import { emailKey, userRepo } from '../users/repo.ts'
import { type Team, TeamErrors, type TeamInvite, type TeamMember, type TeamRole } from './contract.ts'
import { isLastOwner } from './owners.ts'
import { type InviteRow, type MemberRow, memberRepo, teamRepo, teamRoles } from './repo.ts'
import { assertManaging, getRole, ownersOnly, type TeamActor } from './roles.ts'
import { MAX_TEAMS } from './service.ts'

const INVITE_MS = 7 * 86_400_000
const MAX_INVITES = 100
// 131 bits: nobody guesses one, so a plain hash of it is enough.
const TOKEN_LENGTH = 22

export interface MemberServiceParts {
  readonly database: Database
  readonly clock: Clock
  readonly audit: AuditLog
  readonly publicUrl: () => string
}

/** For whom an invitation is, and as what. */
export interface InviteWish {
  readonly role: TeamInvite['role']
  readonly email?: string | null | undefined
}

export type MemberService = ReturnType<typeof memberService>

/** Who is in a team, as what, and how others come into it. */
export const memberService = ({ database, clock, audit, publicUrl }: MemberServiceParts) => {
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
    return { member, isLast: isLastOwner(members, accountId) }
  }

  return {
    /** @throws {AppError} TEAM_NOT_FOUND */
    async list(accountId: string, teamId: string): Promise<TeamMember[]> {
      await getRole(database.db, accountId, teamId)
      return (await memberRepo(database.db).list(teamId)).map(toMember)
    },

    /** @throws {AppError} TEAM_NOT_FOUND, MEMBER_NOT_FOUND, ROLE_TOO_SMALL, LAST_OWNER */
    change: ({ accountId, actor }: TeamActor, teamId: string, memberId: string, role: TeamRole): Promise<TeamMember> =>
      changing(teamId, async (tx) => {
        const own = await managing(tx, accountId, teamId)
        const { member, isLast } = await find(tx, teamId, memberId)
        if (own !== 'owner' && (member.role === 'owner' || role === 'owner')) throw ownersOnly(OWNERS)
        if (isLast && role !== 'owner') throw new AppError(TeamErrors.LAST_OWNER)
        await memberRepo(tx).update(teamId, memberId, role)
        const data = { member: memberId, role }
        await audit.append(tx, { accountId, actor, action: 'team.member-changed', target: teamId, data })
        return toMember({ ...member, role })
      }),

    /** Oneself, or another. @throws {AppError} TEAM_NOT_FOUND, MEMBER_NOT_FOUND, ROLE_TOO_SMALL, LAST_OWNER */
    remove: ({ accountId, actor }: TeamActor, teamId: string, memberId: string): Promise<void> =>
      changing(teamId, async (tx) => {
        const own =
          memberId === accountId ? await getRole(tx, accountId, teamId) : await managing(tx, accountId, teamId)
        const { member, isLast } = await find(tx, teamId, memberId)
        if (isLast) throw new AppError(TeamErrors.LAST_OWNER)
        if (member.role === 'owner' && own !== 'owner') throw ownersOnly(OWNERS)
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
      { role, email = null }: InviteWish,
    ): Promise<TeamInvite & { token: string; url: string }> =>
      changing(teamId, async (tx) => {
        await managing(tx, accountId, teamId)
        const [repo, at, token] = [memberRepo(tx), nowMs(), randomBase62(TOKEN_LENGTH)]
        if ((await repo.invites(teamId, at)).length >= MAX_INVITES) throw new AppError(TeamErrors.INVITE_LIMIT_REACHED)
        const created = { created_by: accountId, created_at: at, expires_at: at + INVITE_MS }
        const invite = { id: newId('invite'), role, email, ...created }
        const email_key = email === null ? null : emailKey(email)
        await repo.insertInvite({ ...invite, email_key, hash: hashOf(token), team_id: teamId })
        const data = { invite: invite.id, role }
        await audit.append(tx, { accountId, actor, action: 'team.invited', target: teamId, data })
        return { ...toInvite(invite), token, url: `${publicUrl()}/join#t=${token}` }
      }),

    /** @throws {AppError} TEAM_NOT_FOUND, INVITE_NOT_FOUND, ROLE_TOO_SMALL */
    withdraw: ({ accountId, actor }: TeamActor, teamId: string, inviteId: string): Promise<void> =>
      changing(teamId, async (tx) => {
        await managing(tx, accountId, teamId)
        if (!(await memberRepo(tx).deleteInvite(teamId, inviteId))) throw new AppError(TeamErrors.INVITE_NOT_FOUND)
        const data = { invite: inviteId }
        await audit.append(tx, { accountId, actor, action: 'team.invite-withdrawn', target: teamId, data })
      }),

    /**
     * Who is in the team already stays what it is there.
     *
     * @throws {AppError} INVITE_NOT_FOUND, INVITE_FOR_ANOTHER, TEAM_FULL, TEAM_LIMIT_REACHED
     */
    join: ({ accountId, actor }: TeamActor, token: string): Promise<Team> =>
      database.transaction(async (tx) => {
        const [repo, hash] = [memberRepo(tx), hashOf(token)]
        await planRepo(tx).lockAccount(accountId, database.dialect)
        const { team_id, email_key } = found(await repo.findInvite(hash, nowMs()))
        if (email_key !== null) await assertAddress(tx, accountId, email_key)
        await repo.lock(team_id, database.dialect)
        if ((await teamRoles(tx).find(accountId, team_id)) === undefined) {
          const { id, role } = found(await repo.findInvite(hash, nowMs()))
          await assertRoom(tx, team_id, accountId)
          await repo.deleteInvite(team_id, id)
          await repo.insert(team_id, accountId, role, nowMs())
          await audit.append(tx, { accountId, actor, action: 'team.joined', target: team_id, data: { role } })
        }
        return found(await teamRepo(tx).find(accountId, team_id))
      }),
  }
}

const OWNERS = 'Only an owner changes owners, or makes somebody one.'

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

const found = <T>(row: T | undefined): T => {
  if (row === undefined) throw new AppError(TeamErrors.INVITE_NOT_FOUND)
  return row
}

const managing = async (db: Db, accountId: string, teamId: string): Promise<TeamRole> => {
  const role = await getRole(db, accountId, teamId)
  assertManaging(role)
  return role
}

const assertAddress = async (tx: Db, accountId: string, expected: string): Promise<void> => {
  const account = await userRepo(tx).find(accountId)
  if (account === undefined || emailKey(account.email) !== expected) throw new AppError(TeamErrors.INVITE_FOR_ANOTHER)
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

const toMember = ({ status, joined_at, ...row }: MemberRow): TeamMember => ({
  ...row,
  status: status === 'active' ? 'active' : 'disabled',
  joined_at: momentOf(joined_at),
})

const toInvite = (row: InviteRow): TeamInvite => ({
  ...row,
  created_at: momentOf(row.created_at),
  expires_at: momentOf(row.expires_at),
})
