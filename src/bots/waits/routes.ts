import { type Route, route } from '../../platform/http/index.ts'
import type { BotService } from '../bots/service.ts'
import { wrap } from '../envelope.ts'
import { clearWaits, listWaits } from './contract.ts'
import type { WaitService } from './service.ts'

export const waitRoutes = (waits: WaitService, bots: BotService): Route[] => [
  route(listWaits, async ({ caller, params, query }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap(await waits.list(caller.accountId, params.botid, { userId: query.user_id, chatId: query.chat_id }))
  }),
  route(clearWaits, async ({ caller, params, query }) => {
    await bots.get(caller.accountId, params.botid)
    const where = {
      ...(query.user_id === undefined ? {} : { userId: query.user_id }),
      ...(query.chat_id === undefined ? {} : { chatId: query.chat_id }),
    }
    return wrap({ cleared: await waits.clear(caller.accountId, params.botid, where) })
  }),
]
