import { type Route, route } from '../../platform/http/index.ts'
import { byOf, wrap } from '../envelope.ts'
import { cloneBot, transferBot } from './contract.ts'
import type { TransferService } from './service.ts'

export const transferRoutes = (transfers: TransferService): Route[] => [
  route(transferBot, async ({ caller, params, body }) => {
    await transfers.transfer(byOf(caller), params.botid, body.to_email)
    return wrap('Bot transferred successfully')
  }),
  route(cloneBot, async ({ caller, params, body }) => {
    const { new_token: token, simulated, include_data: includeData } = body
    const { id } = await transfers.clone(byOf(caller), params.botid, { token, simulated, includeData })
    return wrap({ botid: id, message: 'Bot cloned successfully' })
  }),
]
