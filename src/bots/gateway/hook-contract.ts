import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/contract.ts'
import { ok } from '../envelope.ts'
import { Update } from './update.ts'

export const HookErrors = defineErrors({
  HOOK_NOT_FOUND: [404, 'Webhook not found'],
})

export const receiveUpdate = endpoint({
  method: 'POST',
  path: '/bot-webhook/:hookid',
  scope: 'public',
  summary: 'Take an update from Telegram',
  description:
    'For bots with `receives_by: "webhook"`. Telegram is told the address by the server, and proves itself with `X-Telegram-Bot-Api-Secret-Token`.',
  params: z.object({ hookid: z.string().max(64) }),
  body: Update,
  returns: [200, ok(z.literal(true))],
  errors: HookErrors,
})

export const hookContracts = [receiveUpdate] as const
