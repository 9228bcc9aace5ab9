import type { Generated } from 'kysely'
import type { Db, SqlDialect } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { AccountStatus } from '../users/repo.ts'
import { type Team, TeamErrors, type TeamInvite, type TeamRole } from './contract.ts'

type InvitedRole = TeamInvite['role']

declare module '../../platform/db/tables.ts' {
  interface Tables {
    teams: { id: string; name: string; created_at: number; changes: Generated<number> }
    team_invites: {
      hash: Buffer
      id: string
      team_id: string
      role: InvitedRole
      created_by: string
      created_at: number
      expires_at: number
      email_key: string | null
      email: string | null
    }
    team_members: { team_id: string; account_id: string; role: TeamRole; joined_at: number }
  }
}

export const teamRepo = (db: Db) => {
  const ofAccount = (accountId: string) =>
    db
      .selectFrom('team_members as mine')
      .innerJoin('teams', 'teams.id', 'mine.team_id')
      .select((eb) => [
        'teams.id',
        'teams.name',
        'mine.role',
        eb
          .selectFrom('team_members as all')
          .innerJoin('accounts', 'accounts.id', 'all.account_id')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .whereRef('all.team_id', '=', 'teams.id')
          // The row of a deleted account stays for the audit log.
          .where('accounts.status', '<>', 'deleted')
          .$asScalar()
          .$notNull()
          .as('members'),
      ])
      .where('mine.account_id', '=', accountId)

  return {
    /** In the order in which the account joined them. */
    list: (accountId: string): Promise<Team[]> =>
      ofAccount(accountId).orderBy('mine.joined_at').orderBy('teams.id').execute(),

    /** @returns Undefined for a team that is not there or that the account is not in. */
    find: (accountId: string, teamId: string): Promise<Team | undefined> =>
      ofAccount(accountId).where('teams.id', '=', teamId).executeTakeFirst(),

    async count(accountId: string): Promise<number> {
      const { count } = await db
        .selectFrom('team_members')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('account_id', '=', accountId)
        .executeTakeFirstOrThrow()
      return count
    },

    async insert(team: { id: string; name: string; createdAt: number }, ownerId: string): Promise<void> {
      const { id, name, createdAt } = team
      await db.insertInto('teams').values({ id, name, created_at: createdAt }).execute()
      const owner = { team_id: id, account_id: ownerId, role: 'owner' as const, joined_at: createdAt }
      await db.insertInto('team_members').values(owner).execute()
    },

    /** Who changes a team holds its lock. */
    async rename(teamId: string, name: string): Promise<void> {
      await db.updateTable('teams').set({ name }).where('id', '=', teamId).execute()
    },

    /** With its members and invitations; nothing else may name it any more. */
    async delete(teamId: string): Promise<void> {
      await db.deleteFrom('teams').where('id', '=', teamId).execute()
    },
  }
}

/** Somebody who is in a team. `joined_at` is milliseconds. */
export interface MemberRow {
  readonly account_id: string
  readonly email: string
  readonly status: AccountStatus
  readonly role: TeamRole
  readonly joined_at: number
}

/** What of an invitation is shown. Moments are milliseconds. */
export type InviteRow = Omit<StoredInvite, 'hash' | 'team_id' | 'email_key'>

/** An invitation as it is kept. */
export interface StoredInvite {
  readonly hash: Buffer
  readonly id: string
  readonly team_id: string
  readonly role: InvitedRole
  readonly created_by: string
  readonly created_at: number
  readonly expires_at: number
  /** As it was typed, for people; null for whoever has the link. */
  readonly email: string | null
  /** What is compared. */
  readonly email_key: string | null
}

