import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { JobQueue } from '../../platform/jobs/index.ts'
import type { AuditLog } from '../audit/log.ts'
import type { Administrator } from '../users/admin-service.ts'
import { userRepo } from '../users/repo.ts'
import { ServerErrors, type ServerFacts } from './contract.ts'

export interface ServerServiceOptions {
  readonly database: Database
  readonly audit: AuditLog
  readonly jobs: Pick<JobQueue, 'stats' | 'listDead' | 'revive'>
  /** What the program knows of itself. */
  readonly facts: () => Omit<ServerFacts, 'database' | 'node' | 'platform' | 'memory_bytes'>
}

export type ServerService = ReturnType<typeof serverService>

const MAX_DEAD = 200

/** What the administrators of a server see of the server itself. */
export const serverService = ({ database, audit, jobs, facts }: ServerServiceOptions) => {
  const assertAdmin = async (accountId: string): Promise<void> => {
    const caller = await userRepo(database.db).find(accountId)
    if (caller?.is_admin !== 1 || caller.status !== 'active') throw new AppError(ServerErrors.ADMIN_ONLY)
  }

  return {
    /** @throws {AppError} ADMIN_ONLY */
    async facts(accountId: string): Promise<ServerFacts> {
      await assertAdmin(accountId)
      return {
        ...facts(),
        database: database.dialect,
        node: process.versions.node,
        platform: `${process.platform} ${process.arch}`,
        memory_bytes: process.memoryUsage.rss(),
      }
    },
    /** @throws {AppError} ADMIN_ONLY */
    async jobs(accountId: string) {
      await assertAdmin(accountId)
      const dead = await jobs.listDead(MAX_DEAD)
      return {
        jobs: await jobs.stats(),
        dead: dead.map(({ id, name, attempts, error, createdAt, diedAt }) => ({
          id,
          name,
          attempts,
          error,
          created_at: createdAt,
          died_at: diedAt,
        })),
      }
    },
    /** @throws {AppError} ADMIN_ONLY, JOB_NOT_FOUND */
    async retry({ accountId, actor }: Administrator, id: string): Promise<void> {
      await assertAdmin(accountId)
      await database.transaction(async (tx) => {
        if (!(await jobs.revive(tx, id))) throw new AppError(ServerErrors.JOB_NOT_FOUND)
        await audit.append(tx, { accountId, actor, action: 'job.retried', target: id })
      })
    },
  }
}
