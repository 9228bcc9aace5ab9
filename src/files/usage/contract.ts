import { z } from 'zod'
import { ShownPlan } from '../../accounts/index.ts'
import { endpoint } from '../../platform/http/contract.ts'

const count = z.int().min(0)
const most = z.int().nullable()

/** Null is without limit. */
export const Usage = z
  .object({
    plan: ShownPlan,
    used_bytes: count.describe('Of all files, with those in the trash.'),
    trash_bytes: count,
    max_bytes: most,
    files: count.describe('Outside the trash.'),
    links: count.describe('Active share links.'),
    max_links: most,
    keys: count.describe('Active keys of the kind files.'),
    max_keys: most,
    calls_today: count.describe('Calls with keys since midnight UTC, of all keys together.'),
    calls_per_day: most.describe('What each key may call in a day.'),
  })
  .meta({ id: 'Usage' })
export type Usage = z.infer<typeof Usage>

export const getUsage = endpoint({
  method: 'GET',
  path: '/api/account/usage',
  scope: 'any',
  by: ['session', 'key', 'device'],
  plan: false,
  summary: 'The plan of the account, and how much of it is used',
  returns: [200, Usage],
})
