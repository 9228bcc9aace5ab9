import { type Caller, type Route, route } from '../../platform/http/index.ts'
import { wrap } from '../envelope.ts'
import { createBot, deleteBot, getBot, listBots, restartBot, startBot, stopBot, updateBotToken } from './contract.ts'
import { type BotService, toBot } from './service.ts'

const actor = ({ kind, credentialId }: Caller): string => `${kind}:${credentialId}`

export const botRoutes = (bots: BotService): Route[] => [
  route(createBot, async ({ caller, body }) => {
    const row =
      body.bot_token === undefined
        ? await bots.createSimulated(caller.accountId, actor(caller), body.bot_name)
        : await bots.create(caller.accountId, actor(caller), body.bot_token, body.bot_name)
    return wrap({ botid: row.id, bot_name: row.name, bot_username: row.username })
  }),
  route(listBots, async ({ caller }) => wrap((await bots.list(caller.accountId)).map(toBot))),
  route(getBot, async ({ caller, params }) => wrap(toBot(await bots.get(caller.accountId, params.botid)))),
  route(deleteBot, async ({ caller, params }) => {
    await bots.remove(caller.accountId, actor(caller), params.botid)
    return wrap('Bot deleted successfully')
  }),
  route(updateBotToken, async ({ caller, params, body }) => {
    await bots.updateToken(caller.accountId, actor(caller), params.botid, body.token ?? body.bot_token ?? '')
    return wrap('Bot token updated successfully')
  }),
  route(startBot, async ({ caller, params }) => {
    await bots.start(caller.accountId, actor(caller), params.botid)
    return wrap('Bot started successfully')
  }),
  route(stopBot, async ({ caller, params }) => {
    await bots.stop(caller.accountId, actor(caller), params.botid)
    return wrap('Bot stopped successfully')
  }),
  route(restartBot, async ({ caller, params }) => {
    await bots.stop(caller.accountId, actor(caller), params.botid)
    await bots.start(caller.accountId, actor(caller), params.botid)
    return wrap('Bot restarted successfully')
  }),
]
