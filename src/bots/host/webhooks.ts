import { HostCallError, type Json } from '../sandbox/index.ts'
import type { WebhookService } from '../webhooks/service.ts'
import { declare, type Handler, handle } from './declaration.ts'
import { json, optional, text, user } from './parameters.ts'
import { targetBot, targetParameters } from './targets.ts'

const MAX_RESULT_CHARS = 1024 * 1024

const getUrl = declare({
  name: 'libs.Webhook.getUrlFor',
  aliases: ['Bot.getIpnUrl', 'Bot.getIpnUrlForCoinbase'],
  parameters: {
    command: text('The command that the address runs.'),
    user_id: optional(user('For whom; the user of the run unless given.')),
    chat_id: optional(user('In which chat; the chat of the run unless given.')),
    ...targetParameters,
  },
  more: 'What the command finds as `options.options`; `redirect_to` is where the caller is sent afterwards.',
  returns: 'str',
  about: 'An address that runs a command when somebody calls it, by GET or POST.',
  example: 'url = libs.Webhook.getUrlFor("/paid", user_id=u, order=17)',
  notes: 'The command finds the call in `options`: .data, .json, .headers, .query, .ip and .options.',
})
const revoke = declare({
  name: 'libs.Webhook.revokeUrl',
  parameters: { url: text('What getUrlFor has given.'), ...targetParameters },
  returns: 'dict',
  about: 'Makes an address of getUrlFor work no more.',
  example: 'libs.Webhook.revokeUrl(url)',
})
const setResult = declare({
  name: 'Api.setWebhookResult',
  parameters: { result: json('Answered as JSON; a text as it is.') },
  returns: 'None',
  about: 'Says what the caller of the webhook is answered when the command has ended.',
  example: 'Api.setWebhookResult({"received": options.json})',
})

export const webhookDeclarations = [getUrl, revoke, setResult] as const

/** Both ways in which scripts write it: options={"options": x, "redirect_to": url}, and x=1, redirect_to=url. */
const givenOptions = (more: { readonly [name: string]: Json }): { options: Json; redirectTo: string | null } => {
  const { options, redirect_to: outer, ...rest } = more
  const inner = typeof options === 'object' && options !== null && !Array.isArray(options) ? options : undefined
  const isEnvelope = inner !== undefined && ('options' in inner || 'redirect_to' in inner)
  const redirect = (isEnvelope ? inner.redirect_to : undefined) ?? outer ?? null
  const stored = isEnvelope ? (inner.options ?? null) : options !== undefined ? options : rest
  return { options: stored, redirectTo: redirectOf(redirect) }
}

const redirectOf = (given: Json): string | null => {
  if (given === null) return null
  const url = typeof given === 'string' ? URL.parse(given) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new HostCallError('redirect_to must be an http or https address', { kind: 'ValueError' })
  return url.href
}

export const webhookHandlers = (webhooks: WebhookService): Handler[] => [
  handle(getUrl, async ({ command, user_id, chat_id, bot_id, more }, context) => {
    const botId = await targetBot(context, bot_id)
    const { url } = await webhooks.create(context.accountId, botId, {
      ...givenOptions(more),
      command,
      userId: user_id ?? context.userId,
      chatId: chat_id ?? (user_id === null ? context.chatId : user_id),
    })
    return url
  }),
  handle(revoke, async ({ url, bot_id }, context) => {
    const botId = await targetBot(context, bot_id)
    const { id } = await webhooks.find(URL.parse(url)?.searchParams.get('data') ?? '')
    await webhooks.revoke(context.accountId, botId, id)
    return { ok: true }
  }),
  handle(setResult, async ({ result }, { calls, trigger }) => {
    if (JSON.stringify(result).length > MAX_RESULT_CHARS)
      throw new HostCallError('a webhook answers 1 MB at most', { kind: 'ValueError' })
    if (trigger !== 'webhook') calls.warn('setWebhookResult: nobody waits for an answer, this run is of no webhook')
    webhooks.setResult(calls.calls, result)
    return null
  }),
]
