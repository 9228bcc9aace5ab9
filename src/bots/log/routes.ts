import type { Database } from '../../platform/db/index.ts'
import { type Route, reply, route } from '../../platform/http/index.ts'
import type { BotService } from '../bots/service.ts'
import { wrap } from '../envelope.ts'
import { clearBotErrors, getStatistics, listBotErrors, readLog, resolveBotError } from './contract.ts'
import type { LogHub } from './hub.ts'
import type { LogService } from './service.ts'
import { logStream } from './stream.ts'

export interface LogRouteOptions {
  readonly database: Database
  readonly hub: LogHub
  readonly service: LogService
  readonly bots: BotService
}

const RUN_ID = /^run_\w{1,40}$/

export const logRoutes = ({ database, hub, service, bots }: LogRouteOptions): Route[] => [
  route(readLog, async ({ caller, params, query, request }) => {
    await bots.get(caller.accountId, params.botid)
    const given = request.headers['last-event-id'] ?? query.after
    const after = typeof given === 'string' && RUN_ID.test(given) ? given : undefined
    const stream = logStream({
      database,
      hub,
      accountId: caller.accountId,
      botId: params.botid,
      after,
      signal: request.signal,
    })
    // Proxies must hand each event on as it comes.
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' }
    return reply(200, stream, headers)
  }),
  route(listBotErrors, async ({ caller, params, query }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap(await service.listErrors(caller.accountId, params.botid, query))
  }),
  route(resolveBotError, async ({ caller, params }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap(await service.resolveError(caller.accountId, params.botid, params.errorid))
  }),
  route(clearBotErrors, async ({ caller, params }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap({ cleared: await service.clearErrors(caller.accountId, params.botid) })
  }),
  route(getStatistics, async ({ caller, params, query }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap(await service.statistics(caller.accountId, params.botid, query.days))
  }),
]
