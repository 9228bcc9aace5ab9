import { AppError } from '../errors.ts'
import { Failures } from './failures.ts'

const MAX_DEPTH = 64

/**
 * Refuses what no database column, log line or reply could carry: NUL characters, lone surrogates, and nesting so
 * deep that walking it would be the attack.
 *
 * @throws {AppError} INVALID_TEXT, INVALID_INPUT
 */
export const assertCleanText = (value: unknown, depth = 0): void => {
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed()) throw new AppError(Failures.INVALID_TEXT)
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (depth > MAX_DEPTH) throw new AppError(Failures.INVALID_INPUT, { message: 'The body is nested too deeply.' })
  if (Array.isArray(value)) {
    for (const item of value) assertCleanText(item, depth + 1)
    return
  }
  for (const [name, item] of Object.entries(value)) {
    assertCleanText(name, depth + 1)
    assertCleanText(item, depth + 1)
  }
}
