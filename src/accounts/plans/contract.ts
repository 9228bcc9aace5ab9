import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { AccountErrors } from '../errors.ts'

const { ADMIN_ONLY, PLAN_NOT_FOUND } = AccountErrors
const most = z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullable()
const rate = z.int().min(1).max(1_000_000_000).nullable()

const limits = {
  api: z.boolean().describe('Whether the API may be used with keys.'),
  max_bytes: most.describe('Of all files together, with those in the trash.'),
  max_file_bytes: most,
  max_links: most.describe('Active share links.'),
  max_seats: most.describe('Members of a team, its owner included.'),
  max_keys: most.describe('Active API keys of each kind.'),
  per_minute_cap: rate.describe('No key may have a higher limit of calls in a minute.'),
  per_day: rate.describe('Calls of each key in a day, which begins at midnight UTC.'),
}

export const Plan = z
  .object({ id: z.string(), ...limits })
  .describe('What an account may have. Null is without limit.')
  .meta({ id: 'Plan' })
export type Plan = z.infer<typeof Plan>

export const PlanChange = z.strictObject(limits).partial()
export type PlanChange = z.infer<typeof PlanChange>

export const listPlans = endpoint({
  method: 'GET',
  path: '/api/plans',
  scope: 'any',
  by: ['session'],
  summary: 'The plans of this server, as an administrator',
  returns: [200, z.object({ plans: z.array(Plan.extend({ accounts: z.int() })) })],
  errors: { ADMIN_ONLY },
})

export const updatePlan = endpoint({
  method: 'PATCH',
  path: '/api/plans/:id',
  scope: 'any',
  by: ['session'],
  summary: 'Change what a plan allows, as an administrator',
  description:
    'It holds from the next request on, for everybody who has the plan. Nothing that is there already is taken away: who has more than is allowed now gets no more.',
  params: z.object({ id: z.string().max(64) }),
  body: PlanChange,
  returns: [200, z.object({ plan: Plan })],
  errors: { ADMIN_ONLY, PLAN_NOT_FOUND },
})

export const planContracts = [listPlans, updatePlan] as const
