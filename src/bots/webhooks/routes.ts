import type { Readable } from 'node:stream'
import { AppError } from '../../platform/errors.ts'
import { type RequestInfo, type Route, reply, route } from '../../platform/http/index.ts'
import type { BotService } from '../bots/service.ts'
import { wrap } from '../envelope.ts'
import type { Json } from '../sandbox/index.ts'
import { callWebhook, createWebhook, listWebhooks, openWebhook, revokeWebhook, WebhookErrors } from './contract.ts'
import type { WebhookAnswer, WebhookService } from './service.ts'

const MAX_BODY_BYTES = 1024 * 1024
/** Credentials of the caller are none of the command's business; the others say nothing. */
const WITHHELD = new Set([
  'host',
  'cookie',
  'authorization',
  'proxy-authorization',
  'x-api-key',
  'x-hwid',
  'connection',
])

const headersOf = ({ headers }: RequestInfo): { [name: string]: Json } =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name, value]) => !WITHHELD.has(name) && value !== undefined)
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? null)]),
  )

const queryOf = ({ raw }: RequestInfo): { [name: string]: Json } => {
  const { searchParams } = new URL(raw.url ?? '/', 'http://localhost')
  searchParams.delete('data')
  return Object.fromEntries(searchParams)
}

/** @throws {AppError} WEBHOOK_BODY_TOO_LARGE as soon as it is */
const textOf = async (body: Readable): Promise<string> => {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of body) {
    sizeBytes += piece.length
    if (sizeBytes > MAX_BODY_BYTES) throw new AppError(WebhookErrors.WEBHOOK_BODY_TOO_LARGE)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

// A bot's words under the address of this server: shown as they are, never run.
const SAFE = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'referrer-policy': 'no-referrer',
}

const answerOf = ({ result, redirectTo }: WebhookAnswer) => {
  if (result === undefined && redirectTo !== null) return reply(302, null, { ...SAFE, location: redirectTo })
  if (typeof result === 'string') return reply(200, result, { ...SAFE, 'content-type': 'text/plain; charset=utf-8' })
  const json = JSON.stringify(result ?? { ok: true })
  return reply(200, json, { ...SAFE, 'content-type': 'application/json; charset=utf-8' })
}

export const webhookRoutes = (webhooks: WebhookService, bots: BotService): Route[] => [
  route(listWebhooks, async ({ caller, params, query }) => {
    await bots.get(caller.accountId, params.botid)
    return wrap(await webhooks.list(caller.accountId, params.botid, query.limit, query.before))
  }),
  route(createWebhook, async ({ caller, params, body }) => {
    await bots.get(caller.accountId, params.botid)
    const { command, user_id: userId, chat_id: chatId, options, redirect_to: redirectTo = null } = body
    return wrap(await webhooks.create(caller.accountId, params.botid, { command, userId, chatId, options, redirectTo }))
  }),
  route(revokeWebhook, async ({ caller, params }) => {
    await bots.get(caller.accountId, params.botid)
    await webhooks.revoke(caller.accountId, params.botid, params.webhookid)
    return wrap('Webhook revoked successfully')
  }),
  route(callWebhook, async ({ query, request }) => {
    const row = await webhooks.find(query.data)
    const data = await textOf(request.raw)
    const { ip } = request
    const call = { method: 'POST' as const, data, headers: headersOf(request), query: queryOf(request), ip }
    return answerOf(await webhooks.call(row, call))
  }),
  route(openWebhook, async ({ query, request }) => {
    const row = await webhooks.find(query.data)
    const { ip } = request
    const call = { method: 'GET' as const, data: '', headers: headersOf(request), query: queryOf(request), ip }
    return answerOf(await webhooks.call(row, call))
  }),
]
