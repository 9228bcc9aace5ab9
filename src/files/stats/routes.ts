import { type Route, route } from '../../platform/http/index.ts'
import { getStats } from './contract.ts'
import type { Counters } from './counters.ts'

export const statsRoutes = (counters: Counters): Route[] => [
  route(getStats, ({ caller }) => counters.stats(caller.accountId)),
]
