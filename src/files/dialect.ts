import type { Dialect } from '../platform/http/index.ts'
import { stateOf, windowHeaders } from '../platform/limits/index.ts'

// The published page knows one 401 and does not say which part of the credential failed.
const CODES: Partial<Record<string, string>> = {
  AUTH_MISSING: 'unauthorized',
  AUTH_MALFORMED: 'unauthorized',
  AUTH_INVALID: 'unauthorized',
  SCOPE_MISSING: 'forbidden',
}

const slug = (code: string): string => CODES[code] ?? code.toLowerCase()

/** The API of the files area, and of accounts and keys: snake_case JSON, failures as `{error, code, request_id}`. */
export const filesDialect: Dialect = {
  name: 'files',
  prefixes: ['/api'],
  carriers: ['x-api-key', 'bearer', 'cookie'],
  formBodies: false,
  code: ({ code }) => slug(code),
  failure: (error, { requestId }) => ({
    error: error.message,
    code: slug(error.code),
    request_id: requestId,
    ...(error.details === undefined ? {} : { details: error.details }),
  }),
  /** `X-RateLimit-Limit` and `-Remaining` are figures of the day, as published; `-Reset` is the next midnight, UTC. */
  limitHeaders: (decision) => windowHeaders(stateOf(decision, 'day') ?? decision.states[0]),
}
