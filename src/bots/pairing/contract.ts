import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const { BOT_NOT_FOUND } = BotErrors

export const PairingCode = z
  .object({
    code: z.string().describe('What the person sends to the bot: `/start <code>`. It works once.'),
    link: z.string().describe('Opens Telegram with it.').meta({ example: 'https://t.me/my_bot?start=Jx1…' }),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'PairingCode' })
export type PairingCode = z.infer<typeof PairingCode>

export const createPairingCode = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/pairing-codes',
  scope: 'bots:write',
  summary: 'Make a code with which a person becomes an admin of a bot',
  description: 'For bots whose code calls `Bot.pairAdmin`. The code is kept as a hash, for an hour, and works once.',
  params: BotPath,
  returns: [201, ok(PairingCode)],
  errors: { BOT_NOT_FOUND },
})

export const pairingContracts = [createPairingCode] as const
