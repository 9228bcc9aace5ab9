import { defineErrors } from '../platform/errors.ts'

/** What the account routes can refuse. */
export const AccountErrors = defineErrors({
  SIGN_IN_FAILED: [401, 'The e-mail address or the password is wrong.'],
  SIGN_IN_LIMITED: [429, 'Too many failed sign-ins. Wait before trying again.'],
  PASSWORD_TOO_COMMON: [400, 'This password is one of the first that anybody would guess. Choose another.'],
  SETUP_DONE: [409, 'This server has an owner already. Sign in, or ask the owner for an invite.'],
  CODE_INVALID: [400, 'This code or link is unknown, used or expired. Ask for a new one.'],
  SIGN_UP_CLOSED: [403, 'Signing up needs an invite on this server.'],
  ADMIN_ONLY: [403, 'Only an administrator of this server may do that.'],
  LAST_ADMIN: [409, 'This is the last active administrator of this server. Make somebody else an administrator first.'],
  LAST_OWNER: [409, 'A team needs an owner. Make somebody else an owner first.'],
  PLAN_NOT_FOUND: [404, 'This server has no such plan.'],
  OWN_ACCOUNT: [409, 'This is your own account. Delete it at /api/account, with your password.'],
  PLAN_UNKNOWN: [400, 'This server has no such plan.'],
  ACCOUNT_NOT_FOUND: [404, 'There is no such account.'],
  SESSION_NOT_FOUND: [404, 'There is no such session.'],
  KEY_NOT_FOUND: [404, 'There is no such API key.'],
  KEY_LIMIT_REACHED: [403, 'The plan of this account has no room for another API key. Revoke one first.'],
  KEY_NOT_ROTATABLE: [409, 'A key that is revoked, expired or replaced already cannot be rotated. Create a new one.'],
  SCOPES_NOT_ALLOWED: [400, 'This kind of key cannot have these scopes.'],
  RATE_LIMIT_TOO_HIGH: [400, 'The rate limit is higher than the plan of this account allows.'],
  EXPIRY_PASSED: [400, 'The expiry lies in the past.'],
  DEVICE_NOT_FOUND: [404, 'There is no such device.'],
  DEVICE_ENROLLED: [409, 'This device is enrolled already.'],
})
