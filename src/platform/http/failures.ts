import { defineErrors } from '../errors.ts'

/**
 * What every surface can refuse, whatever the endpoint. A dialect may print its own sentence and code for each
 * (see `Dialect.words`); the status is the same everywhere.
 */
export const Failures = defineErrors({
  AUTH_MISSING: [401, 'API key missing or invalid'],
  AUTH_MALFORMED: [401, 'API key missing or invalid'],
  AUTH_INVALID: [401, 'API key missing or invalid'],
  AUTH_AMBIGUOUS: [400, 'Two different credentials were sent. Send exactly one.'],
  SCOPE_MISSING: [403, 'This key lacks the permission that the request needs.'],
  CREDENTIAL_KIND: [403, 'This kind of credential cannot be used here.'],
  PLAN_REQUIRED: [403, 'The plan of this account does not include API access.'],
  CROSS_SITE: [403, 'This request came from another site. Sign in and try again from this one.'],
  RATE_LIMITED: [429, 'Rate limit exceeded. Try again after the time in Retry-After.'],
  UNAVAILABLE: [503, 'The service cannot answer right now. Try again shortly.'],
  NOT_FOUND: [404, 'There is nothing here. Check the address.'],
  METHOD_NOT_ALLOWED: [405, 'This address does not take that method.'],
  INVALID_INPUT: [400, 'The request does not have the expected form.'],
  MALFORMED_JSON: [400, 'The body is not valid JSON.'],
  INVALID_TEXT: [400, 'Text must be valid Unicode without NUL characters.'],
  MALFORMED_REQUEST: [400, 'The request could not be read.'],
  TRUNCATED: [400, 'The body ended before it was complete.'],
  BODY_TIMEOUT: [408, 'The request took too long to arrive.'],
  PAYLOAD_TOO_LARGE: [413, 'The body is larger than this address accepts.'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'This address takes another Content-Type.'],
  HEADERS_TOO_LARGE: [431, 'The request has too many or too large headers.'],
  INTERNAL: [500, 'Something went wrong on the server. The request id finds it in the log.'],
})

export type FailureCode = keyof typeof Failures
