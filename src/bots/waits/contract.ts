import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const { BOT_NOT_FOUND } = BotErrors

/** A bot waits for the next message of a person in a chat. */
export const Wait = z
  .object({
    user_id: z.int(),
    chat_id: z.int(),
    command: z.string().describe('The command that the next message runs.'),
    options: z.unknown().describe('What the command finds as `options`.'),
    cancel_at_command: z.boolean().describe('A message that is the name of a command ends the wait.'),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Wait' })
export type Wait = z.infer<typeof Wait>

const Where = z.object({
  user_id: z.coerce.number<string>().int().optional(),
  chat_id: z.coerce.number<string>().int().optional(),
})

export const listWaits = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/waits',
  scope: 'bots:read',
  summary: 'List the answers that a bot waits for, the oldest first',
  description: 'What handleNextCommand has set and no message has ended. A thousand at most.',
  params: BotPath,
  query: Where,
  returns: [200, ok(z.array(Wait))],
  errors: { BOT_NOT_FOUND },
})

export const clearWaits = endpoint({
  method: 'DELETE',
  path: '/v2/bots/:botid/waits',
  scope: 'bots:write',
  summary: 'Wait no more: for one person, in one chat, or for anybody',
  params: BotPath,
  query: Where,
  returns: [200, ok(z.object({ cleared: z.int() }))],
  errors: { BOT_NOT_FOUND },
})

export const waitContracts = [listWaits, clearWaits] as const
