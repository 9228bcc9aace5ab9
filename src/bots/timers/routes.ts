import { type Route, route } from '../../platform/http/index.ts'
import type { BotService } from '../bots/service.ts'
import { wrap } from '../envelope.ts'
import { cancelTask, createTask, listTasks } from './contract.ts'
import type { TimerService } from './service.ts'

export const timerRoutes = (timers: TimerService, bots: BotService): Route[] => [
  route(listTasks, async ({ caller, params, query }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap(await timers.list(caller.accountId, params.botid, query))
  }),
  route(createTask, async ({ caller, params, body }) => {
    await bots.get(caller.accountId, params.botid)
    const task = {
      command: body.command,
      afterMs: body.after_seconds * 1000,
      options: body.options,
      params: body.params,
      userId: body.user_id,
      chatId: body.chat_id,
    }
    return wrap(await timers.create(caller.accountId, params.botid, task))
  }),
  route(cancelTask, async ({ caller, params }) => {
    await bots.get(caller.accountId, params.botid)
    await timers.cancel(caller.accountId, params.botid, params.taskid)
    return wrap('Task cancelled successfully')
  }),
]
