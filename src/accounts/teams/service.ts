import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { AuditLog } from '../audit/log.ts'
import { planRepo } from '../plans.ts'
import { type Team, TeamErrors } from './contract.ts'
import { teamRepo } from './repo.ts'

// The list has no pages.
export const MAX_TEAMS = 100

export type TeamService = ReturnType<typeof teamService>

export const teamService = ({ database, clock, audit }: { database: Database; clock: Clock; audit: AuditLog }) => ({
  list: (accountId: string): Promise<Team[]> => teamRepo(database.db).list(accountId),

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
})
