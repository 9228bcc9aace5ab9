import { inspect } from 'node:util'
import { redact } from '../log/redact.ts'

const MAX_BYTES = 1024
// Shorter ones are words that stand in any message.
const MIN_SECRET_LENGTH = 6

/**
 * What is kept of an error: at most 1 KB, without secrets, and with the stored payload's texts replaced by the place they
 * stand in (`[payload.url]`), because an error likes to quote what it was given.
 */
export const failureText = (error: unknown, payload: unknown): string => clean(describe(error), payload)

/** The same of the stack, for the log. */
export const failureStack = (error: unknown, payload: unknown): string =>
  clean(error instanceof Error ? (error.stack ?? describe(error)) : describe(error), payload)

const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : inspect(error)
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return `${error.name}: ${error.message}${cause}`
}

const clean = (text: string, payload: unknown): string => {
  let quoted = text
  const byLength = [...texts(payload, 'payload')].sort((a, b) => b.text.length - a.text.length)
  for (const { text: secret, path } of byLength) quoted = quoted.replaceAll(secret, () => `[${path}]`)
  // PostgreSQL refuses NUL in a text.
  return cut(redact(quoted).replaceAll('\0', '').toWellFormed())
}

function* texts(value: unknown, path: string): Generator<{ text: string; path: string }> {
  if (typeof value === 'string' && value.length >= MIN_SECRET_LENGTH) yield { text: value, path }
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) yield* texts(member, `${path}.${name}`)
}

const cut = (text: string): string => {
  const bytes = Buffer.from(text)
  if (bytes.length <= MAX_BYTES) return text
  // Decoding drops nothing but marks a character cut in half, which is then taken off.
  return `${bytes.toString('utf8', 0, MAX_BYTES - 3).replace(/\uFFFD$/, '')}…`
}
