import { type Route, route } from '../../platform/http/index.ts'
import { byOf, wrap } from '../envelope.ts'
import { createPairingCode } from '../pairing/contract.ts'
import type { PairingService } from '../pairing/service.ts'
import { installTemplate, listTemplates } from './contract.ts'
import type { TemplateService } from './service.ts'

export const templateRoutes = (templates: TemplateService, pairing: PairingService): Route[] => [
  route(listTemplates, () =>
    wrap(templates.list().map(({ commands, ...about }) => ({ ...about, commands: commands.map(({ name }) => name) }))),
  ),
  route(installTemplate, async ({ caller, params, body }) =>
    wrap(await templates.install(byOf(caller), params.botid, params.name, body)),
  ),
  route(createPairingCode, async ({ caller, params }) => wrap(await pairing.createCode(byOf(caller), params.botid))),
]
