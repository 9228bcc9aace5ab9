import { type Route, route } from '../../platform/http/index.ts'
import { changePreferences, getPreferences } from './contract.ts'
import type { PreferenceRepo } from './repo.ts'

export const preferenceRoutes = (preferences: PreferenceRepo): Route[] => [
  route(getPreferences, async ({ caller }) => ({ preferences: await preferences.get(caller.accountId) })),
  route(changePreferences, async ({ caller, body }) => ({
    preferences: await preferences.change(caller.accountId, body),
  })),
]
