import { type Route, route } from '../../platform/http/index.ts'
import type { ShareExpiry } from '../shares/expiry.ts'
import { getStats } from './contract.ts'
import type { Counters } from './counters.ts'

/** @param expiry Links that have expired a moment ago are taken out of the figures before anybody sees them. */
export const statsRoutes = (counters: Counters, expiry: Pick<ShareExpiry, 'bringUpToDate'>): Route[] => [
  route(getStats, ({ caller: { accountId } }) => {
    const waiting = expiry.bringUpToDate(accountId)
    return waiting === undefined ? counters.stats(accountId) : waiting.then(() => counters.stats(accountId))
  }),
]
