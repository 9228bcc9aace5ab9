import type { Generated } from 'kysely'
import type { Db } from '../../platform/db/index.ts'
import type { Team, TeamRole } from './contract.ts'

declare module '../../platform/db/tables.ts' {
  interface Tables {
    teams: { id: string; name: string; created_at: number; changes: Generated<number> }
    team_members: { team_id: string; account_id: string; role: TeamRole; joined_at: number }
  }
}

export const teamRepo = (db: Db) => ({
  /** In the order in which the account joined them. */
  list: (accountId: string): Promise<Team[]> =>
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
      .orderBy('mine.joined_at')
      .orderBy('teams.id')
      .execute(),

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
})

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
  /** Makes changes in the place take turns: nobody else makes one until the transaction ends. */
  async noteChange(teamId: string): Promise<void> {
    await db
      .updateTable('teams')
      .set((eb) => ({ changes: eb('changes', '+', 1) }))
      .where('id', '=', teamId)
      .execute()
  },

  /** How many changes there were; 0 for a team that is not there. */
  async changes(teamId: string): Promise<number> {
    const team = await db.selectFrom('teams').select('changes').where('id', '=', teamId).executeTakeFirst()
    return team?.changes ?? 0
  },
})
