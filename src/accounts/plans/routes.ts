import { type Route, route } from '../../platform/http/index.ts'
import { listPlans, updatePlan } from './contract.ts'
import { type PlanService, toPlan } from './service.ts'

export const planRoutes = (plans: PlanService): Route[] => [
  route(listPlans, async ({ caller }) => ({
    plans: (await plans.list(caller.accountId)).map(({ accounts, ...plan }) => ({ ...toPlan(plan), accounts })),
  })),
  route(updatePlan, async ({ caller: { accountId, kind, credentialId }, params, body }) => ({
    plan: toPlan(await plans.update({ accountId, actor: `${kind}:${credentialId}` }, params.id, body)),
  })),
]
