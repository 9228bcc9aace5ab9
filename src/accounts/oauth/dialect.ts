import type { AppError } from '../../platform/errors.ts'
import type { Dialect } from '../../platform/http/index.ts'
import { OAuthErrors } from './errors.ts'

const OWN = new Set(Object.keys(OAuthErrors))
const COMMON: Readonly<Record<string, string>> = {
  AUTH_MISSING: 'invalid_token',
  AUTH_MALFORMED: 'invalid_token',
  AUTH_INVALID: 'invalid_token',
  SCOPE_MISSING: 'insufficient_scope',
  CREDENTIAL_KIND: 'insufficient_scope',
  PLAN_REQUIRED: 'access_denied',
  CROSS_SITE: 'access_denied',
  RATE_LIMITED: 'temporarily_unavailable',
  SIGN_IN_LIMITED: 'temporarily_unavailable',
  UNAVAILABLE: 'temporarily_unavailable',
  LIMITS_UNAVAILABLE: 'temporarily_unavailable',
  INTERNAL: 'server_error',
}

/** An error code of RFC 6749 and its relatives. @param otherwise For what they have no word of their own. */
export const oauthCode = (code: string, otherwise = 'invalid_request'): string =>
  OWN.has(code) ? code.toLowerCase() : (COMMON[code] ?? otherwise)

// The standard allows no quotes, backslashes and nothing outside of ASCII.
const description = ({ message }: AppError): string => message.replace(/[^\x20-\x7e]|["\\]/g, "'")

/** Sign-in for other programs, with failures as OAuth has them: `{error, error_description}`. */
export const oauthDialect: Dialect = {
  name: 'oauth',
  // Access tokens are for cards, and so is what says whose they are.
  surface: 'cards',
  prefixes: ['/api/auth/mcp'],
  carriers: ['bearer'],
  formBodies: true,
  code: ({ code }) => oauthCode(code),
  failure: (error) => ({ error: oauthCode(error.code), error_description: description(error) }),
  limitHeaders: () => [],
}

/** Where a client would show its own secret, if it had one: that is asked for in Basic. */
export const tokenDialect: Dialect = {
  ...oauthDialect,
  name: 'oauth-token',
  prefixes: ['/api/auth/mcp/token', '/api/auth/mcp/revoke'],
  carriers: ['basic'],
  anyOrigin: true,
}

/** @see https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2 */
export const registrationDialect: Dialect = {
  ...oauthDialect,
  name: 'oauth-registration',
  prefixes: ['/api/auth/mcp/register'],
  anyOrigin: true,
  code: ({ code }) => oauthCode(code, 'invalid_client_metadata'),
  failure: (error) => ({
    error: oauthCode(error.code, 'invalid_client_metadata'),
    error_description: description(error),
  }),
}

/** What programs read that are about to sign in somebody, or have done so: from pages of any site, unlike the pages for people. */
export const providerDialect: Dialect = {
  ...oauthDialect,
  name: 'oauth-provider',
  prefixes: [
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
    '/api/auth/mcp/jwks',
    '/api/auth/mcp/userinfo',
  ],
  anyOrigin: true,
}
