import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { AccountErrors } from '../errors.ts'
import { Account } from './contract.ts'

const { ADMIN_ONLY, ACCOUNT_NOT_FOUND, LAST_ADMIN, OWN_ACCOUNT, PLAN_UNKNOWN } = AccountErrors
const Status = z.enum(['active', 'disabled'])

export const ManagedAccount = Account.extend({
  status: Status,
  last_sign_in_at: z.iso.datetime().nullable().describe('Null when it was too long ago to be known.'),
}).meta({ id: 'ManagedAccount' })
export type ManagedAccount = z.infer<typeof ManagedAccount>

const params = z.object({ id: z.string().max(64) })

export const listAccounts = endpoint({
  method: 'GET',
  path: '/api/accounts',
  scope: 'any',
  by: ['session'],
  summary: 'List the accounts of this server, newest first, as an administrator',
  query: z.object({
    limit: z.coerce.number<string>().int().min(1).max(200).default(50),
    cursor: z.string().max(500).optional(),
  }),
  returns: [200, z.object({ accounts: z.array(ManagedAccount), next_cursor: z.string().nullable() })],
  errors: { ADMIN_ONLY },
})

export const updateAccount = endpoint({
  method: 'PATCH',
  path: '/api/accounts/:id',
  scope: 'any',
  by: ['session'],
  summary: 'Disable, enable, promote or demote an account, or change its plan, as an administrator',
  description:
    'A disabled account fails on the next request: its sessions end for good, its keys and devices rest until it is enabled, and its invites end. The last active administrator stays one.',
  params,
  body: z.strictObject({
    status: Status.optional(),
    is_admin: z.boolean().optional(),
    plan: z.string().min(1).max(64).optional(),
  }),
  returns: [200, z.object({ account: ManagedAccount })],
  errors: { ADMIN_ONLY, ACCOUNT_NOT_FOUND, LAST_ADMIN, PLAN_UNKNOWN },
})

export const removeAccount = endpoint({
  method: 'DELETE',
  path: '/api/accounts/:id',
  scope: 'any',
  by: ['session'],
  summary: 'Delete the account of somebody else, as an administrator; its keys and sessions end at once',
  params,
  returns: [200, z.object({ success: z.literal(true) })],
  errors: { ADMIN_ONLY, ACCOUNT_NOT_FOUND, OWN_ACCOUNT },
})

export const adminContracts = [listAccounts, updateAccount, removeAccount] as const
