import { type Route, route } from '../../platform/http/index.ts'
import { wrap } from '../envelope.ts'
import { listMessages, pressButton, sendMessage, sendUpdate } from './contract.ts'
import type { Played, SimulatorService } from './service.ts'

const toAnswer = ({ messages, ...played }: Played) => wrap({ ...played, messages: [...messages] })

export const simulatorRoutes = (simulator: SimulatorService): Route[] => [
  route(sendMessage, async ({ caller, params, query, body }) =>
    toAnswer(await simulator.sendMessage(caller.accountId, params.botid, body, query.timeout_ms)),
  ),
  route(pressButton, async ({ caller, params, query, body }) =>
    toAnswer(await simulator.pressButton(caller.accountId, params.botid, body, query.timeout_ms)),
  ),
  route(sendUpdate, async ({ caller, params, query, body }) =>
    toAnswer(await simulator.sendUpdate(caller.accountId, params.botid, body, query.timeout_ms)),
  ),
  route(listMessages, async ({ caller, params, query }) =>
    wrap({ messages: [...(await simulator.listMessages(caller.accountId, params.botid, query.chat_id))] }),
  ),
]
