import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { SCOPES } from '../../platform/http/scopes.ts'
import { AccountErrors } from '../errors.ts'
import { GivenName } from '../names.ts'

const { KEY_NOT_FOUND, KEY_LIMIT_REACHED, KEY_NOT_ROTATABLE, SCOPES_NOT_ALLOWED, RATE_LIMIT_TOO_HIGH, EXPIRY_PASSED } =
  AccountErrors

export const KEY_KINDS = ['files', 'bots', 'cards'] as const

const FILE_PERMISSIONS = ['files:read', 'files:write', 'files:delete', 'folders:manage'] as const

const RateLimit = z.int().min(1).max(1_000_000)
const Id = z.object({ id: z.string().max(64) })

const ScopeName = z.enum(SCOPES)
/** `full_access` is how the cards surface says both of its scopes. */
const Scopes = z
  .array(z.union([ScopeName, z.literal('full_access')]))
  .min(1)
  .max(16)
  .describe('Default: every scope of the kind.')

export const ApiKey = z
  .object({
    id: z.string().meta({ example: 'key_0PkQ2x' }),
    kind: z.enum(KEY_KINDS),
    name: z.string(),
    prefix: z.string().describe('What may be shown of the key, to tell it from others.'),
    masked_key: z.string(),
    scopes: z.array(ScopeName),
    rate_limit: z.int().nullable().describe('Calls a minute; null is the default of the surface.'),
    status: z.enum(['active', 'expired', 'revoked']),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable().describe('Exact: the last authenticated request.'),
    last_used_ip: z.string().nullable(),
    uses: z.int(),
    uses_in_url: z.int().describe('Requests that carried the key in the URL. Rotate it if this is not zero.'),
    revoked_at: z.iso.datetime().nullable(),
    replaced_by: z.string().nullable(),
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof ApiKey>

const NewApiKey = ApiKey.extend({ key: z.string().describe('The key itself. It is shown this once.') }).meta({
  id: 'NewApiKey',
})

export const listKeys = endpoint({
  method: 'GET',
  path: '/api/keys',
  scope: 'any',
  by: ['session'],
  summary: 'List API keys of every kind',
  returns: [200, z.object({ keys: z.array(ApiKey) })],
})

/** How many days are kept, and can be asked for. */
export const KEY_USAGE_DAYS = 90

export const readKeyUsage = endpoint({
  method: 'GET',
  path: '/api/keys/usage',
  scope: 'any',
  by: ['session'],
  summary: 'Read how often API keys were used, day by day',
  description:
    'Counts requests that a key was good for, also those that it lacked the scope for; not those that a limit refused.',
  query: z.object({
    days: z.coerce.number().int().min(1).max(KEY_USAGE_DAYS).default(14).describe('Up to today, which is one of them.'),
  }),
  returns: [
    200,
    z.object({
      days: z.array(z.iso.date()).describe('In UTC, ascending; the last one is today.'),
      keys: z.array(
        z.object({
          id: z.string(),
          requests: z.array(z.int()).describe('One number for each of the days.'),
        }),
      ),
    }),
  ],
})

export const createKey = endpoint({
  method: 'POST',
  path: '/api/keys',
  scope: 'any',
  by: ['session'],
  summary: 'Create an API key',
  body: z.strictObject({
    kind: z.enum(KEY_KINDS),
    name: GivenName.optional(),
    scopes: Scopes.optional(),
    expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
    rate_limit: RateLimit.nullable().optional(),
  }),
  returns: [201, NewApiKey],
  errors: { KEY_LIMIT_REACHED, SCOPES_NOT_ALLOWED, RATE_LIMIT_TOO_HIGH, EXPIRY_PASSED },
})

export const updateKey = endpoint({
  method: 'PATCH',
  path: '/api/keys/:id',
  scope: 'any',
  by: ['session'],
  summary: 'Change an API key',
  params: Id,
  body: z.strictObject({
    name: GivenName.optional(),
    scopes: Scopes.optional(),
    expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
    rate_limit: RateLimit.nullable().optional(),
  }),
  returns: [200, ApiKey],
  errors: { KEY_NOT_FOUND, KEY_LIMIT_REACHED, SCOPES_NOT_ALLOWED, RATE_LIMIT_TOO_HIGH, EXPIRY_PASSED },
})

export const revokeKey = endpoint({
  method: 'DELETE',
  path: '/api/keys/:id',
  scope: 'any',
  by: ['session'],
  summary: 'Revoke an API key',
  params: Id,
  returns: [200, z.object({ success: z.literal(true) })],
  errors: { KEY_NOT_FOUND },
})

export const rotateKey = endpoint({
  method: 'POST',
  path: '/api/keys/:id/rotate',
  scope: 'any',
  by: ['session'],
  summary: 'Replace an API key by a new one',
  description: 'A key of the kind `files` may live on beside its replacement for a while; the others end at once.',
  params: Id,
  body: z.strictObject({
    overlap_seconds: z
      .int()
      .min(0)
      .max(30 * 86_400)
      .default(0),
  }),
  returns: [201, NewApiKey],
  errors: { KEY_NOT_FOUND, KEY_NOT_ROTATABLE },
})

const FilesKey = z
  .object({
    id: z.string(),
    name: z.string(),
    permissions: z.array(ScopeName),
    rate_limit: z.int(),
    prefix: z.string(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'FilesApiKey' })

export const listFilesKeys = endpoint({
  method: 'GET',
  path: '/api/apikeys',
  aliases: ['/api/v1/apikeys'],
  scope: 'any',
  by: ['key', 'session', 'device'],
  summary: 'List API keys of the files surface, without their values',
  returns: [200, z.object({ keys: z.array(FilesKey) })],
})

export const createFilesKey = endpoint({
  method: 'POST',
  path: '/api/apikeys',
  aliases: ['/api/v1/apikeys'],
  scope: 'any',
  by: ['device', 'session'],
  summary: 'Generate an API key of the files surface',
  description: 'Authenticated by the HWID of a paired device in `X-HWID`, or by a session; never by another key.',
  body: z.object({
    name: GivenName,
    permissions: z.array(z.enum(FILE_PERMISSIONS)).min(1).max(16),
    rate_limit: RateLimit.optional(),
  }),
  returns: [
    201,
    z.object({
      key: z.string(),
      id: z.string(),
      name: z.string(),
      permissions: z.array(ScopeName),
      rate_limit: z.int(),
      created_at: z.iso.datetime(),
    }),
  ],
  errors: { KEY_LIMIT_REACHED, RATE_LIMIT_TOO_HIGH },
})

export const revokeFilesKey = endpoint({
  method: 'DELETE',
  path: '/api/apikeys/:id',
  aliases: ['/api/v1/apikeys/:id'],
  scope: 'any',
  by: ['key', 'session', 'device'],
  summary: 'Revoke an API key',
  description:
    'A key may revoke itself, and others of its account if it has all four permissions of the files surface.',
  params: Id,
  returns: [200, z.object({ success: z.literal(true) })],
  errors: { KEY_NOT_FOUND },
})

export const keyContracts = [
  listKeys,
  readKeyUsage,
  createKey,
  updateKey,
  revokeKey,
  rotateKey,
  listFilesKeys,
  createFilesKey,
  revokeFilesKey,
] as const
