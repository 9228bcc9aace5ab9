import type { Clock } from '../../platform/clock.ts'
import type { Database, Db } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { AuditLog } from '../audit/log.ts'
import { planRepo } from '../plans/repo.ts'
import { type Team, TeamErrors } from './contract.ts'
import { memberRepo, teamRepo } from './repo.ts'
import { assertManaging, getRole, ownersOnly, type TeamActor } from './roles.ts'

// The list has no pages.
export const MAX_TEAMS = 100

/** Says whether anything is kept in a team, in the transaction that would delete it. */
export type TeamContents = (tx: Db, teamId: string) => Promise<boolean>

export type TeamService = ReturnType<typeof teamService>

export const teamService = ({ database, clock, audit }: { database: Database; clock: Clock; audit: AuditLog }) => {
  const contents: TeamContents[] = []

  const get = async (db: Db, accountId: string, teamId: string): Promise<Team> => {
    const team = await teamRepo(db).find(accountId, teamId)
    if (team === undefined) throw new AppError(TeamErrors.TEAM_NOT_FOUND)
    return team
  }

  return {
    list: (accountId: string): Promise<Team[]> => teamRepo(database.db).list(accountId),

    /** @throws {AppError} TEAM_NOT_FOUND */
    get: (accountId: string, teamId: string): Promise<Team> => get(database.db, accountId, teamId),

    /** @throws {AppError} TEAM_LIMIT_REACHED */
    create: (accountId: string, actor: string, name: string): Promise<Team> =>
      database.transaction(async (tx) => {
        const repo = teamRepo(tx)
        await planRepo(tx).lockAccount(accountId, database.dialect)
        if ((await repo.count(accountId)) >= MAX_TEAMS) throw new AppError(TeamErrors.TEAM_LIMIT_REACHED)
        const team = { id: newId('team'), name, createdAt: clock.now().getTime() }
        await repo.insert(team, accountId)
        await audit.append(tx, { accountId, actor, action: 'team.created', target: team.id })
        return { id: team.id, name, role: 'owner', members: 1 }
      }),

    /** @throws {AppError} TEAM_NOT_FOUND, ROLE_TOO_SMALL */
    rename: ({ accountId, actor }: TeamActor, teamId: string, name: string): Promise<Team> =>
      database.transaction(async (tx) => {
        await memberRepo(tx).lock(teamId, database.dialect)
        assertManaging(await getRole(tx, accountId, teamId))
        await teamRepo(tx).rename(teamId, name)
        await audit.append(tx, { accountId, actor, action: 'team.renamed', target: teamId, data: { name } })
        return get(tx, accountId, teamId)
      }),

    /** @throws {AppError} TEAM_NOT_FOUND, ROLE_TOO_SMALL, TEAM_NOT_EMPTY */
    remove: ({ accountId, actor }: TeamActor, teamId: string): Promise<void> =>
      database.transaction(async (tx) => {
        // Whoever puts something into the team takes the same lock: it comes before, or finds no team.
        await memberRepo(tx).lock(teamId, database.dialect)
        if ((await getRole(tx, accountId, teamId)) !== 'owner') throw ownersOnly('Only an owner deletes a team.')
        for (const isKept of contents) if (await isKept(tx, teamId)) throw new AppError(TeamErrors.TEAM_NOT_EMPTY)
        await teamRepo(tx).delete(teamId)
        await audit.append(tx, { accountId, actor, action: 'team.deleted', target: teamId })
      }),

    /** For areas that keep things of teams: a team in which there is anything is not deleted. */
    keepWhile(isKept: TeamContents): void {
      contents.push(isKept)
    },
  }
}
