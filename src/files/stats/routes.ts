import { type Route, route } from '../../platform/http/index.ts'
import type { ShareExpiry } from '../shares/expiry.ts'
import { getStats } from './contract.ts'

/** @param expiry Links that have expired a moment ago are taken out of the figures before anybody sees them. */
export const statsRoutes = (expiry: Pick<ShareExpiry, 'stats'>): Route[] => [
  route(getStats, ({ caller: { accountId } }) => expiry.stats(accountId)),
]
