import type { Dialect } from '../platform/http/index.ts'
import { windowHeaders } from '../platform/limits/index.ts'

// Texts that the published page prints, and codes of ours beside them.
const TEXTS: Partial<Record<string, string>> = {
  AUTH_MISSING: 'Authentication required',
  AUTH_MALFORMED: 'Invalid API key',
  AUTH_INVALID: 'Invalid API key',
  RATE_LIMITED: 'Rate limit exceeded',
}

const slug = (code: string): string => code.toLowerCase()

const textOf = ({ code, message }: { readonly code: string; readonly message: string }): string =>
  TEXTS[code] ?? message

/**
 * The API of the bots area: `{"ok": true, "result": …}`, failures as `{"ok": false, "result": "<sentence>", "msg": "<the
 * same>", "code"}`. Clients of the published API read either of the two.
 */
export const botsDialect: Dialect = {
  name: 'bots',
  prefixes: ['/v2', '/bot-webhook', '/new-webhook'],
  carriers: ['bearer', 'x-api-key', 'query', 'body', 'cookie'],
  formBodies: true,
  code: ({ code }) => slug(code),
  failure: (error) => ({ ok: false, result: textOf(error), msg: textOf(error), code: slug(error.code) }),
  limitHeaders: ({ states }) => windowHeaders(states[0]),
}
