import { z } from 'zod'
import { badRequest, tooManyRequests } from '../failure.ts'
import { describedMethod, method } from '../method.ts'
import { clamped, flag, integer, lenientList, text } from '../params.ts'
import { WEBHOOK_SET } from '../polling.ts'
import type { Webhook } from '../state.ts'
import { dropExpired, rememberAllowedUpdates } from '../updates.ts'
import type { Call } from '../world.ts'

const MAX_POLL_SECONDS = 50
const MAX_SECRET_LENGTH = 256
const WEBHOOK_PORTS = new Set(['', '80', '88', '443', '8443'])

const getUpdates = method(
  z.object({
    offset: integer,
    limit: clamped(1, 100, 100),
    timeout: clamped(0, MAX_POLL_SECONDS, 0),
    allowed_updates: lenientList,
  }),
  ({ bot, store, pollers, signal }, { offset, limit, timeout, allowed_updates }) => {
    if (!bot.webhook && rememberAllowedUpdates(bot, allowed_updates)) store.changed()
    return pollers.poll(bot, { offset, limit, timeoutSeconds: timeout }, signal)
  },
)

/** @throws {ApiFailure} 400 for an address that Telegram would not post to; plain HTTP is for this machine only. */
const parseWebhookUrl = ({ allowWebhook }: Call, address: string): string => {
  if (!URL.canParse(address)) throw badRequest('invalid webhook URL specified')
  const url = new URL(address)
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  const isLocal = url.protocol === 'http:' && isLoopback
  if (!isLocal && url.protocol !== 'https:') throw badRequest('bad webhook: An HTTPS URL must be provided for webhook')
  if (!isLoopback && !WEBHOOK_PORTS.has(url.port)) {
    throw badRequest('bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443')
  }
  if (!allowWebhook(url)) throw badRequest(`bad webhook: ${url.host} is not reachable from here`)
  return url.href
}

const checkSecretToken = (secret: string): void => {
  if (secret.length > MAX_SECRET_LENGTH) throw badRequest('secret token is too long')
  if (!/^[\w-]*$/.test(secret)) throw badRequest('secret token contains unallowed characters')
}

const dropPending = ({ bot, store }: Call): void => {
  bot.pending = []
  store.changed()
}

const removeWebhook = (call: Call, dropUpdates: boolean) => {
  const { bot, store, webhooks } = call
  const hadWebhook = bot.webhook !== null
  webhooks.stop(bot.id)
  bot.webhook = null
  if (dropUpdates) dropPending(call)
  store.changed()
  return { result: true, description: hadWebhook ? 'Webhook was deleted' : 'Webhook is already deleted' }
}

const isSameWebhook = (a: Webhook | null, b: Webhook) =>
  a?.url === b.url && a.secretToken === b.secretToken && a.maxConnections === b.maxConnections

const setWebhook = describedMethod(
  z.object({
    url: text,
    secret_token: text,
    max_connections: clamped(1, 100_000, 40),
    allowed_updates: lenientList,
    drop_pending_updates: flag,
  }),
  (call, { url, secret_token, max_connections, allowed_updates, drop_pending_updates }) => {
    const { bot, store, pollers, webhooks } = call
    if (url === '') return removeWebhook(call, drop_pending_updates)
    checkSecretToken(secret_token)
    const webhook: Webhook = {
      url: parseWebhookUrl(call, url),
      maxConnections: max_connections,
      ...(secret_token !== '' && { secretToken: secret_token }),
    }
    rememberAllowedUpdates(bot, allowed_updates)
    if (drop_pending_updates) dropPending(call)
    if (isSameWebhook(bot.webhook, webhook)) return { result: true, description: 'Webhook is already set' }

    chargeWebhookChange(call)
    pollers.terminate(bot.id, WEBHOOK_SET)
    webhooks.stop(bot.id)
    bot.webhook = webhook
    store.changed()
    webhooks.wake(bot)
    return { result: true, description: 'Webhook was set' }
  },
)

/** One change a second per bot. @throws {ApiFailure} 429 */
const chargeWebhookChange = ({ bot, time, webhookChanges }: Call): void => {
  const now = time.monotonicMs()
  if (now < (webhookChanges.get(bot.id) ?? Number.NEGATIVE_INFINITY)) throw tooManyRequests(1)
  webhookChanges.set(bot.id, now + time.toMs(1))
}

const deleteWebhook = describedMethod(z.object({ drop_pending_updates: flag }), (call, { drop_pending_updates }) =>
  removeWebhook(call, drop_pending_updates),
)

const getWebhookInfo = method(z.object({}), ({ bot, time }) => {
  dropExpired(bot, time.nowMs())
  const { webhook, allowedUpdates, pending } = bot
  return {
    url: webhook?.url ?? '',
    has_custom_certificate: false,
    pending_update_count: pending.length,
    ...(webhook?.lastErrorDate !== undefined && {
      last_error_date: webhook.lastErrorDate,
      last_error_message: webhook.lastErrorMessage,
    }),
    ...(webhook && { max_connections: webhook.maxConnections }),
    ...(allowedUpdates && { allowed_updates: allowedUpdates }),
  }
})

export const updateMethods = { getUpdates, setWebhook, deleteWebhook, getWebhookInfo }
