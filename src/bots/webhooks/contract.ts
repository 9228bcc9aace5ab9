import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { bytes, endpoint, rawBody } from '../../platform/http/contract.ts'
import { BotPath, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const { BOT_NOT_FOUND, COMMAND_NOT_FOUND } = BotErrors

export const WebhookErrors = defineErrors({
  WEBHOOK_NOT_FOUND: [404, 'Webhook not found'],
  WEBHOOK_BODY_TOO_LARGE: [413, 'A webhook takes 1 MB at most'],
  WEBHOOK_BUSY: [429, 'The bot has as many calls of webhooks under way as it may have. Try again in a moment'],
  WEBHOOK_BOT_STOPPED: [503, 'The bot does not work right now. Try again later'],
  WEBHOOK_COMMAND_GONE: [410, 'The command of this webhook is not there any more'],
  WEBHOOK_LIMIT_REACHED: [403, 'This bot has 50,000 webhooks. Revoke some first'],
})

/** An address that runs a command when somebody calls it. */
export const CommandWebhook = z
  .object({
    id: z.string(),
    url: z.string(),
    command: z.string(),
    user_id: z.int().nullable(),
    chat_id: z.int().nullable(),
    options: z.unknown(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable().describe('Exact to five minutes.'),
  })
  .meta({ id: 'CommandWebhook' })
export type CommandWebhook = z.infer<typeof CommandWebhook>

export const listWebhooks = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/webhooks',
  scope: 'bots:read',
  summary: 'List the addresses that run commands of a bot, newest first',
  params: BotPath,
  query: z.object({
    limit: z.coerce.number<string>().int().min(1).max(100).default(50),
    before: z.string().max(64).optional().describe('The id of the last webhook of the page before.'),
  }),
  returns: [200, ok(z.object({ webhooks: z.array(CommandWebhook), next_before: z.string().nullable() }))],
  errors: { BOT_NOT_FOUND },
})

export const createWebhook = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/webhooks',
  scope: 'bots:write',
  summary: 'Get an address that runs a command',
  description: 'The same command, user, chat and options have the same address until it is revoked.',
  params: BotPath,
  body: z.object({
    command: z.string().min(1).max(256),
    user_id: z.int().nullable().default(null),
    chat_id: z.int().nullable().default(null),
    options: z.json().default(null).describe('What the command finds as `options.options`.'),
    redirect_to: z.url().max(2048).optional().describe('Where the caller is sent when the command has run.'),
  }),
  returns: [200, ok(CommandWebhook)],
  errors: { BOT_NOT_FOUND, COMMAND_NOT_FOUND, WEBHOOK_LIMIT_REACHED: WebhookErrors.WEBHOOK_LIMIT_REACHED },
})

export const revokeWebhook = endpoint({
  method: 'DELETE',
  path: '/v2/bots/:botid/webhooks/:webhookid',
  scope: 'bots:write',
  summary: 'Revoke an address: it works no more',
  params: BotPath.extend({ webhookid: z.string().max(64) }),
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, WEBHOOK_NOT_FOUND: WebhookErrors.WEBHOOK_NOT_FOUND },
})

const { WEBHOOK_NOT_FOUND, WEBHOOK_BODY_TOO_LARGE, WEBHOOK_BUSY, WEBHOOK_BOT_STOPPED, WEBHOOK_COMMAND_GONE } =
  WebhookErrors
const CALL = {
  path: '/new-webhook',
  scope: 'public',
  description: [
    'The command finds the body as `options.data` and, if it is JSON, as `options.json`, the headers (without credentials)',
    'as `options.headers`, and the caller as `options.ip`. The answer is `{"ok": true}`, what `Api.setWebhookResult` was',
    'given, or a redirect. Takes 1 MB at most.',
  ].join(' '),
  query: z.object({ data: z.string().max(512).default('').describe('The opaque part of the address.') }),
  returns: [200, bytes('application/json')],
  also: [302],
} as const

export const callWebhook = endpoint({
  ...CALL,
  method: 'POST',
  summary: 'Run the command of a webhook',
  body: rawBody(),
  errors: { WEBHOOK_NOT_FOUND, WEBHOOK_BODY_TOO_LARGE, WEBHOOK_BUSY, WEBHOOK_BOT_STOPPED, WEBHOOK_COMMAND_GONE },
})

export const openWebhook = endpoint({
  ...CALL,
  method: 'GET',
  summary: 'Run the command of a webhook, without a body',
  errors: { WEBHOOK_NOT_FOUND, WEBHOOK_BUSY, WEBHOOK_BOT_STOPPED, WEBHOOK_COMMAND_GONE },
})

export const webhookContracts = [listWebhooks, createWebhook, revokeWebhook, callWebhook, openWebhook] as const
