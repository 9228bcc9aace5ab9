import { AppError } from '../../platform/errors.ts'
import { type Route, route } from '../../platform/http/index.ts'
import type { BotService } from '../bots/service.ts'
import { wrap } from '../envelope.ts'
import {
  BroadcastErrors,
  clearBroadcasts,
  createBroadcast,
  getBroadcast,
  listBroadcasts,
  pauseBroadcast,
  rerunBroadcast,
  resumeBroadcast,
  setBroadcastSpeed,
  stopBroadcast,
} from './contract.ts'
import type { BroadcastService } from './service.ts'
import type { Source } from './source.ts'

interface GivenSource {
  readonly text?: string | undefined
  readonly code?: string | undefined
  readonly command?: string | undefined
  readonly function?: string | undefined
  readonly params: Extract<Source, { mode: 'function' }>['params']
}

/** `send_message` is `sendMessage`. */
export const methodName = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** @throws {AppError} BROADCAST_SOURCE_MISSING unless there is exactly one */
const sourceOf = ({ text, code, command, function: name, params }: GivenSource): Source => {
  const found: Source[] = []
  if (text !== undefined) found.push({ mode: 'text', text, params })
  if (code !== undefined) found.push({ mode: 'code', code, orText: false })
  if (command !== undefined) found.push({ mode: 'command', command })
  if (name !== undefined) found.push({ mode: 'function', method: methodName(name), params })
  const [source] = found
  if (source === undefined || found.length > 1) throw new AppError(BroadcastErrors.BROADCAST_SOURCE_MISSING)
  return source
}

export const broadcastRoutes = (broadcasts: BroadcastService, bots: BotService): Route[] => [
  route(createBroadcast, async ({ caller, params, body }) => {
    await bots.get(caller.accountId, params.botid)
    const broadcast = {
      source: sourceOf(body),
      speed: body.speed,
      testChatId: body.test_chat_id ?? null,
      callbackUrl: body.callback_url ?? null,
    }
    return wrap(await broadcasts.create(caller.accountId, params.botid, broadcast))
  }),
  route(listBroadcasts, async ({ caller, params, query }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap(await broadcasts.list(caller.accountId, params.botid, query.limit, query.before))
  }),
  route(clearBroadcasts, async ({ caller, params }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap({ cleared: await broadcasts.clear(caller.accountId, params.botid) })
  }),
  route(getBroadcast, async ({ caller, params }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap(await broadcasts.get(caller.accountId, params.botid, params.broadcastid))
  }),
  route(setBroadcastSpeed, async ({ caller, params, body }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap(await broadcasts.setSpeed(caller.accountId, params.botid, params.broadcastid, body.speed))
  }),
  route(pauseBroadcast, async ({ caller, params }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap(await broadcasts.pause(caller.accountId, params.botid, params.broadcastid))
  }),
  route(resumeBroadcast, async ({ caller, params }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap(await broadcasts.resume(caller.accountId, params.botid, params.broadcastid))
  }),
  route(stopBroadcast, async ({ caller, params }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap(await broadcasts.stop(caller.accountId, params.botid, params.broadcastid))
  }),
  route(rerunBroadcast, async ({ caller, params }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap(await broadcasts.rerun(caller.accountId, params.botid, params.broadcastid))
  }),
]
