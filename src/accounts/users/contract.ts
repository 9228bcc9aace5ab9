import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { AccountErrors } from '../errors.ts'

const {
  PASSWORD_TOO_COMMON,
  CODE_INVALID,
  SIGN_UP_CLOSED,
  SETUP_DONE,
  ADMIN_ONLY,
  SIGN_IN_FAILED,
  SIGN_IN_LIMITED,
  LAST_ADMIN,
  LAST_OWNER,
} = AccountErrors
const Success = z.object({ success: z.literal(true) })

export const EmailAddress = z.email('This is not an e-mail address.').max(254)
export const NewPassword = z.string().min(8, 'A password needs at least 8 characters.').max(256)

export const Account = z
  .object({
    id: z.string(),
    email: z.string(),
    plan: z.string(),
    is_admin: z.boolean(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Account' })
export type Account = z.infer<typeof Account>

export const setUp = endpoint({
  method: 'POST',
  path: '/api/auth/setup',
  scope: 'public',
  summary: 'Create the first account, with the token of the setup link',
  body: z.strictObject({ token: z.string().min(1).max(128), email: EmailAddress, password: NewPassword }),
  returns: [201, z.object({ account: Account })],
  errors: { CODE_INVALID, SETUP_DONE, PASSWORD_TOO_COMMON, SIGN_IN_LIMITED },
})

export const signUp = endpoint({
  method: 'POST',
  path: '/api/auth/sign-up',
  scope: 'public',
  summary: 'Create an account, with an invite unless the server is open to everybody',
  description: 'The answer is the same whether the address had an account already or not; sign in to find out.',
  body: z.strictObject({ email: EmailAddress, password: NewPassword, invite: z.string().max(128).optional() }),
  returns: [202, Success],
  errors: { SIGN_UP_CLOSED, CODE_INVALID, PASSWORD_TOO_COMMON, SIGN_IN_LIMITED },
})

export const createInvite = endpoint({
  method: 'POST',
  path: '/api/invites',
  scope: 'any',
  by: ['session'],
  summary: 'Make an invite: it lets one person sign up within 7 days',
  returns: [201, z.object({ invite: z.string(), expires_at: z.iso.datetime() })],
  errors: { ADMIN_ONLY },
})

export const getAccount = endpoint({
  method: 'GET',
  path: '/api/account',
  scope: 'any',
  by: ['session', 'key', 'device'],
  plan: false,
  summary: 'The account behind this credential',
  returns: [200, z.object({ account: Account })],
})

export const changePassword = endpoint({
  method: 'POST',
  path: '/api/account/password',
  scope: 'any',
  by: ['session'],
  summary: 'Change the password; every session ends and this one gets a new cookie',
  body: z.strictObject({ current_password: z.string().min(1).max(256), new_password: NewPassword }),
  returns: [200, Success],
  errors: { SIGN_IN_FAILED, SIGN_IN_LIMITED, PASSWORD_TOO_COMMON },
})

export const deleteAccount = endpoint({
  method: 'DELETE',
  path: '/api/account',
  scope: 'any',
  by: ['session'],
  summary: 'Delete the account; its keys and sessions end at once',
  description:
    'The last active administrator of the server cannot, nor can the last owner of a team that has other members.',
  body: z.strictObject({ password: z.string().min(1).max(256) }),
  returns: [200, Success],
  errors: { SIGN_IN_FAILED, SIGN_IN_LIMITED, LAST_ADMIN, LAST_OWNER },
})

const AuditEntry = z
  .object({
    seq: z.int(),
    at: z.iso.datetime(),
    actor: z.string(),
    action: z.string(),
    target: z.string(),
    data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  })
  .meta({ id: 'AuditEntry' })

export const listAudit = endpoint({
  method: 'GET',
  path: '/api/audit-log',
  scope: 'any',
  by: ['session'],
  summary: 'Who did what with this account, newest first',
  query: z.object({
    limit: z.coerce.number<string>().int().min(1).max(200).default(50),
    before: z.coerce.number<string>().int().min(1).optional(),
    action: z
      .string()
      .regex(/^[a-z-]{1,32}(\.[a-z-]{1,32})?$/, 'action takes a word such as key, or two such as key.created.')
      .optional()
      .describe('`key.created`, or `key` for everything that was done with keys.'),
    actor: z
      .string()
      .regex(/^[\w:.-]{1,80}$/, 'actor takes session, key, device, setup or system, or one of them as entries name it.')
      .optional()
      .describe('`session`, `key`, `device` …, or one of them as entries name it: `key:key_0Pk…`.'),
    since: z.iso.datetime({ offset: true }).optional().describe('Entries of this moment or later.'),
    until: z.iso.datetime({ offset: true }).optional().describe('Entries before this moment.'),
  }),
  returns: [200, z.object({ entries: z.array(AuditEntry), next_before: z.int().nullable() })],
})

export const userContracts = [
  setUp,
  signUp,
  createInvite,
  getAccount,
  changePassword,
  deleteAccount,
  listAudit,
] as const
