import type { AppError } from '../errors.ts'
import type { Dialect } from './dialect.ts'

const REALM = 'Bearer realm="latchkey"'
// Clients that mount a drive ask for a password only if they are offered nothing else.
const BASIC = 'Basic realm="Latchkey"'

// RFC 6750: no error code where no credential was sent.
const REASONS: Partial<Record<string, string>> = {
  AUTH_MALFORMED: 'invalid_token',
  AUTH_INVALID: 'invalid_token',
  AUTH_AMBIGUOUS: 'invalid_request',
}

/**
 * The value of `WWW-Authenticate` for a failure, whoever found it: RFC 9110 wants one on every 401, and a key that
 * lacks a scope is told which.
 *
 * @param publicUrl Where people reach this server: a client looks for the metadata there.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
export const challengeFor = (
  { code, status, details }: AppError,
  { carriers, resourceMetadata }: Dialect,
  publicUrl: string,
): string | undefined => {
  if (carriers.includes('basic')) return status === 401 ? BASIC : undefined
  const metadata = resourceMetadata === undefined ? '' : `, resource_metadata="${publicUrl}${resourceMetadata}"`
  const reason = REASONS[code]
  if (reason !== undefined) return `${REALM}, error="${reason}"${metadata}`
  if (code === 'SCOPE_MISSING') return `${REALM}, error="insufficient_scope"${scopeOf(details)}${metadata}`
  return status === 401 ? REALM + metadata : undefined
}

const scopeOf = (details: unknown): string =>
  typeof details === 'object' && details !== null && 'scope' in details && typeof details.scope === 'string'
    ? `, scope="${details.scope}"`
    : ''
