import { type Route, route } from '../../platform/http/index.ts'
import { wrap } from '../envelope.ts'
import { blockBotUser, countBotUsers, getBotUser, listBotUsers, unblockBotUser } from './contract.ts'
import type { BotUserService } from './service.ts'

export const botUserRoutes = (users: BotUserService): Route[] => [
  route(listBotUsers, async ({ caller, params, query }) =>
    wrap(await users.list(caller.accountId, params.botid, query)),
  ),
  route(countBotUsers, async ({ caller, params }) => wrap(await users.count(caller.accountId, params.botid))),
  route(getBotUser, async ({ caller, params }) => wrap(await users.get(caller.accountId, params.botid, params.userid))),
  route(blockBotUser, async ({ caller, params }) => {
    await users.block(caller.accountId, params.botid, params.userid)
    return wrap('User blocked successfully')
  }),
  route(unblockBotUser, async ({ caller, params }) => {
    await users.unblock(caller.accountId, params.botid, params.userid)
    return wrap('User unblocked successfully')
  }),
]
