import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { AccountErrors } from '../errors.ts'
import { Account, EmailAddress } from '../users/contract.ts'

const { SIGN_IN_FAILED, SIGN_IN_LIMITED, SESSION_NOT_FOUND } = AccountErrors
const Success = z.object({ success: z.literal(true) })

const Session = z
  .object({
    id: z.string(),
    current: z.boolean(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    ip: z.string(),
    user_agent: z.string(),
  })
  .meta({ id: 'Session' })

export const signIn = endpoint({
  method: 'POST',
  path: '/api/auth/sign-in',
  scope: 'public',
  summary: 'Sign in with e-mail and password',
  description: 'Sets the cookie `login_token`: 6 hours, or 30 days with `remember_me`.',
  body: z.strictObject({
    email: EmailAddress,
    password: z.string().min(1).max(256),
    remember_me: z.boolean().default(false),
  }),
  returns: [200, z.object({ account: Account })],
  errors: { SIGN_IN_FAILED, SIGN_IN_LIMITED },
})

export const signOut = endpoint({
  method: 'POST',
  path: '/api/auth/sign-out',
  scope: 'any',
  by: ['session'],
  summary: 'Sign out: this session ends, the cookie is taken back',
  returns: [200, Success],
})

export const listSessions = endpoint({
  method: 'GET',
  path: '/api/sessions',
  scope: 'any',
  by: ['session'],
  summary: 'List the sessions that are signed in',
  returns: [200, z.object({ sessions: z.array(Session) })],
})

export const endSession = endpoint({
  method: 'DELETE',
  path: '/api/sessions/:id',
  scope: 'any',
  by: ['session'],
  summary: 'Sign one session out',
  params: z.object({ id: z.string().max(64) }),
  returns: [200, Success],
  errors: { SESSION_NOT_FOUND },
})

export const endAllSessions = endpoint({
  method: 'DELETE',
  path: '/api/sessions',
  scope: 'any',
  by: ['session'],
  summary: 'Sign out everywhere, here too',
  returns: [200, Success],
})

export const sessionContracts = [signIn, signOut, listSessions, endSession, endAllSessions] as const
