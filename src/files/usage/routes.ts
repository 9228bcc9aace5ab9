import type { AccountUsage } from '../../accounts/index.ts'
import { type Route, route } from '../../platform/http/index.ts'
import { usedBytes } from '../files/quota.ts'
import type { ShareExpiry } from '../shares/expiry.ts'
import type { Counters } from '../stats/counters.ts'
import { getUsage } from './contract.ts'

export interface UsageParts {
  readonly counters: Counters
  /** Links that have expired a moment ago are taken out of the figures before anybody sees them. */
  readonly expiry: Pick<ShareExpiry, 'bringUpToDate'>
  readonly usage: (accountId: string) => Promise<AccountUsage>
}

export const usageRoutes = ({ counters, expiry, usage }: UsageParts): Route[] => [
  route(getUsage, async ({ caller: { accountId } }) => {
    await expiry.bringUpToDate(accountId)
    const { plan, keys, callsToday } = await usage(accountId)
    const row = await counters.row(accountId)
    return {
      plan,
      used_bytes: usedBytes(row),
      trash_bytes: row.trash_bytes,
      max_bytes: plan.max_bytes,
      files: row.files,
      links: row.share_links,
      max_links: plan.max_links,
      keys,
      max_keys: plan.max_keys,
      calls_today: callsToday,
      calls_per_day: plan.per_day,
    }
  }),
]
