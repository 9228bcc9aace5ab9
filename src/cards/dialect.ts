import type { AppError } from '../platform/errors.ts'
import type { Dialect } from '../platform/http/index.ts'
import { type Decision, mostConstrained } from '../platform/limits/index.ts'

/** A code of this API, with its sentence where it is always the same one. */
type Word = readonly [code: string, sentence?: string]

const UNAUTHORIZED: Word = ['UNAUTHORIZED', 'Missing or invalid Authorization header']
const BAD_REQUEST: Word = ['BAD_REQUEST']
const FORBIDDEN: Word = ['FORBIDDEN']

// Clients know a closed set of codes and tell failures apart by them, so the server's finer ones map into it.
const WORDS: Readonly<Record<string, Word>> = {
  AUTH_MISSING: UNAUTHORIZED,
  AUTH_MALFORMED: UNAUTHORIZED,
  AUTH_INVALID: ['INVALID_API_KEY', 'Invalid or revoked API key'],
  AUTH_AMBIGUOUS: BAD_REQUEST,
  SCOPE_MISSING: FORBIDDEN,
  CREDENTIAL_KIND: FORBIDDEN,
  PLAN_REQUIRED: FORBIDDEN,
  CROSS_SITE: FORBIDDEN,
  ACTIVE_USE: FORBIDDEN,
  RATE_LIMITED: ['RATE_LIMITED', 'Too many requests'],
  MALFORMED_JSON: BAD_REQUEST,
  MALFORMED_REQUEST: BAD_REQUEST,
  TRUNCATED: BAD_REQUEST,
  BODY_TIMEOUT: BAD_REQUEST,
  UNSUPPORTED_MEDIA_TYPE: BAD_REQUEST,
  HEADERS_TOO_LARGE: BAD_REQUEST,
  INVALID_TEXT: ['INVALID_INPUT'],
  PAYLOAD_TOO_LARGE: ['CONTENT_TOO_LARGE'],
  UNAVAILABLE: ['INTERNAL_ERROR'],
  LIMITS_UNAVAILABLE: ['INTERNAL_ERROR'],
  INTERNAL: ['INTERNAL_ERROR'],
}

const wordsOf = (code: string): Word => WORDS[code] ?? [code]

/** The published API of cards: camelCase, bare bodies, failures as `{code, error, requestId}`. */
export const cardsDialect: Dialect = {
  name: 'cards',
  prefixes: ['/v1', '/api/v1/cards', '/api/v1/tags', '/api/v1/uploads', '/api/raycast'],
  carriers: ['bearer', 'x-api-key', 'cookie'],
  anyOrigin: true,
  formBodies: false,
  code: ({ code }) => wordsOf(code)[0],
  failure(error, { requestId, nowMs }) {
    const [code, sentence = error.message] = wordsOf(error.code)
    return { code, error: sentence, ...retryAt(error, nowMs), requestId, ...details(error) }
  },
  limitHeaders: (decision, nowMs) => figuresOf(decision, nowMs),
}

const retryAt = ({ status, retryAfterSeconds }: AppError, nowMs: number): object =>
  status === 429 && retryAfterSeconds !== undefined ? { retryAt: nowMs + retryAfterSeconds * 1000 } : {}

const details = ({ details }: AppError): object => (details === undefined ? {} : { details })

// Of the policy that refused, or else of the one that will first. Unlike everybody else's, the reset of this API is in
// milliseconds.
const figuresOf = (decision: Decision, nowMs: number): readonly string[] => {
  const { states, violated, allowed } = decision
  const state = allowed ? mostConstrained(decision) : states.find(({ policy }) => violated.includes(policy.name))
  if (state === undefined) return []
  return [
    'RateLimit-Limit',
    String(state.policy.limit),
    'RateLimit-Remaining',
    String(state.remaining),
    'RateLimit-Reset',
    String(Math.ceil(nowMs + state.resetMs)),
  ]
}