/** Who is in a team, and who may come. Whoever calls has asked for the role before. */
export const memberRepo = (db: Db) => {
  const present = (teamId: string) =>
    db
      .selectFrom('team_members')
      .innerJoin('accounts', 'accounts.id', 'team_members.account_id')
      .where('team_members.team_id', '=', teamId)
      .where('accounts.status', '<>', 'deleted')

  // Nobody gives what they no longer have: an invitation counts while who made it manages the team.
  const open = (nowMs: number) =>
    db
      .selectFrom('team_invites')
      .innerJoin('team_members as maker', (join) =>
        join
          .onRef('maker.team_id', '=', 'team_invites.team_id')
          .onRef('maker.account_id', '=', 'team_invites.created_by'),
      )
      .innerJoin('accounts as inviting', 'inviting.id', 'maker.account_id')
      .where('inviting.status', '=', 'active')
      .where('maker.role', 'in', ['owner', 'admin'])
      .where('team_invites.expires_at', '>', nowMs)

  return {
    /** Makes changes of the members take turns. SQLite's transactions do that already. */
    async lock(teamId: string, dialect: SqlDialect): Promise<void> {
      const query = db.selectFrom('teams').select('id').where('id', '=', teamId)
      await (dialect === 'postgres' ? query.forUpdate() : query).execute()
    },

    /** In the order in which they joined. */
    list: (teamId: string): Promise<MemberRow[]> =>
      present(teamId)
        .select(['accounts.id as account_id', 'accounts.email', 'accounts.status'])
        .select(['team_members.role', 'team_members.joined_at'])
        .orderBy('team_members.joined_at')
        .orderBy('accounts.id')
        .execute(),

    /** The teams of an account, in one order everywhere, for whoever locks several. */
    async teamsOf(accountId: string): Promise<string[]> {
      const rows = await db
        .selectFrom('team_members')
        .select('team_id')
        .where('account_id', '=', accountId)
        .orderBy('team_id')
        .execute()
      return rows.map(({ team_id }) => team_id)
    },

    async insert(teamId: string, accountId: string, role: TeamRole, at: number): Promise<void> {
      await db
        .insertInto('team_members')
        .values({ team_id: teamId, account_id: accountId, role, joined_at: at })
        .execute()
    },

    async update(teamId: string, accountId: string, role: TeamRole): Promise<void> {
      await db
        .updateTable('team_members')
        .set({ role })
        .where('team_id', '=', teamId)
        .where('account_id', '=', accountId)
        .execute()
    },

    async delete(teamId: string, accountId: string): Promise<void> {
      await db.deleteFrom('team_members').where('team_id', '=', teamId).where('account_id', '=', accountId).execute()
    },

    invites: (teamId: string, nowMs: number): Promise<InviteRow[]> =>
      open(nowMs)
        .select(['team_invites.id', 'team_invites.role', 'team_invites.email', 'team_invites.created_by'])
        .select(['team_invites.created_at', 'team_invites.expires_at'])
        .where('team_invites.team_id', '=', teamId)
        .orderBy('team_invites.created_at')
        .orderBy('team_invites.id')
        .execute(),

    async insertInvite(invite: StoredInvite): Promise<void> {
      // Those that have expired are of no use to anybody.
      await db
        .deleteFrom('team_invites')
        .where('team_id', '=', invite.team_id)
        .where('expires_at', '<=', invite.created_at)
        .execute()
      await db.insertInto('team_invites').values(invite).execute()
    },

    findInvite: (hash: Buffer, nowMs: number): Promise<StoredInvite | undefined> =>
      open(nowMs).selectAll('team_invites').where('team_invites.hash', '=', hash).executeTakeFirst(),

    /** @returns Whether it was there: of two who use one, one gets it. */
    async deleteInvite(teamId: string, id: string): Promise<boolean> {
      const deleted = await db
        .deleteFrom('team_invites')
        .where('team_id', '=', teamId)
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst()
      return deleted !== undefined
    },
  }
}

/** What people may do in teams, for whoever keeps things of teams. */
export const teamRoles = (db: Db) => ({
  /** @returns Undefined for a team that is not there or that the account is not in. */
  async find(accountId: string, teamId: string): Promise<TeamRole | undefined> {
    const member = await db
      .selectFrom('team_members')
      .select('role')
      .where('team_id', '=', teamId)
      .where('account_id', '=', accountId)
      .executeTakeFirst()
    return member?.role
  },
})

/** The place of a team, for whoever keeps things in it. */
export const teamPlaces = (db: Db) => ({
  /**
   * Makes changes in the place take turns: nobody else makes one until the transaction ends.
   *
   * @throws {AppError} TEAM_NOT_FOUND if it was deleted meanwhile
   */
  async noteChange(teamId: string): Promise<void> {
    const team = await db
      .updateTable('teams')
      .set((eb) => ({ changes: eb('changes', '+', 1) }))
      .where('id', '=', teamId)
      .returning('id')
      .executeTakeFirst()
    if (team === undefined) throw new AppError(TeamErrors.TEAM_NOT_FOUND)
  },

  /** How many changes there were; 0 for a team that is not there. */
  async changes(teamId: string): Promise<number> {
    const team = await db.selectFrom('teams').select('changes').where('id', '=', teamId).executeTakeFirst()
    return team?.changes ?? 0
  },
})
