import { AppError } from '../../platform/errors.ts'
import { BotErrors } from '../errors.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const MAX_NAME_BYTES = 256

/**
 * The command's name out of a request's URL: what follows `/commands/`, in base64 of either alphabet, with or without
 * padding. It is read from the URL as it came, because the standard alphabet has a `/` that no router keeps apart.
 *
 * @param tail A word that stands behind the name, such as `rename`.
 * @throws {AppError} COMMAND_ENCODING_INVALID
 */
export const commandNameOf = (url: string, tail?: string): string => {
  const path = url.split('?', 1)[0] ?? ''
  const start = path.indexOf('/commands/')
  const rest = path.slice(start + '/commands/'.length)
  return parseCommandName(percentDecoded(tail === undefined ? rest : rest.replace(new RegExp(`/${tail}/?$`), '')))
}

/** The name out of its base64, which is no longer percent-encoded. @throws {AppError} COMMAND_ENCODING_INVALID */
export const parseCommandName = (encoded: string): string => {
  const name = decoded(encoded) ?? (encoded.endsWith('/') ? decoded(encoded.slice(0, -1)) : undefined)
  if (name === undefined) throw new AppError(BotErrors.COMMAND_ENCODING_INVALID)
  return name
}

/** Names may hold spaces, emoji and signs; they are trimmed, and case matters. @throws {AppError} COMMAND_NAME_INVALID */
export const toCommandName = (text: string): string => {
  const name = text.trim()
  if (name === '') throw new AppError(BotErrors.COMMAND_NAME_INVALID, { message: 'Command name is required' })
  if (Buffer.byteLength(name) > MAX_NAME_BYTES || /\p{Cc}/u.test(name))
    throw new AppError(BotErrors.COMMAND_NAME_INVALID)
  return name
}

const percentDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new AppError(BotErrors.COMMAND_ENCODING_INVALID, { cause })
  }
}

/** @returns undefined for what is not base64 of valid UTF-8. */
const decoded = (encoded: string): string | undefined => {
  // Some stacks turn the `+` of the standard alphabet into a space.
  const digits = encoded.replaceAll('-', '+').replaceAll('_', '/').replaceAll(' ', '+').replace(/=+$/, '')
  if (!/^[A-Za-z0-9+/]+$/.test(digits) || digits.length % 4 === 1) return undefined
  const bytes = Buffer.from(digits, 'base64')
  // Bits that no byte uses are zero. Where they are not, a `/` of the path stands behind the name.
  if (bytes.toString('base64').replace(/=+$/, '') !== digits) return undefined
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
