import { type Route, route } from '../../platform/http/index.ts'
import { byOf, wrap } from '../envelope.ts'
import { getBotSettings, updateBotSettings } from './contract.ts'
import type { SettingService } from './service.ts'

export const settingRoutes = (settings: SettingService): Route[] => [
  route(getBotSettings, async ({ caller, params }) => wrap(await settings.get(caller.accountId, params.botid))),
  route(updateBotSettings, async ({ caller, params, body }) =>
    wrap(await settings.update(byOf(caller), params.botid, body)),
  ),
]
