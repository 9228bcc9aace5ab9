import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'

const { BOT_NOT_FOUND, SECRET_NOT_FOUND, SECRET_LIMIT_REACHED } = BotErrors

const MAX_VALUE_CHARACTERS = 16_384
const NAME_RULE = 'A secret is named like a variable: letters, digits and _, up to 64, and no digit first'

const SecretPath = BotPath.extend({ name: z.string() })

export const SecretName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, NAME_RULE)

export const listSecrets = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/secrets',
  scope: 'bots:read',
  summary: 'List the names of the secrets of a bot',
  description: 'Values are given to the code of the bot and to nobody else.',
  params: BotPath,
  returns: [
    200,
    ok(z.array(z.object({ name: z.string(), created_at: z.iso.datetime(), updated_at: z.iso.datetime() }))),
  ],
  errors: { BOT_NOT_FOUND },
})

export const setSecret = endpoint({
  method: 'PUT',
  path: '/v2/bots/:botid/secrets/:name',
  scope: 'bots:write',
  summary: 'Set a secret of a bot',
  params: BotPath.extend({ name: SecretName }),
  body: z.object({ value: z.string('The value of the secret is required').min(1).max(MAX_VALUE_CHARACTERS) }),
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, SECRET_LIMIT_REACHED },
})

export const deleteSecret = endpoint({
  method: 'DELETE',
  path: '/v2/bots/:botid/secrets/:name',
  scope: 'bots:write',
  summary: 'Delete a secret of a bot',
  params: SecretPath,
  returns: [200, ok(z.string())],
  errors: { BOT_NOT_FOUND, SECRET_NOT_FOUND },
})

export const secretContracts = [listSecrets, setSecret, deleteSecret] as const
