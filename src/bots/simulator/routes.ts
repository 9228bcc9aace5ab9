import { type Route, route } from '../../platform/http/index.ts'
import { wrap } from '../envelope.ts'
import {
  askInline,
  changeMember,
  chooseInline,
  listChats,
  listMessages,
  listPeople,
  pressButton,
  reactToMessage,
  replayRun,
  resetSimulator,
  sendMessage,
  sendUpdate,
} from './contract.ts'
import type { SimulatorService } from './service.ts'

export const simulatorRoutes = (simulator: SimulatorService): Route[] => [
  route(sendMessage, async ({ caller, params, query, body }) =>
    wrap(await simulator.play(caller.accountId, params.botid, { act: 'message', body }, query.timeout_ms)),
  ),
  route(pressButton, async ({ caller, params, query, body }) =>
    wrap(await simulator.play(caller.accountId, params.botid, { act: 'callback', body }, query.timeout_ms)),
  ),
  route(sendUpdate, async ({ caller, params, query, body }) =>
    wrap(await simulator.play(caller.accountId, params.botid, { act: 'update', body }, query.timeout_ms)),
  ),
  route(changeMember, async ({ caller, params, query, body }) =>
    wrap(await simulator.play(caller.accountId, params.botid, { act: 'member', body }, query.timeout_ms)),
  ),
  route(reactToMessage, async ({ caller, params, query, body }) =>
    wrap(await simulator.play(caller.accountId, params.botid, { act: 'reaction', body }, query.timeout_ms)),
  ),
  route(askInline, async ({ caller, params, query, body }) =>
    wrap(await simulator.play(caller.accountId, params.botid, { act: 'inline', body }, query.timeout_ms)),
  ),
  route(chooseInline, async ({ caller, params, query, body }) =>
    wrap(await simulator.play(caller.accountId, params.botid, { act: 'choice', body }, query.timeout_ms)),
  ),
  route(replayRun, async ({ caller, params, query, body }) =>
    wrap(await simulator.replay(caller.accountId, params.botid, body.run_id, query.timeout_ms)),
  ),
  route(listMessages, async ({ caller, params, query }) =>
    wrap({ messages: await simulator.listMessages(caller.accountId, params.botid, query.chat_id) }),
  ),
  route(listChats, async ({ caller, params }) =>
    wrap({ chats: await simulator.listChats(caller.accountId, params.botid) }),
  ),
  route(listPeople, async ({ caller, params }) =>
    wrap({ users: await simulator.listUsers(caller.accountId, params.botid) }),
  ),
  route(resetSimulator, async ({ caller, params }) => {
    await simulator.reset(caller.accountId, params.botid)
    return wrap('Simulator reset' as const)
  }),
]
