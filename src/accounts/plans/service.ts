import type { Database } from '../../platform/db/index.ts'
import { AppError } from '../../platform/errors.ts'
import type { AuditLog } from '../audit/log.ts'
import { AccountErrors } from '../errors.ts'
import type { Revocations } from '../gate/revocations.ts'
import type { Administrator } from '../users/admin-service.ts'
import { userRepo } from '../users/repo.ts'
import type { Plan as ShownPlan } from './contract.ts'
import { type Plan, type PlanChange, planRepo } from './repo.ts'

export interface PlanServiceOptions {
  readonly database: Database
  readonly audit: AuditLog
  readonly revocations: Pick<Revocations, 'announceAll'>
}

/** What an administrator may want changed. */
export type PlanWish = { readonly [K in keyof Omit<ShownPlan, 'id'>]?: ShownPlan[K] | undefined }

export type PlanService = ReturnType<typeof planService>

export const toPlan = ({ api, ...plan }: Plan): ShownPlan => ({ ...plan, api: api === 1 })

/** What accounts may have, and the administrators who decide it. */
export const planService = ({ database, audit, revocations }: PlanServiceOptions) => ({
  /** @throws {AppError} ADMIN_ONLY */
  async list(accountId: string): Promise<(Plan & { accounts: number })[]> {
    const caller = await userRepo(database.db).find(accountId)
    if (caller?.is_admin !== 1 || caller.status !== 'active') throw new AppError(AccountErrors.ADMIN_ONLY)
    return planRepo(database.db).list()
  },

  /**
   * Holds with the answer, in every process.
   *
   * @throws {AppError} ADMIN_ONLY, PLAN_NOT_FOUND
   */
  async update({ accountId, actor }: Administrator, id: string, wish: PlanWish): Promise<Plan> {
    const plan = await database.transaction(async (tx) => {
      const admins = await userRepo(tx).lockAdmins(database.dialect)
      if (!admins.includes(accountId)) throw new AppError(AccountErrors.ADMIN_ONLY)
      const changed = await planRepo(tx).update(id, toChange(wish))
      if (changed === undefined) throw new AppError(AccountErrors.PLAN_NOT_FOUND)
      const { api: _, ...data } = { ...toChange(wish) }
      const facts = { ...data, ...(wish.api === undefined ? {} : { api: wish.api }) }
      await audit.append(tx, { accountId, actor, action: 'plan.changed', target: id, data: facts })
      return changed
    })
    await revocations.announceAll()
    return plan
  },
})

const toChange = ({ api, ...limits }: PlanWish): PlanChange => ({
  ...Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined)),
  ...(api === undefined ? {} : { api: api ? 1 : 0 }),
})
